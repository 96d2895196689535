"""This stack as Pulumi knows it: its identity, its settings, and what its last state says of things that must stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.recovery.untracked import StateUnread, read_again_while_written
from canal_aws.settings import Settings, keys

#: The VPC's tag that names what it was made for.
ARCHITECTURE = "canal-aws:architecture"

_VPC = "aws:ec2/vpc:Vpc"
_SUBNET = "aws:ec2/subnet:Subnet"
_INSTANCE = "aws:ec2/instance:Instance"
_NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"


@dataclass(frozen=True)
class Identity:
    """Who owns a resource: organization/project/stack in a tag, the stack's name in names."""

    organization: str
    project: str
    stack: str

    @classmethod
    def of_stack(cls) -> Identity:
        """The identity of the stack that runs."""
        return cls(pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())

    @property
    def tag(self) -> str:
        """The value of the tag canal-aws:stack."""
        return f"{self.organization}/{self.project}/{self.stack}"


def settings_from_config() -> Settings:
    """The stack's configuration as settings; SettingsError names every key that cannot be used."""
    config = pulumi.Config()
    prefix = f"{config.name}:"
    given = {**get_config_env(), **CONFIG.get()}
    unknown = [key.removeprefix(prefix) for key in given if key.startswith(prefix)]
    return Settings.from_mapping({key: config.get(key) for key in (*keys(), *unknown)})


def kept_from_last_state(identity: Identity) -> Kept:
    """What the stack's own last state decided, also after an `up` that failed half-way; empty before the first one.

    StateUnread where the backend does not hand it out.
    """
    try:
        result = read_again_while_written(
            lambda: pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": identity.tag}).value
        )
    except Exception as error:
        raise StateUnread(
            f"the last state of {identity.tag} could not be read: {error}; run `pulumi stack export`"
        ) from error
    return kept_from_resources(result.get("outputs") or {})


def kept_from_resources(resources: Mapping[str, Mapping[str, Any]]) -> Kept:
    """From a map of URN to the resource's type and outputs."""
    zones: dict[str, str] = {}
    edge_zones: dict[str, str] = {}
    control_plane: dict[str, str] = {}
    nat_letters: set[str] = set()
    architecture: str | None = None
    for urn, resource in resources.items():
        qualified_type, name = urn.split("::")[2:4]
        kind = qualified_type.split("$")[-1]
        outputs = resource.get("outputs") or resource
        zone = str(outputs.get("availabilityZone", ""))
        if kind == _SUBNET and zone:
            (edge_zones if name.startswith("edge-") else zones)[zone[-1]] = zone
        elif kind == _INSTANCE and name.startswith("control-plane-") and zone:
            control_plane[name] = zone
        elif kind == _VPC:
            architecture = (outputs.get("tags") or {}).get(ARCHITECTURE)
        elif kind == _NAT_GATEWAY:
            nat_letters.add(name[-1])
    return Kept(
        zones=tuple(sorted(zones.values())),
        edge_zones=tuple(sorted(edge_zones.values())),
        control_plane=control_plane,
        nat_zones=tuple(sorted(zone for letter, zone in edge_zones.items() if letter in nat_letters)),
        architecture=architecture,
    )


class ArchitectureChangeError(CanalError):
    """The configuration names another architecture than the one that the stack runs."""


def refuse_another_architecture(settings: Settings, kept: Kept) -> None:
    """ArchitectureChangeError where the stack already runs another one: running pods would lose their network."""
    if kept.architecture not in (None, settings.architecture):
        raise ArchitectureChangeError(
            f"architecture = {settings.architecture}: this stack runs {kept.architecture}, and flannel and Calico cannot "
            "be switched under running pods; make a new stack with `pulumi stack init`, move the workloads there and "
            f"destroy this one, or set architecture = {kept.architecture} again"
        )
