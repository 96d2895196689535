"""How each setting's value is read on its own: a parser a key, which gives the value or says what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import architectures

#: What Calico 3.32 and this project are tested with, newest first (tigera/docs, version-3.32, system requirements).
KUBERNETES_MINORS = ("1.36", "1.35")

_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
_INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)")


@dataclass(frozen=True)
class Violation:
    """Why a setting cannot be used. `related` names other keys that the reason speaks of."""

    key: str
    value: object
    reason: str
    way_out: str
    related: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that the reason speaks of."""
        return (self.key, *self.related)

    def __str__(self) -> str:
        return f"{self.key} = {shown(self.value)}: {self.reason}; {self.way_out}"


@dataclass(frozen=True)
class Violations:
    """Several in one setting."""

    found: tuple[Violation, ...]


#: Gives the value, a Violation, or Violations.
Parser = Callable[[str, Any], Any]


def shown(value: object) -> str:
    """A value as a user would write it in the configuration."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(str(each) for each in value) + "]"
    return str(value) if not isinstance(value, bool) else str(value).lower()


def _choice(*choices: str, way_out: str = "") -> Parser:
    def parse(key: str, value: Any) -> Any:
        if value in choices:
            return value
        return Violation(key, value, "not one of the choices", way_out or f"set it to {' or '.join(choices)}")

    return parse


def integer(low: int, high: int, what: str) -> Parser:
    """A parser of whole numbers from `low` to `high`; `what` says what they count."""

    def parse(key: str, value: Any) -> Any:
        number = as_integer(value)
        if number is None:
            return Violation(key, value, "not a whole number", f"set it to {what} from {low:,} to {high:,}")
        if not low <= number <= high:
            return Violation(key, value, f"outside {low:,} to {high:,}", f"set it to {what} in that range")
        return number

    return parse


def as_integer(value: Any) -> int | None:
    """The number that a value or its text is; None for anything else, true and false included."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        return int(str(value))
    except ValueError:
        return None


def _route_quota(key: str, value: Any) -> Any:
    """0 stands for unset: Pulumi's typed configuration has no optional integer."""
    return (
        None
        if as_integer(value) == 0
        else integer(1, 1000, "the applied quota, or 0 to ask Service Quotas,")(key, value)
    )


def boolean(key: str, value: Any) -> Any:
    """true or false, or their text."""
    text = str(value).lower()
    return text == "true" if text in ("true", "false") else Violation(key, value, "not a boolean", "set true or false")


def decoded(value: Any) -> Any:
    """Lists and maps reach a program as JSON text when they were set with `pulumi config set` and no --path."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _network(key: str, value: Any) -> Any:
    try:
        return IPv4Network(str(value))
    except ValueError as error:
        reason = "host bits are set" if "host bits" in str(error) else "not an IPv4 CIDR block"
        return Violation(key, value, reason, "write it like 10.0.0.0/16, with zeros behind the prefix")


def _networks(key: str, value: Any) -> Any:
    listed = decoded(value)
    if isinstance(listed, str):
        listed = [part.strip() for part in listed.split(",") if part.strip()]
    if not isinstance(listed, list):
        return Violation(key, value, "not a list of CIDR blocks", 'write it like ["203.0.113.0/24"]')
    parsed = [_network(key, each) for each in listed]
    wrong = [each for each in parsed if isinstance(each, Violation)]
    return wrong[0] if wrong else tuple(dict.fromkeys(parsed))


def _zones(key: str, value: Any) -> Any:
    given = decoded(value)
    number = None if isinstance(given, list) else as_integer(given)
    if number is not None:
        if 1 <= number <= 6:
            return number
        return Violation(key, value, "outside 1 to 6", "set a count from 1 to 6, or a list of zone names")
    names = given if isinstance(given, list) else [part.strip() for part in str(given).split(",")]
    if not 1 <= len(names) <= 6:
        return Violation(key, value, f"{len(names)} zones", "name from 1 to 6 zones")
    for name in names:
        if not isinstance(name, str) or not _ZONE.fullmatch(name):
            return Violation(key, value, f"{name!r} is no availability zone", "write names like us-east-1a")
    if len(set(names)) < len(names):
        return Violation(key, value, "a zone is named twice", "name each zone once")
    return tuple(names)


def instance_type(key: str, value: Any) -> Any:
    """A text of the form of an EC2 instance type; whether there is one is asked later."""
    if _INSTANCE_TYPE.fullmatch(str(value)):
        return str(value)
    return Violation(key, value, "not the form of an EC2 instance type", "write it like m7i.large or m7g.large")


def _kubernetes_version(key: str, value: Any) -> Any:
    text = str(value).removeprefix("v")
    if re.fullmatch(r"\d+\.\d+\.\d+", text) and text.rsplit(".", 1)[0] in KUBERNETES_MINORS:
        return text
    return Violation(
        key,
        value,
        f"Canal is tested with Kubernetes {' and '.join(KUBERNETES_MINORS)}",
        "set a patch release like 1.36.3",
    )


FIELDS: Mapping[str, Parser] = {
    "architecture": _choice(*architectures.names()),
    "availabilityZones": _zones,
    "controlPlaneNodes": integer(1, 5, "1, 3 or 5 nodes"),
    "workersPerZone": integer(0, 1000, "a number of nodes"),
    "controlPlaneInstanceType": instance_type,
    "workerInstanceType": instance_type,
    "operatingSystem": _choice("ubuntu", "flatcar"),
    "kubernetesVersion": _kubernetes_version,
    "vpcCidr": _network,
    "podCidr": _network,
    "nodePodCidrMask": integer(16, 28, "a prefix length"),
    "serviceCidr": _network,
    "topology": _choice("private", "public"),
    "natGateways": _choice("single", "per-zone"),
    "apiAccess": _choice("public", "private"),
    "apiAllowedCidrs": _networks,
    "routeQuota": _route_quota,
    "routeQuotaOverride": boolean,
    "kubeconfigTimeout": integer(60, 7200, "seconds"),
    "etcdSnapshotHours": integer(0, 168, "hours, or 0 for no snapshots,"),
    "keepEtcdSnapshots": boolean,
    "cloudControllerManager": boolean,
    "ebsCsiDriver": boolean,
}
