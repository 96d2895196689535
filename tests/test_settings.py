"""Settings are read as a whole: each wrong value is named, alone and in pairs, and none hides another."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Network
from typing import Any

import pytest
import yaml

from canal_aws.settings import Settings, SettingsError, camel_case, keys, snake_case

VALID: dict[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"]}

# One wrong value a row: the key, the value, a word of the reason.
WRONG: list[tuple[str, Any, str]] = [
    ("architecture", "vxlan", "choices"),
    ("availabilityZones", 0, "outside 1 to 6"),
    ("availabilityZones", "7", "outside 1 to 6"),
    ("availabilityZones", "us-east-1a,us-east-1a", "twice"),
    ("availabilityZones", "moon-1", "no availability zone"),
    ("availabilityZones", "us-east-1a,eu-west-1b", "more than one Region"),
    ("availabilityZones", "us-east-1z", "no slot"),
    ("controlPlaneNodes", 2, "even etcd"),
    ("controlPlaneNodes", 7, "outside"),
    ("controlPlaneNodes", True, "not a whole number"),
    ("workersPerZone", -1, "outside"),
    ("workersPerZone", "many", "not a whole number"),
    ("workersPerZone", 900, "holds 2,048"),
    ("controlPlaneInstanceType", "large", "form of an EC2 instance type"),
    ("workerInstanceType", "m7i", "form of an EC2 instance type"),
    ("operatingSystem", "windows", "choices"),
    ("operatingSystem", "flatcar", "not part of this release"),
    ("kubernetesVersion", "1.20.1", "tested with"),
    ("kubernetesVersion", "1.36", "tested with"),
    ("vpcCidr", "10.0.0.1/16", "host bits"),
    ("vpcCidr", "10.0.0.0/24", "/22 at least"),
    ("vpcCidr", "52.0.0.0/16", "private range"),
    ("podCidr", "10.0.128.0/17", "overlaps vpcCidr"),
    ("podCidr", "10.128.0.0/30", "nodePodCidrMask"),
    ("podCidr", "everything", "not an IPv4 CIDR"),
    ("nodePodCidrMask", 12, "outside"),
    ("serviceCidr", "10.0.0.0/16", "overlaps vpcCidr"),
    ("serviceCidr", "10.128.0.0/16", "overlaps serviceCidr"),
    ("serviceCidr", "10.96.0.0/28", "kube-apiserver"),
    ("topology", "hidden", "choices"),
    ("natGateways", 2, "choices"),
    ("apiAccess", "everyone", "choices"),
    ("apiAllowedCidrs", [], "from where"),
    ("apiAllowedCidrs", ["203.0.113.9/24"], "host bits"),
    ("routeQuota", 2000, "outside"),
    ("routeQuotaOverride", "maybe", "boolean"),
    ("kubeconfigTimeout", 1, "outside"),
    ("tags", {"team/name": "a"}, "EC2 refuses this key"),
    ("tags", {"aws:team": "a"}, "reserved"),
    ("tags", {"team": "a" * 300}, "not a tag value"),
    ("tags", "team", "not a map"),
    ("workerPerZone", 2, "no such setting"),
]


# What is wrong only beside another setting: while that one cannot be read, nothing can be said of this.
BESIDE = {
    ("workersPerZone", 900): {"availabilityZones", "vpcCidr", "podCidr", "nodePodCidrMask"},
    ("podCidr", "10.0.128.0/17"): {"vpcCidr"},
    ("podCidr", "10.128.0.0/30"): {"nodePodCidrMask"},
    ("serviceCidr", "10.0.0.0/16"): {"vpcCidr"},
    ("serviceCidr", "10.128.0.0/16"): {"podCidr"},
    ("apiAllowedCidrs", "[]"): {"apiAccess"},
}


def beside(row: tuple[str, Any, str]) -> set[str]:
    return BESIDE.get((row[0], row[1] if isinstance(row[1], (int, str)) else str(row[1])), set())


def violations(**raw: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping({**VALID, **raw})
    return str(caught.value)


@pytest.mark.parametrize(("key", "value", "reason"), WRONG)
def test_a_wrong_value_is_named_with_its_reason(key: str, value: Any, reason: str) -> None:
    text = violations(**{key: value})
    assert key in text
    assert reason in text
    assert "; " in text.splitlines()[1], "the way out follows the reason"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a, b)
        for a, b in itertools.combinations(WRONG, 2)
        if a[0] != b[0] and not {a[0], b[0]} & (beside(a) | beside(b))
    ],
    ids=lambda row: f"{row[0]}",
)
def test_two_wrong_values_are_both_reported(one: tuple[str, Any, str], other: tuple[str, Any, str]) -> None:
    text = violations(**{one[0]: one[1], other[0]: other[1]})
    for key, _, _ in (one, other):
        assert key in text, f"{key} is hidden by the other"


def test_what_pulumi_hands_out_as_text_is_read() -> None:
    settings = Settings.from_mapping(
        {
            "availabilityZones": "us-east-1b, us-east-1a",
            "workersPerZone": "3",
            "apiAllowedCidrs": '["203.0.113.0/24", "198.51.100.0/24"]',
            "routeQuota": "0",
            "routeQuotaOverride": "true",
            "tags": '{"team": "network"}',
        }
    )
    assert settings.availability_zones == ("us-east-1b", "us-east-1a")
    assert settings.workers_per_zone == 3
    assert settings.api_allowed_cidrs == (IPv4Network("203.0.113.0/24"), IPv4Network("198.51.100.0/24"))
    assert settings.route_quota is None
    assert settings.route_quota_override is True
    assert settings.tags == {"team": "network"}


def test_defaults_are_those_of_the_pulumi_project(request: pytest.FixtureRequest) -> None:
    project = yaml.safe_load((request.config.rootpath / "Pulumi.yaml").read_text())
    declared = project["config"]
    assert list(declared) == list(keys())
    assert all(entry["description"] for entry in declared.values())
    defaults = {key: entry["default"] for key, entry in declared.items()}
    assert Settings.from_mapping({**defaults, **VALID}) == Settings.from_mapping(VALID)


def test_a_private_api_needs_no_cidrs_and_refuses_idle_ones() -> None:
    assert Settings.from_mapping({"apiAccess": "private"}).api_allowed_cidrs == ()
    assert "no effect" in violations(apiAccess="private")


def test_key_spellings_round_trip() -> None:
    for key in keys():
        assert camel_case(snake_case(key)) == key
