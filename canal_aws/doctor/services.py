"""What else AWS holds of a stack: targets behind the API's load balancers, SSM parameters, snapshots of etcd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canal_aws.bootstrap.permissions import SNAPSHOT_PREFIX
from canal_aws.day_two.snapshots import Snapshot, of_pages
from canal_aws.doctor.wanted import BUCKET, PARAMETER, TARGET_GROUP, Wanted
from canal_aws.preflight.live.asking import Asking


@dataclass(frozen=True)
class TargetHealth:
    """One target: ELB's state ("healthy", "unhealthy", "initial", …) and its reason."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class Targets:
    """elasticloadbalancing:DescribeTargetHealth: by target group's logical name and instance id."""

    by_group: Mapping[str, Mapping[str, TargetHealth]]


@dataclass(frozen=True)
class Parameter:
    """An SSM parameter as it stands: version 1 is the placeholder, which the program alone wrote."""

    version: int
    modified: datetime


@dataclass(frozen=True)
class Parameters:
    """ssm:GetParameters, undecrypted: by logical name, those that are there."""

    by_name: Mapping[str, Parameter]


@dataclass(frozen=True)
class Snapshots:
    """s3:ListBucket under etcd/, the newest first."""

    items: tuple[Snapshot, ...]


def targets(asking: Asking, wanted: Wanted) -> Targets:
    """Each target group that the state holds."""
    groups = wanted.ids.get(TARGET_GROUP, {})

    def ask(arn: str) -> Mapping[str, TargetHealth]:
        found = asking.ask("elbv2", "describe_target_health", TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {str(each["Target"]["Id"]): _health(each["TargetHealth"]) for each in found}

    return Targets(dict(zip(groups, asking.each(ask, groups.values()), strict=True)))


def _health(described: Mapping[str, Any]) -> TargetHealth:
    return TargetHealth(str(described["State"]), str(described.get("Description") or described.get("Reason") or ""))


def parameters(asking: Asking, wanted: Wanted) -> Parameters:
    """Their versions and dates; no secret is read."""
    ids = {parameter: name for name, parameter in wanted.ids.get(PARAMETER, {}).items()}
    if not ids:
        return Parameters({})
    found = asking.ask("ssm", "get_parameters", Names=sorted(ids), WithDecryption=False)["Parameters"]
    return Parameters({ids[each["Name"]]: Parameter(int(each["Version"]), each["LastModifiedDate"]) for each in found})


def snapshots(asking: Asking, wanted: Wanted) -> Snapshots:
    """What the stack's bucket holds; nothing where it has none."""
    bucket = next(iter(wanted.ids.get(BUCKET, {}).values()), "")
    return Snapshots(tuple(of_pages(_pages(asking, bucket)) if bucket else ()))


def _pages(asking: Asking, bucket: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = asking.ask("s3", "list_objects_v2", Bucket=bucket, Prefix=SNAPSHOT_PREFIX, **token)
        yield page
        if not page.get("NextContinuationToken"):
            return
        token = {"ContinuationToken": str(page["NextContinuationToken"])}


SOURCES = (targets, parameters, snapshots)
