"""Kubernetes' releases: patches roll, minors do not."""

from __future__ import annotations

import pytest

from canal_aws.day_two.errors import Refused
from canal_aws.day_two.versions import Version, changes, refuse_another_minor


def version(text: str) -> Version:
    found = Version.of(text)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["1.36.3", "v1.36.3", "v1.36.3-eks-1", "v1.36.3+k3s1"])
def test_releases_are_read_as_kubernetes_writes_them(text: str) -> None:
    assert version(text) == Version(1, 36, 3)


def test_what_is_no_release_is_none() -> None:
    assert Version.of("") is None


@pytest.mark.parametrize("wanted", ["1.36.4", "1.36.3", "1.36.1"])
def test_another_patch_is_taken(wanted: str) -> None:
    refuse_another_minor(version(wanted), version("v1.36.3"))


@pytest.mark.parametrize("wanted", ["1.37.0", "1.35.6", "2.36.3"])
def test_another_minor_is_refused_with_both_releases_and_the_way_out(wanted: str) -> None:
    with pytest.raises(Refused, match=rf"{wanted}, and the cluster runs 1.36.3.*kubeadm.*new stack"):
        refuse_another_minor(version(wanted), version("v1.36.3"))


def test_a_release_changes_while_one_kubelet_runs_another() -> None:
    assert changes(version("1.36.4"), ["v1.36.4", "v1.36.3"])
    assert not changes(version("1.36.4"), ["v1.36.4"])
