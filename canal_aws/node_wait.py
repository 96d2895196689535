"""Waiting for Nodes to register: a patch of a Node that is not there would create it, without its taints and its address.

(pulumi-kubernetes v4.32.0, provider/pkg/await/await.go: patches are server-side applies, and those create.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from canal_aws.errors import CanalError
from canal_aws.stack.errors import ApiError
from canal_aws.stack.kubernetes_api import KubernetesApi

_PAUSE, _TOLD_EVERY = 2.0, 30.0  # seconds

Log = Callable[[str], None]


class NodesTimeout(CanalError):
    """Nodes did not register in time."""


def wait_for_nodes(kubeconfig: str, instances: Mapping[str, str], timeout: float, log: Log) -> None:
    """Returns once each Node (name to EC2 instance id) is registered by that very instance.

    Another instance of that name is the one that was replaced. NodesTimeout, after `timeout` seconds, names those that
    lack. `kubeconfig` holds a client certificate.
    """
    api = KubernetesApi(kubeconfig)
    deadline, told = time.monotonic() + timeout, time.monotonic()
    waiting = dict(instances)
    while True:
        state = ""
        for name, instance in instances.items():
            if name in waiting:
                try:
                    found = _provider_id(api, name)
                except ApiError as error:
                    state = f" ({error})"
                    continue
                if found.endswith(f"/{instance}"):
                    del waiting[name]
        if not waiting:
            return
        missing = ", ".join(f"{name} ({instance})" for name, instance in waiting.items())
        if time.monotonic() + _PAUSE > deadline:
            raise NodesTimeout(
                f"these nodes did not register within {timeout:.0f} s: {missing}{state}. Read an instance's boot log with "
                "`aws ec2 get-console-output --latest --instance-id …`; a slower machine needs a larger "
                "kubeconfigTimeout, and `pulumi up` goes on from here"
            )
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            log(f"waiting for nodes to register: {missing}{state}")
        time.sleep(_PAUSE)


def _provider_id(api: KubernetesApi, name: str) -> str:
    """The Node's spec.providerID, such as aws:///us-east-1a/i-0123; empty while there is no such Node."""
    node = api.find(f"/api/v1/nodes/{name}")
    return str(node["spec"].get("providerID", "")) if node else ""
