"""Reading back what an `up` made, from the embedded AWS and from the cluster's API: never from the description."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canal_aws.sandbox.errors import SandboxProcessError

_KUBECTL_SECONDS = 30
_NAMESPACE = "kube-system"
_WORKLOADS = ("DaemonSet", "Deployment")
_SAMPLE_SECONDS = 1.0


@dataclass(frozen=True)
class Provisioned:
    """What stands in the embedded AWS. `source_dest_check` is None where instances differ from each other."""

    nodes: int
    source_dest_check: bool | None
    worst_table_pod_routes: int


def provisioned(endpoint: str, region: str, vpc_id: str) -> Provisioned:
    """Ask the embedded AWS for the VPC's instances and route tables; pod routes are those to network interfaces."""
    import boto3
    from botocore.config import Config

    ec2 = boto3.client(
        "ec2",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        # The sandbox's own questions are not counted among the program's calls.
        config=Config(user_agent_extra="canal-fleet"),
    )
    of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    running = {"Name": "instance-state-name", "Values": ["pending", "running"]}
    reservations = ec2.get_paginator("describe_instances").paginate(Filters=[*of_vpc, running])
    checks = [
        bool(instance["SourceDestCheck"])
        for page in reservations
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]
    pages = ec2.get_paginator("describe_route_tables").paginate(Filters=of_vpc)
    to_interfaces = [
        sum(1 for route in table["Routes"] if route.get("NetworkInterfaceId"))
        for page in pages
        for table in page["RouteTables"]
    ]
    same = checks[0] if checks and len(set(checks)) == 1 else None
    return Provisioned(len(checks), same, max(to_interfaces, default=0))


@dataclass(frozen=True)
class Deployed:
    """What the cluster's API holds of Canal."""

    accepted: bool
    pod_mtu: int | None


def deployed(kubectl: Path, kubeconfig: str, expected: Iterable[Mapping[str, Any]], env: Mapping[str, str]) -> Deployed:
    """Whether every DaemonSet and Deployment among the `expected` objects is there, and the MTU that pods are given.

    The MTU is `veth_mtu` of Canal's or Calico's ConfigMap, which their CNI plugin and Felix read.
    SandboxProcessError where the API does not answer.
    """
    found = _get(kubectl, kubeconfig, "daemonsets,deployments,configmaps", env)
    present = {(item["kind"], item["metadata"]["name"]) for item in found}
    wanted = {(item["kind"], item["metadata"]["name"]) for item in expected if item["kind"] in _WORKLOADS}
    mtus = [item["data"]["veth_mtu"] for item in found if "veth_mtu" in (item.get("data") or {})]
    return Deployed(bool(wanted) and wanted <= present, int(mtus[0]) if mtus else None)


def _get(kubectl: Path, kubeconfig: str, kinds: str, env: Mapping[str, str]) -> list[dict[str, Any]]:
    # A file that its owner alone can read, and only while kubectl runs: the kubeconfig is the cluster's admin.
    with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-") as file:
        file.write(kubeconfig)
        file.flush()
        command = [str(kubectl), "--kubeconfig", file.name, "-n", _NAMESPACE, "get", kinds, "-o", "json"]
        try:
            answer = subprocess.run(
                command, env=dict(env), capture_output=True, text=True, timeout=_KUBECTL_SECONDS, check=True
            )
        except subprocess.CalledProcessError as error:
            raise SandboxProcessError(f"the cluster's API did not answer: {error.stderr.strip()}") from None
        except subprocess.TimeoutExpired:
            raise SandboxProcessError(
                f"the cluster's API did not answer within {_KUBECTL_SECONDS} s: see the fleet's log"
            ) from None
    items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
    return items


class Peak:
    """The highest value of a gauge while the block runs, read once a second and at both ends."""

    def __init__(self, gauge: Callable[[], int]) -> None:
        self.value = 0
        self._gauge = gauge
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._read()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._read()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self._read()

    def _read(self) -> None:
        self.value = max(self.value, self._gauge())
