"""Which instances are outdated, from what EC2 says of them and of their launch templates."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.day_two.live_stack import Instance
from canal_aws.day_two.machines import Launched, differences, outdated

DATA = {"ImageId": "ami-1", "InstanceType": "m7i.large", "UserData": "YQ==", "TagSpecifications": [{"Tags": []}]}
RUNNING = Launched("running", "ami-1", "m7i.large", "lt-1", "1")


@pytest.mark.parametrize(
    ("newest", "why"),
    [
        (DATA, []),
        ({**DATA, "TagSpecifications": []}, []),
        ({**DATA, "ImageId": "ami-2"}, ["image ami-1 → ami-2"]),
        ({**DATA, "InstanceType": "m7g.large"}, ["type m7i.large → m7g.large"]),
        ({**DATA, "UserData": "Yg==", "BlockDeviceMappings": []}, ["volumes", "user data"]),
        ({**DATA, "InstanceMarketOptions": {}}, ["InstanceMarketOptions"]),
    ],
)
def test_what_differs_is_named(newest: dict[str, Any], why: list[str]) -> None:
    assert list(differences(DATA, newest, RUNNING)) == why


def test_a_template_that_began_to_name_the_type_that_the_instance_has_is_no_difference() -> None:
    before = {key: value for key, value in DATA.items() if key != "InstanceType"}
    assert list(differences(before, DATA, RUNNING)) == []


class Ec2:
    """EC2 with four instances and a template of two versions with the same content, and a third one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_paginator(self, operation: str) -> Ec2:
        assert operation == "describe_instances"
        return self

    def paginate(self, Filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        (of_ids,) = Filters
        assert len(of_ids["Values"]) <= 200
        states = {"i-old": ("running", "1"), "i-new": ("running", "3"), "i-ended": ("terminated", "3")}
        found = [
            {
                "InstanceId": each,
                "ImageId": "ami-1",
                "InstanceType": "m7i.large",
                "State": {"Name": states[each][0]},
                "Tags": [
                    {"Key": "aws:ec2launchtemplate:id", "Value": "lt-1"},
                    {"Key": "aws:ec2launchtemplate:version", "Value": states[each][1]},
                ],
            }
            for each in of_ids["Values"]
            if each in states
        ]
        return [{"Reservations": [{"Instances": found}]}]

    def describe_launch_template_versions(self, LaunchTemplateId: str, Versions: list[str]) -> dict[str, Any]:
        (version,) = Versions
        self.asked.append(version)
        data = {"1": DATA}.get(version, {**DATA, "UserData": "Yg=="})
        return {"LaunchTemplateVersions": [{"LaunchTemplateData": data}]}


def instance(name: str, identifier: str) -> Instance:
    return Instance(name, "worker", "worker", f"urn::{name}", identifier)


def test_outdated_ended_and_forgotten_instances_are_told_apart_from_current_ones() -> None:
    ec2 = Ec2()
    nodes = {"old": "i-old", "new": "i-new", "ended": "i-ended", "forgotten": "i-none"}
    many = [instance(f"more-{index}", f"i-{index}") for index in range(250)]
    found = outdated([*(instance(*each) for each in nodes.items()), *many], ec2)
    assert {name: found.get(name) for name in nodes} == {
        "old": ["user data"],
        "new": None,
        "ended": ["its instance is gone"],
        "forgotten": ["its instance is gone"],
    }
    assert sorted(ec2.asked) == ["$Latest", "1", "3"]
