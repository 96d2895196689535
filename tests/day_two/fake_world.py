"""A stack of fakes: Pulumi, EC2, load balancing and a Kubernetes API that obeys no clock, for what a roll does when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import ApiError, PulumiFailed
from canal_aws.stack.kubernetes_api import Object

_INSTANCE = "aws:ec2/instance:Instance"
PROVIDER = "urn:pulumi:dev::canal-aws::pulumi:providers:aws::default"
_PLAINTEXT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


class World:
    """Nodes by name, each with its instance; `log` is what happened, in order."""

    def __init__(self, *names: str, version: str = "1.36.3", running: str = "1.36.3") -> None:
        self.log: list[str] = []
        self.count = 0
        self.running = running
        self.version = version
        self.instances: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.templates: dict[str, str] = {}
        self.newest = "2"
        self.half: set[str] = set()
        self.waiting: set[str] = set()
        self.pending = False
        self.differs = False
        self.nodes: dict[str, Object] = {}
        self.pods: dict[str, Object] = {}
        self.target_states: list[str] = []
        #: Called at each turn of a `pulumi up`, each eviction and each look at a Node.
        self.hooks: dict[str, Callable[..., Any]] = {}
        for name in names:
            self.launch(name, "1")
            self.register(name)

    def launch(self, name: str, template: str) -> None:
        self.count += 1
        self.instances[name] = f"i-{self.count:03}"
        self.states[self.instances[name]] = "running"
        self.templates[self.instances[name]] = template

    def register(self, name: str, ready: bool = True) -> None:
        """The name's instance becomes a node; it waits while an older instance's Node is there, as bootstrap.sh does."""
        if name in self.nodes:
            self.waiting.add(name)
            return
        self.count += 1
        conditions = [{"type": "Ready", "status": "True" if ready else "False", "message": "CNI is not ready"}]
        self.nodes[name] = {
            "metadata": {"name": name, "uid": f"uid-{self.count}"},
            "spec": {"providerID": f"aws:///us-east-1a/{self.instances[name]}"},
            "status": {"conditions": conditions, "nodeInfo": {"kubeletVersion": f"v{self.running}"}},
        }
        if name.startswith("control-plane"):
            for component in ("etcd", "kube-apiserver"):
                self.pod(f"{component}-{name}", name, "kube-system", mirror=True, owner="Node")

    def pod(
        self, name: str, node: str, namespace: str = "shop", mirror: bool = False, owner: str = "ReplicaSet"
    ) -> Object:
        uid = self.nodes[node]["metadata"]["uid"] if owner == "Node" else "uid-owner"
        made = {
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-{name}",
                "annotations": {"kubernetes.io/config.mirror": "x"} if mirror else {},
                "labels": {"tier": "control-plane"} if mirror else {},
                "ownerReferences": [{"kind": owner, "controller": True, "uid": uid}],
            },
            "spec": {"nodeName": node},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        self.pods[name] = made
        return made

    def hook(self, event: str, *details: Any) -> None:
        if event in self.hooks:
            self.hooks[event](*details)


class FakePulumi:
    """The Pulumi command on this world."""

    stack = "organization/canal-aws/dev"

    def __init__(self, world: World) -> None:
        self._world = world

    def export(self, show_secrets: bool = False) -> Deployment:
        assert show_secrets
        world = self._world
        kubeconfig = {**_PLAINTEXT, "plaintext": json.dumps("kubeconfig")}
        resources = [
            {
                "urn": "urn:stack",
                "type": "pulumi:pulumi:Stack",
                "outputs": {"kubeconfig": kubeconfig, "kubernetesVersion": world.version},
            },
            {"urn": PROVIDER, "type": "pulumi:providers:aws", "id": "1", "inputs": {"region": "us-east-1"}},
        ]
        for name, identifier in world.instances.items():
            pool = "control-plane" if name.startswith("control-plane") else name.split("-")[0]
            role = "control-plane" if pool == "control-plane" else "worker"
            resources.append(
                {
                    "urn": f"urn:pulumi:dev::canal-aws::{_INSTANCE}::{name}",
                    "type": _INSTANCE,
                    "id": identifier,
                    "parent": f"urn:pulumi:dev::canal-aws::canal-aws:infra:Nodes::{pool}",
                    "provider": f"{PROVIDER}::1",
                    "inputs": {"tags": {"canal-aws:role": role}},
                    "pendingReplacement": name in world.half,
                }
            )
            if role == "control-plane":
                target = {"targetGroupArn": "arn:group/a", "targetId": identifier}
                token = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
                resources.append({"urn": f"urn::{name}", "type": token, "id": "1", "inputs": target})
        pending = [{"type": "creating", "resource": {"urn": "u", "type": _INSTANCE}}] if world.pending else []
        return Deployment(json.dumps({"deployment": {"resources": resources, "pending_operations": pending}}))

    def changes_nothing(self) -> bool:
        return not self._world.differs

    def replace(self, urn: str, half_done: bool, meanwhile: Callable[[], None]) -> None:
        world, name = self._world, urn.rpartition("::")[2]
        world.log.append(f"{'finish' if half_done else 'replace'} {name}")
        old = world.instances[name]
        if not half_done:
            world.hook("up", name)
            meanwhile()
            world.states[old] = "shutting-down"
            world.half.add(name)
            meanwhile()
            world.states[old] = "terminated"
        world.hook("create", name)
        meanwhile()
        world.launch(name, world.newest)
        world.half.discard(name)
        world.register(name)


def fail(*_: Any) -> None:
    """A hook: Pulumi ends with an error."""
    raise PulumiFailed("replacing: InsufficientInstanceCapacity")


class FakeApi:
    """The part of KubernetesApi that a roll uses."""

    server = "https://api.example:6443"

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, path: str) -> Object:
        found = self.find(path)
        if found is None:
            raise ApiError(f"GET {path}: HTTP 404", 404)
        return found

    def find(self, path: str) -> Object | None:
        world = self._world
        world.hook("find", path)
        if path == "/version":
            return {"gitVersion": f"v{world.running}"}
        if path == "/api/v1/nodes":
            return {"items": list(world.nodes.values())}
        if path.startswith("/api/v1/nodes/"):
            return world.nodes.get(path.rpartition("/")[2])
        if on_node := re.search(r"spec\.nodeName%3D([a-z0-9-]+)", path):
            chosen = [each for each in world.pods.values() if each["spec"]["nodeName"] == on_node[1]]
            labelled = [each for each in chosen if each["metadata"]["labels"] or "labelSelector" not in path]
            return {"items": labelled}
        return world.pods.get(path.rpartition("/")[2])

    def create(self, path: str, body: Object) -> Object:
        assert path.endswith("/eviction")
        name = path.split("/")[-2]
        self._world.hook("evict", name)
        self._world.log.append(f"evict {name}")
        self._world.pods.pop(name, None)
        return {}

    def merge(self, path: str, patch: Object) -> Object:
        name = path.rpartition("/")[2]
        cordoned = patch["spec"]["unschedulable"]
        self._world.log.append(f"{'cordon' if cordoned else 'uncordon'} {name}")
        self._world.nodes[name]["spec"]["unschedulable"] = cordoned
        return {}

    def delete(self, path: str, uid: str, grace_seconds: int | None = None) -> None:
        name = path.rpartition("/")[2]
        store = self._world.nodes if "/nodes/" in path else self._world.pods
        if name in store and store[name]["metadata"]["uid"] == uid:
            self._world.log.append(f"delete {name}")
            del store[name]
            if name in self._world.waiting:
                self._world.waiting.remove(name)
                self._world.register(name)

    def ready(self) -> bool:
        return True


class FakeEc2:
    """DescribeInstances and DescribeLaunchTemplateVersions."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_paginator(self, operation: str) -> FakeEc2:
        return self

    def paginate(self, Filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        world = self._world
        found = [
            {
                "InstanceId": each,
                "ImageId": "ami-1",
                "InstanceType": "m7i.large",
                "State": {"Name": world.states[each]},
                "Tags": [
                    {"Key": "aws:ec2launchtemplate:id", "Value": "lt-1"},
                    {"Key": "aws:ec2launchtemplate:version", "Value": world.templates[each]},
                ],
            }
            for each in Filters[0]["Values"]
            if each in world.states
        ]
        return [{"Reservations": [{"Instances": found}]}]

    def describe_launch_template_versions(self, LaunchTemplateId: str, Versions: list[str]) -> dict[str, Any]:
        version = self._world.newest if Versions == ["$Latest"] else Versions[0]
        return {"LaunchTemplateVersions": [{"LaunchTemplateData": {"UserData": version}}]}


def fake_aws(world: World) -> Any:
    """An `Aws` of this world."""

    def describe_target_health(**_: Any) -> dict[str, Any]:
        state = world.target_states.pop(0) if world.target_states else "healthy"
        world.log.append(f"target {state}")
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}}]}

    return SimpleNamespace(ec2=FakeEc2(world), elb=SimpleNamespace(describe_target_health=describe_target_health))
