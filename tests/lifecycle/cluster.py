"""The stack's cluster through its own kubeconfig, asked by the real kubectl."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tenacity

from canal_aws.sandbox import toolchain

# A node that ended is forgotten at once or, where that look failed, at one of the next, a minute apart.
_SETTLE_SECONDS = 200.0
_ANSWER_SECONDS = 30.0


class Cluster:
    """A cluster by the kubeconfig that the stack exports; `folder` keeps it while the test runs."""

    def __init__(self, kubeconfig: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._file = folder / "kubeconfig"
        self._file.touch(mode=0o600)
        self._file.write_text(kubeconfig)
        self._kubectl = str(toolchain.ensure(["kubectl"]).path("kubectl"))

    def get(self, kinds: str) -> dict[str, dict[str, Any]]:
        """Objects of these kinds in kube-system, or in none, as "Kind name".

        Asked again for a while: where no target is healthy yet a load balancer leads to any, and an API server that only
        just listens answers "forbidden" to everybody.
        """
        said = ""
        for turn in tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(subprocess.CalledProcessError),
            stop=tenacity.stop_after_delay(_ANSWER_SECONDS),
            wait=tenacity.wait_fixed(0.5),
            reraise=True,
        ):
            with turn:
                said = self._kubectl_get(kinds)
        return {f"{item['kind']} {item['metadata']['name']}": item for item in json.loads(said)["items"]}

    def _kubectl_get(self, kinds: str) -> str:
        return subprocess.run(
            [self._kubectl, "--kubeconfig", str(self._file), "-n", "kube-system", "get", kinds, "-o", "json"],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    def settled(self, expected: Mapping[str, str], with_pod_cidr: bool) -> dict[str, dict[str, Any]]:
        """Nodes by name, once exactly these are there, each of its present instance, and Ready.

        `expected` holds instance ids by name: a replacement takes its predecessor's name, whose Node stays Ready until
        it is forgotten. `with_pod_cidr` waits for each one's podCIDR too: a node claims its planned one only after it
        has joined.
        """
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            nodes = self.nodes()
            instances = {name: _instance(node) for name, node in nodes.items()}
            whole = all(_ready(node) and ("podCIDR" in node["spec"] or not with_pod_cidr) for node in nodes.values())
            if instances == expected and whole:
                return nodes
            state = {
                name: (instances[name], "Ready" if _ready(node) else "not Ready", node["spec"].get("podCIDR"))
                for name, node in nodes.items()
            }
            assert time.monotonic() < deadline, f"expected {dict(expected)}, there are {state}"

    def wait_for_pods(self, daemon_set: str, count: int) -> None:
        """Until a DaemonSet wants a pod on `count` nodes, and each is ready; its controller sees a new Node later."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            status = self.get("daemonsets")[f"DaemonSet {daemon_set}"]["status"]
            if status["numberReady"] == status["desiredNumberScheduled"] == count:
                return
            assert time.monotonic() < deadline, f"{daemon_set}: expected {count} ready, its status is {status}"

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Nodes by name."""
        return {name.removeprefix("Node "): node for name, node in self.get("nodes").items()}


def _ready(node: dict[str, Any]) -> bool:
    """Whether a Node's condition Ready is True."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions") or ())


def _instance(node: dict[str, Any]) -> str:
    """The id of a Node's instance, from aws:///ZONE/ID; nothing before the node has said it."""
    return str(node["spec"].get("providerID", "")).rpartition("/")[2]
