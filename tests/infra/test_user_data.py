"""User data is measured before anything is created, and names what the stack has."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from tests.infra.program import ALLOWED_CIDR, Refused, build, run

_PUBLIC: dict[str, Any] = {"apiAllowedCidrs": [ALLOWED_CIDR]}


def test_user_data_past_ec2s_limit_is_refused_before_any_resource_with_names_of_the_greatest_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Between what these names need and what names of the greatest length would need.
    templates = build().of("LaunchTemplate")
    largest = max(len(base64.b64decode(each.inputs["userData"])) for each in templates.values())
    monkeypatch.setattr("canal_aws.bootstrap.render.EC2_LIMIT_BYTES", largest + 10)
    with pytest.raises(Refused, match="user data is") as refused:
        run(_PUBLIC)
    assert refused.value.registered <= 1, "the stack itself and nothing else"


@pytest.mark.parametrize("operating_system", ["ubuntu", "flatcar"])
def test_every_group_fits_with_room_to_spare(operating_system: str) -> None:
    templates = build(operatingSystem=operating_system, workerPools=[{"name": "batch"}]).of("LaunchTemplate")
    for name, template in templates.items():
        assert len(base64.b64decode(template.inputs["userData"])) <= 12 * 1024, name


def _text(group: str, **config: Any) -> str:
    template = build(**config).of("LaunchTemplate")[group]
    return gzip.decompress(base64.b64decode(template.inputs["userData"])).decode()


def test_it_names_parameters_bucket_and_stack() -> None:
    text = _text("control-plane")
    for name in ("kubeconfig", "join", "control-plane-join", "encryption-key"):
        assert f"/canal-aws/dev/{name}" in text
    assert build().of("Bucket")["etcd-snapshots"].id in text
    assert "organization/canal-aws/dev" in text
    assert build().of("Bucket")["etcd-snapshots"].id not in _text("worker")
    assert "etcd-snapshots" not in _text("control-plane", etcdSnapshotHours=0)


def test_kubelets_wait_for_a_cloud_controller_manager_only_where_there_is_one() -> None:
    for group in ("control-plane", "worker"):
        assert "cloud-provider" not in _text(group)
        assert "cloud-provider" in _text(group, cloudControllerManager=True)
