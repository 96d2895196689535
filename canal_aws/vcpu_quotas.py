"""Which vCPU quota an instance counts against: AWS has one a group of families, on demand and on spot.

EC2 User Guide, "On-Demand Instance quotas" and "Spot Instance quotas": codes, families, and the defaults of a new
account, which are 0 for all but the standard families. High Memory and HPC instances are not offered on spot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VcpuQuota:
    """`families` are the letters that types begin with; `spot` is "" where AWS offers no spot instances of them."""

    name: str
    families: frozenset[str]
    on_demand: str
    spot: str
    default: int = 0


def _of(name: str, families: str, on_demand: str, spot: str, default: int = 0) -> VcpuQuota:
    return VcpuQuota(name, frozenset(families.split()), on_demand, spot, default)


VCPU_QUOTAS = (
    _of("standard", "a c d h i im is m r t z", "L-1216C47A", "L-34B43A08", 5),
    _of("DL", "dl", "L-6E869C2A", "L-85EED4F7"),
    _of("F", "f", "L-74FC7D96", "L-88CF9481"),
    _of("G and VT", "g gr vt", "L-DB2E81BA", "L-3819A6DF"),
    _of("HPC", "hpc", "L-F7808C92", ""),
    _of("High Memory", "u", "L-43DA4232", ""),
    _of("Inf", "inf", "L-1945791B", "L-B5D1601B"),
    _of("P", "p", "L-417A185B", "L-7212CCBC"),
    _of("Trn", "trn", "L-2C3B7624", "L-6B0D517C"),
    _of("X", "x", "L-7295265B", "L-E3A00192"),
)


def vcpu_quota(instance_type: str) -> VcpuQuota | None:
    """The quota of a type like g4dn.xlarge or u-6tb1.metal; None for families that count against none of these (Mac)."""
    family = instance_type.partition(".")[0]
    letters = family[: next((index for index, each in enumerate(family) if not each.isalpha()), len(family))]
    return next((quota for quota in VCPU_QUOTAS if letters in quota.families), None)


def vcpu_code(instance_type: str, spot: bool) -> str:
    """The quota's code, "" where there is none."""
    quota = vcpu_quota(instance_type)
    if quota is None:
        return ""
    return quota.spot if spot else quota.on_demand
