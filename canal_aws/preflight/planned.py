"""What the input-only checks read: the settings and all that is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from architectures import Architecture
from canal_aws.address_limits import ZONE_LETTERS
from canal_aws.addressing import AddressPlan, Kept, choose_zones
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
    """A valid choice, its address plan, and its architecture. `region` is "" where none was given.

    `kept` is what the stack's last state holds, so that what leaves in the same `up` is counted while it is there.
    """

    settings: Settings
    addresses: AddressPlan
    region: str = ""
    kept: Kept = field(default_factory=Kept)

    @classmethod
    def of(cls, settings: Settings, region: str = "", zones: tuple[str, ...] = (), kept: Kept | None = None) -> Plan:
        """The plan for `zones`, or for the first letters where only a count is known; raises ZoneFull (CanalError)."""
        kept = kept or Kept()
        chosen = zones or assumed_zones(settings, region, kept.zones)
        return cls(settings, AddressPlan.of(settings, chosen, kept), region, kept)

    @property
    def settled(self) -> Plan:
        """The same where nothing is left of what leaves."""
        return replace(self, kept=Kept())

    @property
    def architecture(self) -> Architecture:
        """What carries the packets."""
        return self.settings.description

    @property
    def nodes(self) -> int:
        """Nodes of all roles."""
        return len(self.addresses.nodes)


def assumed_zones(settings: Settings, region: str = "", kept: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The named zones, or as many as are wanted: those that the stack has, and others by letter."""
    start = region or (kept[0][:-1] if kept else _ASSUMED_REGION)
    return choose_zones(settings.availability_zones, [f"{start}{letter}" for letter in ZONE_LETTERS], kept)
