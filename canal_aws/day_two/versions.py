"""Kubernetes' versions: what a roll may change, and in which order.

Kubernetes' version skew policy: a kubelet must not be newer than the API servers by a minor release; patch releases
of one minor may be mixed at will. kubeadm joins nodes of the cluster's own minor release only ("Version skew policy" in "Creating a
cluster with kubeadm").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from canal_aws.day_two.errors import Refused

_FORM = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, order=True)
class Version:
    """A release of Kubernetes."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: str) -> Version | None:
        """From `1.36.3` or `v1.36.3-…`; None where the text is no release."""
        found = _FORM.match(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def refuse_another_minor(wanted: Version, running: Version) -> None:
    """Refused where new nodes would be of another minor release than the control plane that runs."""
    if (wanted.major, wanted.minor) == (running.major, running.minor):
        return
    raise Refused(
        f"kubernetesVersion = {wanted}, and the cluster runs {running}: a roll changes the patch release only. New nodes of "
        "another minor release cannot join (kubeadm takes its own minor alone), and going up a minor means `kubeadm upgrade` "
        f"on each node in place, which nodes made from user data do not do. Set kubernetesVersion to a {running.major}."
        f"{running.minor} release and run `pulumi up`; for another minor make a new stack with it and move the workloads there"
    )


def changes(wanted: Version, kubelets: Iterable[str]) -> bool:
    """Whether new nodes would run another release than some kubelet now does."""
    return any(Version.of(each) != wanted for each in kubelets)
