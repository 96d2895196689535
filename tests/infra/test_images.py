"""Which image, root device and user data a group of nodes gets: by its operating system and its instances' CPU."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from canal_aws.settings import Settings
from tests.bootstrap.ignition_reader import meaning, replaced
from tests.infra.program import ALLOWED_CIDR, Aws, Program, Refused, run

_FLATCAR: dict[str, Any] = {"apiAllowedCidrs": [ALLOWED_CIDR], "operatingSystem": "flatcar"}
_VERSION = Settings().kubernetes_version


def _node(program: Program, group: str) -> dict[str, Any]:
    """What Ignition would do on an instance of the group."""
    return meaning(replaced(base64.b64decode(program.of("LaunchTemplate")[group].inputs["userData"])))


def test_a_flatcar_stack_has_flatcars_image_root_device_and_user_data() -> None:
    aws = Aws()
    program = run(_FLATCAR, aws)
    templates = program.of("LaunchTemplate")
    assert set(templates) == {"control-plane", "worker"}
    for group, template in templates.items():
        assert template.inputs["imageId"] == "ami-flatcar-x86_64"
        (volume,) = template.inputs["blockDeviceMappings"]
        assert volume["deviceName"] == "/dev/xvda", "another name would be a second volume beside the root"
        files = _node(program, group)["files"]
        assert f"/opt/extensions/kubernetes/kubernetes-v{_VERSION}-x86-64.raw" in files
        assert "API_ENDPOINT=api-internal.elb.example\n" in files["/etc/canal-aws/cluster.env"]["content"].decode()
    assert not [call for call in aws.calls if call.startswith("aws:ssm")]


def test_flatcars_newest_stable_image_is_asked_of_its_own_account() -> None:
    aws = Aws()
    run(_FLATCAR, aws)
    (asked,) = aws.amis
    assert (asked["owners"], asked["mostRecent"]) == (["075585003325"], True)
    assert {each["name"]: each["values"] for each in asked["filters"]} == {
        "name": ["Flatcar-stable-*"],
        "architecture": ["x86_64"],
        "virtualization-type": ["hvm"],
    }


@pytest.mark.parametrize(
    ("operating_system", "images"),
    [("ubuntu", ("ami-amd64", "ami-arm64")), ("flatcar", ("ami-flatcar-x86_64", "ami-flatcar-arm64"))],
)
def test_each_group_has_the_image_of_its_own_cpu(operating_system: str, images: tuple[str, str]) -> None:
    pools = json.dumps([{"name": "arm", "countPerZone": 1, "instanceType": "m7g.large"}])
    program = run({**_FLATCAR, "operatingSystem": operating_system, "workerPools": pools})
    found = {group: each.inputs["imageId"] for group, each in program.of("LaunchTemplate").items()}
    assert found == {"control-plane": images[0], "worker": images[0], "arm": images[1]}
    if operating_system == "flatcar":
        assert f"/opt/extensions/kubernetes/kubernetes-v{_VERSION}-arm64.raw" in _node(program, "arm")["files"]


def test_a_region_without_flatcar_is_said_before_anything_is_created() -> None:
    with pytest.raises(Refused) as refused:
        run(_FLATCAR, Aws(flatcar=False))
    assert refused.value.registered <= 1, "the stack itself and nothing else"
    assert "operatingSystem = flatcar: AWS names no image Flatcar-stable-*" in str(refused.value)
    assert "set operatingSystem to ubuntu" in str(refused.value)
