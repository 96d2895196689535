"""What the input-only checks read: the settings and all that is derived from them."""

from __future__ import annotations

from dataclasses import dataclass

from architectures import Architecture
from canal_aws.addressing import AddressPlan, Kept
from canal_aws.bootstrap.of_group import longest
from canal_aws.settings import Settings

#: Zones stand in by their letters where nobody has asked AWS: the plan depends on no more of a zone's name.
_ASSUMED_REGION = "us-east-1"


@dataclass(frozen=True)
class StackName:
    """organization/project/stack, as the tag canal-aws:stack has it; a long one where there is no stack yet."""

    tag: str = f"organization/canal-aws/{longest('stack', 32)}"


@dataclass(frozen=True)
class Plan:
    """A valid choice, its address plan, and its architecture. `region` is "" where none was given."""

    settings: Settings
    addresses: AddressPlan
    region: str = ""

    @classmethod
    def of(cls, settings: Settings, region: str = "", zones: tuple[str, ...] = (), kept: Kept | None = None) -> Plan:
        """The plan for `zones`, or for the first letters where only a count is known; raises ZoneFull (CanalError)."""
        chosen = zones or assumed_zones(settings, region)
        return cls(settings, AddressPlan.of(settings, chosen, kept), region)

    @property
    def architecture(self) -> Architecture:
        """What carries the packets."""
        return self.settings.description

    @property
    def nodes(self) -> int:
        """Nodes of all roles."""
        return len(self.addresses.nodes)


def assumed_zones(settings: Settings, region: str = "") -> tuple[str, ...]:
    """The named zones, or as many as are wanted, by letter."""
    wanted = settings.availability_zones
    if not isinstance(wanted, int):
        return wanted
    return tuple(f"{region or _ASSUMED_REGION}{letter}" for letter in "abcdefgh"[:wanted])
