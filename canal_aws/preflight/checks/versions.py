"""Versions: Kubernetes' support, and component versions that are known to be broken."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from canal_aws.manifests.images import CALICO_VERSION, FLANNEL_VERSION
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check

# kubernetes.io/releases/patch-releases: fourteen months after a minor's first release.
_END_OF_LIFE: Mapping[str, datetime.date] = {
    "1.35": datetime.date(2027, 2, 28),
    "1.36": datetime.date(2027, 6, 28),
}
_SOON = datetime.timedelta(days=90)


@dataclass(frozen=True)
class Today:
    """The day on which a check runs."""

    date: datetime.date


@dataclass(frozen=True)
class _Broken:
    """Versions from `first` up to but not `fixed` of a component."""

    component: str
    first: tuple[int, ...]
    fixed: tuple[int, ...]
    why: str


_BROKEN = (
    # flannel-io/flannel v0.25.0 to v0.28.9: measured, the rules go at SIGTERM.
    _Broken("flannel", (0, 25, 0), (0, 28, 10), "drops its masquerade rules whenever the pod is replaced"),
    # rancher/rke2-charts, rke2-canal values: without the blackhole route packets to dead pods circle.
    _Broken("flannel", (0, 0, 0), (0, 25, 0), "has no --ip-blackhole-route: packets to dead pods circle"),
)


@check("kubernetes-version", group="versions", source="kubernetes.io/releases; Calico 3.32, system requirements")
def kubernetes_is_supported(plan: Plan, today: Today) -> Iterator[Finding]:
    """The Kubernetes minor version is one that Calico was tested with and that still gets patches."""
    version = plan.settings.kubernetes_version
    minor = version.rpartition(".")[0]
    end = _END_OF_LIFE[minor]
    newest = max(_END_OF_LIFE, key=_numbers)
    way_out = f"choose kubernetesVersion {newest}, or the newest minor version that this release supports"
    if today.date >= end:
        yield fails(f"Kubernetes {version}: {minor} has had no patches since {end}", way_out)
    elif end - today.date <= _SOON:
        yield warning(f"Kubernetes {version}: {minor} gets its last patches by {end}", way_out)
    else:
        yield ok(f"Kubernetes {version}: patched until {end}, tested with Calico {CALICO_VERSION}")


@check("component-versions", group="versions", source="the components' release notes and issues; see the table in code")
def no_component_is_known_to_be_broken(plan: Plan) -> Iterator[Finding]:
    """None of the versions that will be deployed is known to be broken in a way that matters here."""
    for component, version in (("calico", CALICO_VERSION), ("flannel", FLANNEL_VERSION)):
        broken = [
            each for each in _BROKEN if each.component == component and each.first <= _numbers(version) < each.fixed
        ]
        for each in broken:
            yield fails(f"{component} {version} {each.why}", f"use {'.'.join(map(str, each.fixed))} or newer")
        if not broken:
            yield ok(f"{component} {version}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
