"""Component versions that are known to be broken, in ways that matter to a stack like this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """Versions from `first` up to but not `fixed` of a component; `part` is what of it is broken, "" for all of it."""

    component: str
    first: tuple[int, ...]
    fixed: tuple[int, ...]
    why: str
    part: str = ""

    @property
    def way_out(self) -> str:
        """The version that mended it."""
        return f"use {'.'.join(map(str, self.fixed))} or newer"


#: The part of the cloud controller manager that writes a route a node.
ROUTE_CONTROLLER = "route controller"
_NO_NODE = f'its {ROUTE_CONTROLLER} takes no node: "expected to receive a single instance only"'

_ALL = (
    # flannel-io/flannel v0.25.0 to v0.28.9: measured, the rules go at SIGTERM.
    Broken("flannel", (0, 25, 0), (0, 28, 10), "drops its masquerade rules whenever the pod is replaced"),
    # rancher/rke2-charts, rke2-canal values: without the blackhole route packets to dead pods circle.
    Broken("flannel", (0, 0, 0), (0, 25, 0), "has no --ip-blackhole-route: packets to dead pods circle"),
    # kubernetes/cloud-provider-aws issues 1351 and 1388: the tags named there. Those of 1.34 and 1.35 have no mended one
    # yet, so all of their minor count.
    Broken("cloud-controller-manager", (1, 34, 0), (1, 36, 1), _NO_NODE, ROUTE_CONTROLLER),
    # kubernetes-sigs/aws-ebs-csi-driver issue 2748, mended by its pull request 2749 in every branch from 1.49 to 1.52.
    Broken(
        "aws-ebs-csi-driver", (1, 49, 0), (1, 52, 1), "counts one volume too many for an instance: pods wait for ever"
    ),
)


def broken(component: str, version: str) -> Iterator[Broken]:
    """What is known of this version; `version` is a tag such as v1.36.1."""
    number = numbers(version)
    yield from (each for each in _ALL if each.component == component and each.first <= number < each.fixed)


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: v0.28.10 is (0, 28, 10)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
