"""Versions known to be broken: the table's ranges, and that a check reads what is really deployed."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.manifests import images
from canal_aws.manifests.add_ons import images as add_on_images
from canal_aws.preflight.broken_versions import ROUTE_CONTROLLER, broken
from canal_aws.preflight.checks import versions
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.inputs import check_inputs
from tests.preflight.test_inputs import GOOD, found, said

_ADD_ONS = {**GOOD, "cloudControllerManager": True, "ebsCsiDriver": True}
_NAME = "component-versions"


@pytest.mark.parametrize(
    ("component", "version", "part"),
    [
        ("flannel", "v0.24.4", ""),
        ("flannel", "v0.25.0", ""),
        ("flannel", "v0.28.9", ""),
        ("cloud-controller-manager", "v1.35.2", ROUTE_CONTROLLER),
        ("cloud-controller-manager", "v1.36.0", ROUTE_CONTROLLER),
        ("aws-ebs-csi-driver", "v1.49.0", ""),
        ("aws-ebs-csi-driver", "v1.52.0", ""),
    ],
)
def test_broken_versions_are_known_with_the_part_that_is(component: str, version: str, part: str) -> None:
    (known,) = broken(component, version)
    assert known.part == part
    assert known.way_out.startswith("use ")


@pytest.mark.parametrize(
    ("component", "version"),
    [
        ("flannel", "v0.28.10"),
        ("cloud-controller-manager", "v1.33.2"),
        ("cloud-controller-manager", "v1.36.1"),
        ("aws-ebs-csi-driver", "v1.48.0"),
        ("aws-ebs-csi-driver", "v1.52.1"),
        ("calico", "v0.28.9"),
    ],
)
def test_others_are_not(component: str, version: str) -> None:
    assert list(broken(component, version)) == []


@pytest.mark.parametrize(
    ("settings", "components"),
    [
        (GOOD, ["calico", "flannel"]),
        ({**GOOD, "architecture": "calico-ipip"}, ["calico"]),
        (_ADD_ONS, ["calico", "flannel", "cloud-controller-manager", "aws-ebs-csi-driver"]),
    ],
)
def test_what_is_deployed_is_looked_up_and_nothing_else(settings: dict[str, Any], components: list[str]) -> None:
    assert [finding.what.split()[0] for finding in found(check_inputs(settings), _NAME)] == components


def test_a_broken_part_that_is_off_breaks_nothing_and_is_said() -> None:
    report = check_inputs({**_ADD_ONS, "kubernetesVersion": "1.35.4"})
    assert report.exit_status(strict=True) == 0
    (text,) = [finding.what for finding in found(report, _NAME) if "cloud-controller" in finding.what]
    assert ROUTE_CONTROLLER in text
    assert "off" in text


def test_the_same_part_switched_on_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_configures_cloud_routes", lambda settings: True)
    report = check_inputs({**_ADD_ONS, "kubernetesVersion": "1.35.4"})
    assert "use 1.36.1 or newer" in said(report, _NAME, Outcome.FAILS)


def test_a_broken_pin_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "FLANNEL_VERSION", "v0.28.0")
    monkeypatch.setattr(add_on_images, "EBS_CSI_DRIVER", "example/aws-ebs-csi-driver:v1.50.2")
    text = said(check_inputs(_ADD_ONS), _NAME, Outcome.FAILS)
    assert "flannel v0.28.0: drops its masquerade rules" in text
    assert "aws-ebs-csi-driver v1.50.2" in text
    assert images.CALICO_VERSION not in text
