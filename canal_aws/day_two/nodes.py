"""Nodes and their pods through the Kubernetes API: what a roll asks and does. Every method raises ApiError."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from canal_aws.day_two.errors import Refused, TimedOut
from canal_aws.day_two.plan import NodeNow
from canal_aws.day_two.pods import Allowed, finished, obstacles, stays, title
from canal_aws.day_two.waiting import passes, steadily, until
from canal_aws.stack.errors import ApiError
from canal_aws.stack.kubernetes_api import KubernetesApi

_NODES = "/api/v1/nodes"
_SYSTEM_PODS = "/api/v1/namespaces/kube-system/pods"
#: What each control-plane node must serve; the kubelet names a static pod's mirror after its node.
_STATIC_PODS = ("etcd", "kube-apiserver")
_FORBIDDEN, _NOT_FOUND = 403, 404


class Nodes:
    """The cluster's nodes. `every` is the pause between two looks, in seconds (kubectl drain: 5 after a 429)."""

    def __init__(self, api: KubernetesApi, every: float = 3.0) -> None:
        self._api = api
        self.every = every

    def all(self) -> dict[str, NodeNow]:
        """The Nodes by name."""
        return {node["metadata"]["name"]: _now(node) for node in steadily(lambda: self._api.get(_NODES))["items"]}

    def kubelet_versions(self) -> list[str]:
        """What each kubelet says of itself."""
        return [str(node["status"]["nodeInfo"]["kubeletVersion"]) for node in self._api.get(_NODES)["items"]]

    def find(self, name: str) -> dict[str, Any] | None:
        """A Node; None where there is none."""
        return self._api.find(f"{_NODES}/{name}")

    def cordon(self, name: str, unschedulable: bool) -> None:
        """Take a node out of scheduling, or back into it."""
        patch = {"spec": {"unschedulable": unschedulable}}
        steadily(lambda: self._api.merge(f"{_NODES}/{name}", patch))

    def forget(self, name: str, whose: Callable[[NodeNow], bool]) -> None:
        """Delete the Node of that name, whose instance is gone, where it is the one that `whose` means.

        Its static pods first: kubeadm's joins ask every etcd pod that the API knows.
        """
        node = self.find(name)
        if node is None or not whose(_now(node)):
            return
        on_node = f"fieldSelector=spec.nodeName%3D{name}"
        for pod in self._api.get(f"{_SYSTEM_PODS}?labelSelector=tier%3Dcontrol-plane&{on_node}")["items"]:
            metadata = pod["metadata"]
            self._api.delete(f"{_SYSTEM_PODS}/{metadata['name']}", str(metadata["uid"]), grace_seconds=0)
        self._api.delete(f"{_NODES}/{name}", str(node["metadata"]["uid"]))

    def pods(self, name: str) -> list[dict[str, Any]]:
        """The pods that are bound to a node."""
        found: list[dict[str, Any]] = self._api.get(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}")["items"]
        return found

    def refuse_obstacles(self, names: Iterable[str], allowed: Allowed) -> None:
        """Refused where a drain would stop at a pod that it may not evict, before anything is touched."""
        lines = [
            f"  {name}: {line}" for name in names for line in obstacles(steadily(partial(self.pods, name)), allowed)
        ]
        if lines:
            raise Refused("these pods would be lost, and nothing was changed:\n" + "\n".join(lines))

    def drain(self, name: str, allowed: Allowed, timeout: float, until_gone: bool = True) -> None:
        """Evict every pod that a drain takes; `until_gone` waits until they have ended too.

        A PodDisruptionBudget that allows no disruption now (429) is waited for. TimedOut names the pods that are left.
        """
        self.refuse_obstacles([name], allowed)
        until(lambda: self._turn(name, until_gone), timeout, self.every)

    def _turn(self, name: str, until_gone: bool) -> str:
        pods = [pod for pod in self.pods(name) if not stays(pod)]
        there = [pod for pod in pods if until_gone or not pod["metadata"].get("deletionTimestamp")]
        said = [f"{title(pod)} ({self._evict(pod)})" for pod in there]
        return f"{len(said)} pods are still on {name}: {'; '.join(said)}" if said else ""

    def _evict(self, pod: dict[str, Any]) -> str:
        """Ask for one pod's end; what became of it."""
        metadata = pod["metadata"]
        if metadata.get("deletionTimestamp"):
            return "ends"
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "deleteOptions": {"preconditions": {"uid": metadata["uid"]}},
        }
        try:
            self._api.create(f"{path}/eviction", eviction)
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return "gone"
            # In a namespace that ends, its own controller deletes the pods (kubectl drain waits for it too).
            if error.status == _FORBIDDEN and "terminat" in str(error):
                return "its namespace ends"
            if passes(error):
                return str(error).partition(": ")[2]
            raise
        return "finished, evicted" if finished(pod) else "evicted"

    def wait_for_ready(self, name: str, instance_id: str, timeout: float) -> None:
        """Until the Node of this very instance is Ready; another's is deleted meanwhile. TimedOut says how to look into the instance."""
        try:
            until(lambda: self._not_ready(name, instance_id), timeout, self.every)
        except TimedOut as error:
            raise TimedOut(
                f"{error}. Read the boot log of {instance_id} with `aws ssm start-session --target {instance_id}` "
                f"(journalctl -u canal-aws-bootstrap) or `aws ec2 get-console-output --latest --instance-id {instance_id}`"
            ) from None

    def _not_ready(self, name: str, instance_id: str) -> str:
        node = self.find(name)
        if node is None:
            return f"{instance_id} has not registered as {name}"
        found = _now(node)
        if not found.belongs_to(instance_id):
            self.forget(name, lambda each: not each.belongs_to(instance_id))
            return f"the Node {name} was that of {found.provider_id or 'no instance'}, not of {instance_id}"
        return "" if found.ready else f"{name} is not Ready: {_ready_message(node)}"

    def wait_for_control_plane(self, names: Iterable[str], timeout: float) -> None:
        """Until each of these nodes is Ready and serves etcd and the API, and the API's /readyz agrees."""
        listed = list(names)
        until(lambda: self._unhealthy(listed), timeout, self.every)

    def _unhealthy(self, names: list[str]) -> str:
        if not self._api.ready():
            return f"the API server at {self._api.server} is not ready (/readyz)"
        for name in names:
            node = self.find(name)
            if node is None or not _now(node).ready:
                return f"control-plane node {name} is not Ready"
            for component in _STATIC_PODS:
                if not self._serves(f"{component}-{name}", node):
                    return f"{component} on {name} is not Ready"
        return ""

    def _serves(self, pod_name: str, node: dict[str, Any]) -> bool:
        pod = self._api.find(f"{_SYSTEM_PODS}/{pod_name}")
        if pod is None:
            return False
        owners = [owner["uid"] for owner in pod["metadata"].get("ownerReferences") or ()]
        # A mirror pod of the machine before has the old Node as its owner.
        own = not owners or node["metadata"]["uid"] in owners
        return own and _condition(pod, "Ready").get("status") == "True"

    def wait_for_api(self, timeout: float) -> None:
        """Until /readyz answers 200."""
        until(lambda: "" if self._api.ready() else f"{self._api.server}/readyz is not 200", timeout, self.every)


def _now(node: dict[str, Any]) -> NodeNow:
    spec = node.get("spec") or {}
    ready = _condition(node, "Ready").get("status") == "True"
    return NodeNow(str(spec.get("providerID", "")), ready, not spec.get("unschedulable"))


def _condition(item: dict[str, Any], kind: str) -> dict[str, Any]:
    conditions = (item.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == kind), {})


def _ready_message(node: dict[str, Any]) -> str:
    return str(_condition(node, "Ready").get("message") or "its kubelet has not said why")
