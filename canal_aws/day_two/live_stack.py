"""A stack that runs, as its exported state shows it: outputs, instances, and the ways to AWS and Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from canal_aws.day_two.errors import Refused
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Deployment, half_replaced, plain
from canal_aws.stack.kubernetes_api import KubernetesApi

_INSTANCE = "aws:ec2/instance:Instance"
_ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
_STACK = "pulumi:pulumi:Stack"
_ROLE_TAG = "canal-aws:role"


@dataclass(frozen=True)
class Instance:
    """A node's instance in the state; its logical name is the Node's name too.

    `pool` is "control-plane" or a worker pool's name. Of a half-replaced one the old instance is deleted and the new one
    not made yet: its id is the old one's.
    """

    name: str
    role: str
    pool: str
    urn: str
    id: str
    half_replaced: bool = False


class LiveStack:
    """Reads a Deployment that was exported with its secrets shown, which stay in this process."""

    def __init__(self, state: Deployment) -> None:
        self._state = state

    @cached_property
    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs."""
        for resource in self._state.resources:
            if resource["type"] == _STACK:
                return resource.get("outputs") or {}
        return {}

    def output(self, name: str) -> str | None:
        """An output that is a text, decrypted; None where the stack has none of that name, or no text yet."""
        value = self.outputs.get(name)
        text = plain(value) if value is not None else ""
        return text or None

    @cached_property
    def kubeconfig(self) -> str:
        """The administrator's kubeconfig. Refused where no `up` has got so far."""
        found = self.output("kubeconfig")
        if found is None:
            raise Refused(
                "the stack has no output kubeconfig: no `pulumi up` has completed on it (see `pulumi stack output`); "
                "run `pulumi up` first"
            )
        return found

    @cached_property
    def kubernetes(self) -> KubernetesApi:
        """The cluster's API as its administrator."""
        return KubernetesApi(self.kubeconfig)

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """The nodes' instances. Refused where the state holds none."""
        found = [
            _instance(resource)
            for resource in self._state.resources
            if resource["type"] == _INSTANCE and not resource.get("delete")
        ]
        if not found:
            raise Refused("the stack's state holds no instance: run `pulumi up` first, or name another with --stack")
        return tuple(found)

    def target_groups(self, instance_id: str) -> list[str]:
        """ARNs of the target groups that an instance is registered with."""
        attached = (each["inputs"] for each in self._state.resources if each["type"] == _ATTACHMENT)
        return [str(inputs["targetGroupArn"]) for inputs in attached if inputs.get("targetId") == instance_id]

    def id_of(self, token: str) -> str | None:
        """The id of the state's one resource of a type; None where there is none."""
        return next((str(each["id"]) for each in self._state.resources if each["type"] == token), None)

    @cached_property
    def aws(self) -> Aws:
        """AWS as the instances' own provider reaches it."""
        for resource in self._state.resources:
            if resource["type"] == _INSTANCE:
                provider = str(resource.get("provider", "")).rpartition("::")[0]
                return Aws(self._state.inputs_of(provider))
        return Aws({})


def _instance(resource: Mapping[str, Any]) -> Instance:
    tags = (resource.get("inputs") or {}).get("tags") or {}
    return Instance(
        name=str(resource["urn"]).rpartition("::")[2],
        role=str(tags.get(_ROLE_TAG, "")),
        # The component of a pool's nodes has the pool's name.
        pool=str(resource.get("parent", "")).rpartition("::")[2],
        urn=str(resource["urn"]),
        id=str(resource.get("id", "")),
        half_replaced=half_replaced(resource),
    )
