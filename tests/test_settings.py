"""Settings are read as a whole: each wrong value is named, alone and in pairs, and none hides another."""

from __future__ import annotations

import itertools
import json
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
    ("workerPools", "batch", "not a list of pools"),
    ("workerPools", ["batch"], "not a map"),
    ("workerPools", [{}], "needs a name"),
    ("workerPools", [{"countPerZone": 1}], "needs a name"),
    ("workerPools", [{"name": "Batch"}], "cannot begin the names"),
    ("workerPools", [{"name": "worker"}], "the program's own nodes"),
    ("workerPools", [{"name": "control-plane-b"}], "the program's own nodes"),
    ("workerPools", [{"name": "a"}, {"name": "a"}], "another pool has this name"),
    ("workerPools", [{"name": "a", "workersPerZone": 1}], "no such setting of a pool"),
    ("workerPools", [{"name": "a", "countPerZone": -1}], "outside 0 to 1,000"),
    ("workerPools", [{"name": "a", "instanceType": "big"}], "form of an EC2 instance type"),
    ("workerPools", [{"name": "a", "diskGiB": 5}], "outside 20 to 16,384"),
    ("workerPools", [{"name": "a", "spot": "cheap"}], "boolean"),
    ("workerPools", [{"name": "a", "labels": ["x"]}], "not a map of labels"),
    ("workerPools", [{"name": "a", "labels": {"-x": "y"}}], "is no key"),
    ("workerPools", [{"name": "a", "labels": {"x": "a b"}}], "a value is at most 63"),
    ("workerPools", [{"name": "a", "labels": {"x": 1}}], "is text"),
    ("workerPools", [{"name": "a", "labels": {"node-role.kubernetes.io/gpu": ""}}], "lets no kubelet set"),
    ("workerPools", [{"name": "a", "labels": {"node-restriction.kubernetes.io/x": ""}}], "lets no kubelet set"),
    ("workerPools", [{"name": "a", "labels": {"topology.kubernetes.io/zone": "x"}}], "every node sets"),
    ("workerPools", [{"name": "a", "labels": {"canal-aws/pool": "x"}}], "sets this label itself"),
    ("workerPools", [{"name": "a", "taints": "x=y:NoSchedule"}], "not a list of taints"),
    ("workerPools", [{"name": "a", "taints": ["x=y"]}], "no known effect"),
    ("workerPools", [{"name": "a", "taints": ["x=y:Never"]}], "no known effect"),
    ("workerPools", [{"name": "a", "taints": ["x=y:NoSchedule", "x=z:NoSchedule"]}], "one taint of a key and effect"),
    ("workerPools", [{"name": "a", "countPerZone": 900}], "holds 2,048"),
    ("etcdSnapshotHours", 200, "outside 0 to 168"),
    ("keepEtcdSnapshots", "always", "boolean"),
    ("cloudControllerManager", "yes", "boolean"),
    ("ebsCsiDriver", "yes", "boolean"),
    ("ebsCsiDriver", True, "cloudControllerManager = true too"),
    ("tags", {"team/name": "a"}, "EC2 refuses this key"),
    ("tags", {"team,unit": "a"}, "refuse a comma in a key"),
    ("tags", {"_index": "a"}, "EC2 reserves this key"),
    ("tags", {".": "a"}, "EC2 reserves this key"),
    ("tags", {"..": "a"}, "EC2 reserves this key"),
    ("tags", {"aws:team": "a"}, "reserved"),
    ("tags", {"name": "a"}, "names its resources itself"),
    ("tags", {"team": "a", "Team": "a"}, "to IAM the same key as team"),
    ("tags", {"team": "a" * 300}, "not a tag value"),
    ("tags", {"team": "a,b"}, "not a tag value"),
    ("tags", {"team": "a\tb"}, "not a tag value"),
    ("tags", {"team": "aws:a"}, "this prefix is reserved"),
    ("tags", "team", "not a map"),
    ("workerPerZone", 2, "no such setting"),
]


