"""What the user chose: one frozen record, validated as a whole, with every violation reported at once.

The keys are those of Pulumi.yaml's `config` block (camelCase, as Pulumi spells configuration); the fields here are
the same words in snake_case. Checks that need AWS (is the zone there, is the type offered in it) are not made here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network
from typing import Any

import architectures
from canal_aws.errors import CanalError
from canal_aws.settings_fields import FIELDS, Parser, Violation, Violations
from canal_aws.settings_pools import DEFAULT_POOL, WorkerPool
from canal_aws.settings_pools import parse as parse_pools
from canal_aws.settings_rules import violations_between
from canal_aws.settings_tags import parse as parse_tags

_PARSERS: Mapping[str, Parser] = {**FIELDS, "workerPools": parse_pools, "tags": parse_tags}


class SettingsError(CanalError):
    """One or more settings cannot be used; `violations` holds each with key, value, reason and way out."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        count = "1 setting" if len(violations) == 1 else f"{len(violations)} settings"
        super().__init__("\n".join([f"{count} cannot be used:", *(f"  - {violation}" for violation in violations)]))


@dataclass(frozen=True)
class Settings:
    """A valid choice. Make one with `from_mapping`: the constructor checks nothing.

    `availability_zones` is a count or a tuple of names; `route_quota` is None where Service Quotas is to be asked.
    CIDRs are IPv4 networks, volumes and prefixes plain numbers.
    """

    architecture: str = "flannel-vxlan"
    availability_zones: int | tuple[str, ...] = 3
    control_plane_nodes: int = 1
    workers_per_zone: int = 2
    control_plane_instance_type: str = "m7i.large"
    worker_instance_type: str = "m7i.large"
    operating_system: str = "ubuntu"
    kubernetes_version: str = "1.36.3"
    vpc_cidr: IPv4Network = IPv4Network("10.0.0.0/16")
    pod_cidr: IPv4Network = IPv4Network("10.128.0.0/13")
    node_pod_cidr_mask: int = 24
    service_cidr: IPv4Network = IPv4Network("10.96.0.0/16")
    topology: str = "private"
    nat_gateways: str = "single"
    api_access: str = "public"
    api_allowed_cidrs: tuple[IPv4Network, ...] = ()
    route_quota: int | None = None
    route_quota_override: bool = False
    kubeconfig_timeout: int = 900
    worker_pools: tuple[WorkerPool, ...] = ()
    etcd_snapshot_hours: int = 12
    keep_etcd_snapshots: bool = False
    cloud_controller_manager: bool = False
    ebs_csi_driver: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> Settings:
        """Settings from camelCase keys; values as Pulumi hands them out (numbers, lists and maps may be text).

        Raises SettingsError with every violation: unknown keys, unreadable values, and values that do not go together.
        """
        violations = [
            Violation(key, value, "no such setting", f"use one of {', '.join(sorted(_PARSERS))}")
            for key, value in raw.items()
            if key not in _PARSERS
        ]
        values: dict[str, Any] = {}
        for key, parse in _PARSERS.items():
            value = raw.get(key)
            if value is None:
                continue
            parsed = parse(key, value)
            if isinstance(parsed, Violation):
                violations.append(parsed)
            elif isinstance(parsed, Violations):
                violations += parsed.found
            else:
                values[snake_case(key)] = parsed
        # A value that cannot be read stands in as its default, so that the rules between settings still speak.
        candidate = cls(**values)
        unreadable = {violation.key.partition("[")[0] for violation in violations}
        violations += [found for found in violations_between(candidate) if not unreadable & set(found.keys)]
        if violations:
            raise SettingsError(tuple(violations))
        return candidate

    @property
    def description(self) -> architectures.Architecture:
        """The architecture that these settings name."""
        return architectures.get(self.architecture)

    @property
    def kubernetes_minor(self) -> str:
        """The minor release, like 1.36."""
        return self.kubernetes_version.rpartition(".")[0]

    @property
    def pools(self) -> tuple[WorkerPool, ...]:
        """Every pool of workers with its instance type, the default one of workersPerZone first."""
        default = WorkerPool(DEFAULT_POOL, self.workers_per_zone)
        return tuple(
            replace(pool, instance_type=pool.instance_type or self.worker_instance_type)
            for pool in (default, *self.worker_pools)
        )

    @property
    def instance_types(self) -> Mapping[str, tuple[str, str]]:
        """For `control-plane` and each pool by name: the configuration key that names the instance type, and the type."""
        found = {"control-plane": ("controlPlaneInstanceType", self.control_plane_instance_type)}
        for index, pool in enumerate(self.pools, start=-1):
            own = index >= 0 and self.worker_pools[index].instance_type
            key = f"workerPools[{index}].instanceType" if own else "workerInstanceType"
            found[pool.name] = (key, pool.instance_type)
        return found


def snake_case(key: str) -> str:
    """`natGateways` as the field name `nat_gateways`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def camel_case(name: str) -> str:
    """`nat_gateways` as the configuration key `natGateways`."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def keys() -> tuple[str, ...]:
    """The configuration keys, in the order of the record."""
    return tuple(camel_case(each.name) for each in fields(Settings))
