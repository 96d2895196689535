"""A stack's exported state: what was under way when its engine was killed, and how a found resource enters it.

Why the state is edited, and not `pulumi refresh --import-pending-creates`: that flag of the engine (v3.259.0) takes the
URN and the id, drops the pending operation, and leaves the resource out of the state; the next `up` makes a second one.
And an import reads a resource as a stranger's: what its inputs were (a write-only value, `forceDestroy`, an
ignored launch template, a name that Pulumi chose) is lost, and shows as updates or replacements. The pending operation still holds
those inputs, so they are kept: the resource gets its id, its inputs stand in for the outputs that no one has seen, and
a refresh, which reads what the provider would have read at the end of the creation, puts the real ones in their place.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.stack.errors import StackError

#: The tags that infra/tagging.py gives every taggable resource: whose it is, and its logical name.
STACK_TAG = "canal-aws:stack"
NAME_TAG = "canal-aws:name"
#: The VPC's tag that names what it was made for.
ARCHITECTURE_TAG = "canal-aws:architecture"
#: Its tag that names the minor release of Kubernetes that the nodes run.
KUBERNETES_TAG = "canal-aws:kubernetes-minor"
#: Its tags that name the ranges that the cluster was made with, by their settings' keys.
RANGE_TAGS = {
    "podCidr": "canal-aws:pod-cidr",
    "serviceCidr": "canal-aws:service-cidr",
    "nodePodCidrMask": "canal-aws:node-pod-cidr-mask",
}

CREATING = "creating"
#: Where the engine puts what it decrypted, as JSON (pulumi, sdk/go/common/resource: SecretV1).
_PLAINTEXT = "plaintext"
_PROVIDER = "pulumi:providers:"
#: Write-only properties end so in pulumi-aws; a provider never has them in its state.
_WRITE_ONLY = "Wo"


@dataclass(frozen=True)
class Pending:
    """An operation that was under way. `operation` is Pulumi's word: creating, updating, deleting, reading."""

    operation: str
    resource: Mapping[str, Any]

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return str(self.resource["urn"])

    @property
    def type(self) -> str:
        """The type's token, like aws:ec2/vpc:Vpc."""
        return str(self.resource["type"])

    @property
    def custom(self) -> bool:
        """Whether a provider makes it: the engine notes a component's creation too, for the moment that it takes."""
        return bool(self.resource["custom"])

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.split("::", 3)[3]

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The inputs as the provider was given them, names that Pulumi chose included."""
        return self.resource.get("inputs") or {}

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that it was to get."""
        return self.inputs.get("tags") or {}

    @property
    def provider(self) -> str:
        """The URN of its provider."""
        return str(self.resource.get("provider", "")).rpartition("::")[0]

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


class Deployment:
    """A stack's state as `pulumi stack export` prints it; secrets may stay encrypted."""

    def __init__(self, text: str) -> None:
        self._exported = json.loads(text)
        self._deployment: dict[str, Any] = self._exported.get("deployment") or {}

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources, those that wait for their deletion included."""
        found: list[dict[str, Any]] = self._deployment.get("resources") or []
        return found

    def living(self) -> dict[str, dict[str, Any]]:
        """By URN, those left out that only wait for their deletion; a half-replaced one keeps its place in the plan."""
        return {each["urn"]: each for each in self.resources if not each.get("delete")}

    def pending(self) -> list[Pending]:
        """What was under way, components and providers left out: they are nothing outside the engine."""
        found = self._deployment.get("pending_operations") or []
        each = [Pending(str(entry["type"]), entry["resource"]) for entry in found]
        return [pending for pending in each if pending.custom and not pending.type.startswith(_PROVIDER)]

    def has_pending(self) -> bool:
        """Whether anything was under way, components and providers included."""
        return bool(self._deployment.get("pending_operations"))

    def ids(self) -> set[tuple[str, str]]:
        """Type and id of everything that is there as far as the state knows; ids are names where AWS has no others."""
        return {(str(each["type"]), str(each["id"])) for each in self._there()}

    def ids_of(self, urn: str) -> list[str]:
        """The ids of what is there under a URN as far as the state knows, most often none or one."""
        return [str(each["id"]) for each in self._there() if each["urn"] == urn]

    def _there(self) -> Iterator[dict[str, Any]]:
        return (each for each in self.resources if each.get("id") and not half_replaced(each))

    def inputs_of(self, urn: str) -> Mapping[str, Any]:
        """The inputs of a resource, such as a provider, secrets in plain where the export shows them.

        StackError where the state does not have the resource.
        """
        for resource in self.resources:
            if resource["urn"] == urn:
                return {key: _shown(value) for key, value in (resource.get("inputs") or {}).items()}
        raise StackError(f"the state names a provider that it does not hold ({urn}): `pulumi stack export` shows it")

    def settled(self, found: Mapping[str, tuple[str, Mapping[str, Any]]]) -> str:
        """The deployment with no pending operation, and each found resource (URN → id, further outputs) in it.

        A half-replaced one gives way to the found one: no state may have two of a URN, and what depends on it stands
        behind it (pulumi, pkg/resource/deploy: buildResourceMaps, VerifyIntegrity).
        """
        exported = copy.deepcopy(self._exported)
        deployment = exported["deployment"]
        resources = deployment.setdefault("resources", [])
        for pending in self.pending():
            if pending.urn in found and pending.operation == CREATING:
                # At the end otherwise: whatever it depends on was there before its creation began.
                place = next((i for i, each in enumerate(resources) if _gives_way(each, pending)), len(resources))
                resources[place : place + 1] = [_existing(pending, *found[pending.urn])]
        deployment.pop("pending_operations", None)
        return json.dumps(exported)


def half_replaced(resource: Mapping[str, Any]) -> bool:
    """Whether this resource of a state is deleted, and stays in it only until the engine has made its replacement.

    The engine says so once the provider has deleted it, where a replacement deletes first (pulumi v3.259.0,
    pkg/resource/deploy/step.go, DeleteStep.Apply).
    """
    return bool(resource.get("pendingReplacement"))


def _gives_way(resource: Mapping[str, Any], pending: Pending) -> bool:
    return half_replaced(resource) and resource["urn"] == pending.urn


def route_id(table: str, destination: str) -> str:
    """The id by which a state holds the route of `table`, an id, to `destination`, an IPv4 CIDR block.

    EC2 gives routes none, so the provider makes one (terraform-provider-aws, internal/service/ec2/id.go).
    """
    return f"r-{table}{zlib.crc32(destination.encode())}"


def _existing(pending: Pending, resource_id: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in pending.inputs.items() if not key.endswith(_WRITE_ONLY)}
    for key in pending.inputs.keys() - known.keys():
        # Without this a refresh would ask for the real value and put it into the state
        # (terraform-provider-aws, internal/service/ssm/parameter.go: has_value_wo).
        known[f"has{key[0].upper()}{key[1:]}"] = True
    # Plugins built on Terraform's newer framework take the id from the outputs.
    return {**pending.resource, "id": resource_id, "outputs": {**_without_marks(known), "id": resource_id, **outputs}}


def _without_marks(value: Any) -> Any:
    """A value without the `__defaults` and the like, which inputs carry and outputs do not."""
    if isinstance(value, Mapping):
        return dict(_unmarked(value))
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return value


def _unmarked(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if not key.startswith("__"):
            yield key, _without_marks(item)


def plain(value: Any) -> str:
    """A text of a state that was exported with its secrets shown."""
    return str(_shown(value))


def _shown(value: Any) -> Any:
    return json.loads(value[_PLAINTEXT]) if isinstance(value, Mapping) and _PLAINTEXT in value else value