# What is wrong only beside another setting: while that one cannot be read, nothing can be said of this.
BESIDE = {
    ("workersPerZone", 900): {"availabilityZones", "vpcCidr", "podCidr", "nodePodCidrMask", "workerPools"},
    ("workerPools", "[{'name': 'a', 'countPerZone': 900}]"): {
        "availabilityZones",
        "vpcCidr",
        "podCidr",
        "nodePodCidrMask",
        "workersPerZone",
    },
    ("ebsCsiDriver", "True"): {"cloudControllerManager"},
    ("podCidr", "10.0.128.0/17"): {"vpcCidr"},
    ("podCidr", "10.128.0.0/30"): {"nodePodCidrMask"},
    ("serviceCidr", "10.0.0.0/16"): {"vpcCidr"},
    ("serviceCidr", "10.128.0.0/16"): {"podCidr"},
    ("apiAllowedCidrs", "[]"): {"apiAccess"},
}


def beside(row: tuple[str, Any, str]) -> set[str]:
    plain = isinstance(row[1], (int, str)) and not isinstance(row[1], bool)
    return BESIDE.get((row[0], row[1] if plain else str(row[1])), set())


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


def test_everything_wrong_in_every_pool_is_reported_with_its_path() -> None:
    pools = [
        {"name": "B", "labels": {"a b": "c d", "-": "e"}, "taints": ["x", "y:No"]},
        {"name": "good", "diskGiB": 1},
        {"spot": 3, "colour": "red"},
    ]
    text = violations(workerPools=pools, workersPerZone=-1)
    for path in (
        "workersPerZone",
        "workerPools[0].name",
        "workerPools[0].labels[a b]",
        "workerPools[0].labels[-]",
        "workerPools[0].taints[0]",
        "workerPools[0].taints[1]",
        "workerPools[1].diskGiB",
        "workerPools[2].spot",
        "workerPools[2].colour",
        "workerPools[2].name",
    ):
        assert f"{path} = " in text
    assert text.startswith("10 settings")


def test_a_pool_is_read_with_its_defaults_and_the_default_pool_comes_first() -> None:
    pools = [{"name": "batch", "countPerZone": 2, "labels": {"example.com/a": "b"}, "taints": ["only:NoExecute"]}]
    settings = Settings.from_mapping({**VALID, "workerInstanceType": "m7g.large", "workerPools": pools})
    default, batch = settings.pools
    assert (default.name, default.count_per_zone, default.instance_type) == ("worker", 2, "m7g.large")
    assert (batch.name, batch.count_per_zone, batch.instance_type) == ("batch", 2, "m7g.large")
    assert (batch.disk_gib, batch.spot) == (default.disk_gib, default.spot) == (30, False)
    assert (batch.labels, batch.taints) == ({"example.com/a": "b"}, ("only=:NoExecute",))
    assert Settings.from_mapping({**VALID, "workerPools": json.dumps(pools)}).worker_pools == settings.worker_pools


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


def test_every_wrong_tag_is_named() -> None:
    text = violations(tags={"a,b": "x", "team/unit": "x", "team": "a\nb", "unit": "(x)"})
    assert [line for line in ("a,b", "team/unit", "team=a", "unit=(x)") if line not in text] == []
    assert text.count("not a tag value") == 2


def test_the_instances_tag_of_their_cluster_is_not_the_users() -> None:
    text = violations(tags={"KubernetesCluster": "another", "cluster": "another"})
    assert "KubernetesCluster" in text
    assert text.count("choose another key") == 1


def test_tags_take_what_every_service_takes() -> None:
    tags = {"a-Z_0+=.@:": "Grüße an Köln", "b": "", "c": "_.:/=+-@ 9\u00a0", "d": "x" * 256}
    assert Settings.from_mapping({**VALID, "tags": tags}).tags == tags


def test_defaults_are_those_of_the_pulumi_project(request: pytest.FixtureRequest) -> None:
    project = yaml.safe_load((request.config.rootpath / "Pulumi.yaml").read_text())
    declared = project["config"]
    assert list(declared) == list(keys())
    assert all(entry["description"] for entry in declared.values())
    defaults = {key: entry["default"] for key, entry in declared.items()}
    assert Settings.from_mapping({**defaults, **VALID}) == Settings.from_mapping(VALID)


def test_a_private_api_needs_no_cidrs_and_takes_some() -> None:
    assert Settings.from_mapping({"apiAccess": "private"}).api_allowed_cidrs == ()
    further = Settings.from_mapping({"apiAccess": "private", "apiAllowedCidrs": ["192.168.0.0/24"]})
    assert further.api_allowed_cidrs == (IPv4Network("192.168.0.0/24"),)


def test_key_spellings_round_trip() -> None:
    for key in keys():
        assert camel_case(snake_case(key)) == key
