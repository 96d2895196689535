"""The three reference architectures, and how to find one by name."""

from __future__ import annotations

from architectures.calico_ipip import CALICO_IPIP
from architectures.flannel_vxlan import FLANNEL_VXLAN
from architectures.model import Architecture, CalicoBird, Flannel, Hop, PodAddresses, Traffic, Verdict
from architectures.native_routes import NATIVE_ROUTES

#: In the order of the README of 2017.
ARCHITECTURES: tuple[Architecture, ...] = (FLANNEL_VXLAN, CALICO_IPIP, NATIVE_ROUTES)

__all__ = [
    "ARCHITECTURES",
    "CALICO_IPIP",
    "FLANNEL_VXLAN",
    "NATIVE_ROUTES",
    "Architecture",
    "CalicoBird",
    "Flannel",
    "Hop",
    "PodAddresses",
    "Traffic",
    "Verdict",
    "get",
    "names",
]


def names() -> tuple[str, ...]:
    """The architectures' names, as the setting `architecture` spells them."""
    return tuple(architecture.name for architecture in ARCHITECTURES)


def get(name: str) -> Architecture:
    """The architecture of that name; KeyError names the choices where there is none."""
    for architecture in ARCHITECTURES:
        if architecture.name == name:
            return architecture
    raise KeyError(f"no architecture {name!r}: choose one of {', '.join(names())}")
