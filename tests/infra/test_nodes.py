"""Instances, launch templates, pod routes and load balancers' targets, for every shape."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from tests.infra.program import ALLOWED_CIDR, Program, arn_of, build, id_of, run
from tests.infra.shapes import described, each_shape, each_telling_shape

_NODES = {"control-plane-0", *(f"worker-{letter}-{index}" for letter in "abc" for index in (0, 1))}


@each_shape
def test_each_instance_is_what_the_description_says(shape: dict[str, Any]) -> None:
    instances = build(**shape).of("Instance")
    assert set(instances) == _NODES
    addresses = set()
    for name, instance in instances.items():
        role = "control-plane" if name.startswith("control-plane") else "worker"
        inputs = instance.inputs
        assert inputs["sourceDestCheck"] is described(shape).source_dest_check
        assert inputs["disableApiTermination"] is (role == "control-plane")
        assert inputs["vpcSecurityGroupIds"] == [id_of("SecurityGroup", role)]
        assert inputs["launchTemplate"] == {"id": id_of("LaunchTemplate", role), "version": "$Latest"}
        zone = "a" if role == "control-plane" else name.split("-")[1]
        assert inputs["subnetId"] == id_of("Subnet", f"nodes-{zone}")
        assert "keyName" not in inputs
        assert "userData" not in inputs, "it stands once, in the launch template"
        tags = inputs["tags"]
        assert (tags["canal-aws:node"], tags["canal-aws:role"]) == (name, role)
        assert ("canal-aws:init" in tags) is (name == "control-plane-0")
        assert ("canal-aws:pod-cidr" in tags) is described(shape).plans_pod_cidrs
        addresses.add(inputs["privateIp"])
    assert len(addresses) == len(instances)


@each_shape
def test_no_new_image_or_user_data_reaches_a_node_and_a_replacement_deletes_first(shape: dict[str, Any]) -> None:
    program = build(**shape)
    for name, instance in program.of("Instance").items():
        role = "control-plane" if name.startswith("control-plane") else "worker"
        assert instance.ignore_changes == ("launchTemplate", "volumeTags")
        assert instance.delete_before_replace, "its planned address is free only then"
        # An update of its type would stop and start a node, with all others of its pool.
        assert not {"ami", "userData", "iamInstanceProfile", "instanceType"} & set(instance.inputs)
        assert program.of("RolePolicy")[role].urn in instance.depends_on, "scripts ask for parameters at boot"


@each_shape
def test_launch_templates_demand_imdsv2_and_encrypt(shape: dict[str, Any]) -> None:
    program = build(**shape)
    templates = program.of("LaunchTemplate")
    assert set(templates) == {"control-plane", "worker"}
    for role, template in templates.items():
        inputs = template.inputs
        assert inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
            "instanceMetadataTags": "enabled",
        }
        (volume,) = inputs["blockDeviceMappings"]
        assert volume["ebs"]["encrypted"] == "true"
        assert inputs["iamInstanceProfile"] == {"arn": arn_of("InstanceProfile", role)}
        assert inputs["updateDefaultVersion"] is True
        user_data = gzip.decompress(base64.b64decode(inputs["userData"])).decode()
        assert user_data.startswith("#cloud-config")
        assert "api-internal.elb.example" in user_data
        assert ("api-public.elb.example" in user_data) is (shape["apiAccess"] == "public")


@each_shape
def test_pod_routes_lead_to_interfaces_from_every_table_of_nodes(shape: dict[str, Any]) -> None:
    program = build(**shape)
    routes = {name: each.inputs for name, each in program.of("Route").items() if name.startswith("pods-")}
    if not described(shape).vpc_routes_per_node:
        assert routes == {}
        return
    tables = set(program.of("RouteTable")) - {"edge"}
    assert set(routes) == {f"pods-{table}-{node}" for table in tables for node in _NODES}
    for table in tables:
        for node in _NODES:
            assert routes[f"pods-{table}-{node}"] == {
                "routeTableId": id_of("RouteTable", table),
                "destinationCidrBlock": program.of("Instance")[node].inputs["tags"]["canal-aws:pod-cidr"],
                "networkInterfaceId": f"eni/{node}",
            }


@each_shape
def test_load_balancers_cross_zones_without_hairpins_and_lead_to_the_control_plane(shape: dict[str, Any]) -> None:
    program = build(**shape)
    names = {"api-internal"} | ({"api-public"} if shape["apiAccess"] == "public" else set())
    balancers, groups = program.of("LoadBalancer"), program.of("TargetGroup")
    assert set(balancers) == set(groups) == set(program.of("Listener")) == names
    for name in names:
        inputs = balancers[name].inputs
        assert inputs["internal"] is (name == "api-internal")
        assert inputs["loadBalancerType"] == "network"
        assert inputs["enableCrossZoneLoadBalancing"] is True
        assert inputs["securityGroups"] == [id_of("SecurityGroup", name)]
        assert inputs["subnets"] == [id_of("Subnet", f"edge-{letter}") for letter in "abc"]
        assert groups[name].inputs["preserveClientIp"] == "false"
        listener = program.of("Listener")[name].inputs
        assert listener["loadBalancerArn"] == arn_of("LoadBalancer", name)
        check = groups[name].inputs["healthCheck"]
        assert (check["protocol"], check["path"]) == ("HTTPS", "/readyz")
        assert listener["defaultActions"] == [{"type": "forward", "targetGroupArn": arn_of("TargetGroup", name)}]
    attachments = program.of("TargetGroupAttachment")
    assert set(attachments) == {f"{name}-control-plane-0" for name in names}
    for name in names:
        inputs = attachments[f"{name}-control-plane-0"].inputs
        assert inputs["targetId"] == id_of("Instance", "control-plane-0")
        assert inputs["targetGroupArn"] == arn_of("TargetGroup", name)


_POOLS: list[dict[str, Any]] = [
    {
        "name": "batch",
        "spot": True,
        "diskGiB": 100,
        "labels": {"example.com/a": "b"},
        "taints": ["only=batch:NoSchedule"],
    },
    {"name": "arm", "countPerZone": 2, "instanceType": "m7g.large"},
]


def test_each_pool_has_a_launch_template_of_its_own_and_workers_rights() -> None:
    program = build(workerPools=_POOLS)
    templates = program.of("LaunchTemplate")
    assert set(templates) == {"control-plane", "worker", "batch", "arm"}
    batch, arm, worker = (templates[name].inputs for name in ("batch", "arm", "worker"))
    assert [each["instanceType"] for each in (worker, batch, arm)] == ["m7i.large", "m7i.large", "m7g.large"]
    assert [each["imageId"] for each in (worker, batch, arm)] == ["ami-amd64", "ami-amd64", "ami-arm64"]
    assert [each["blockDeviceMappings"][0]["ebs"]["volumeSize"] for each in (worker, batch, arm)] == [30, 100, 30]
    assert batch["instanceMarketOptions"] == {
        "marketType": "spot",
        "spotOptions": {"spotInstanceType": "one-time", "instanceInterruptionBehavior": "terminate"},
    }
    assert "instanceMarketOptions" not in worker
    assert {each["iamInstanceProfile"]["arn"] for each in (worker, batch, arm)} == {arn_of("InstanceProfile", "worker")}
    instances = program.of("Instance")
    assert set(instances) == _NODES | {f"batch-{zone}-0" for zone in "abc"} | {
        f"arm-{zone}-{index}" for zone in "abc" for index in (0, 1)
    }
    for name in ("batch-b-0", "arm-b-1"):
        inputs = instances[name].inputs
        assert inputs["launchTemplate"] == {"id": id_of("LaunchTemplate", name.split("-")[0]), "version": "$Latest"}
        assert inputs["vpcSecurityGroupIds"] == [id_of("SecurityGroup", "worker")]
        assert inputs["tags"]["canal-aws:role"] == "worker"


def test_instances_carry_the_name_that_the_cloud_controller_manager_is_told() -> None:
    """Others it gives to no load balancer; a slash in a key would keep them from being launched."""
    off, on = (build(canal=True, workerPools=_POOLS, cloudControllerManager=switch) for switch in (False, True))
    config = on.of("ConfigMap")["configmap-aws-cloud-config"].inputs["data"]["cloud.conf"]
    (told,) = re.findall('KubernetesClusterID = "(.+)"', config)
    before = off.of("Instance")
    for name, instance in on.of("Instance").items():
        tags = instance.inputs["tags"]
        assert tags == {**before[name].inputs["tags"], "KubernetesCluster": told}
        assert all("/" not in key for key in tags)
        # Instances that run already get it in place: nothing else of theirs changes.
        assert {**instance.inputs, "tags": None} == {**before[name].inputs, "tags": None}


def test_a_pools_labels_and_taints_are_in_its_user_data_and_every_pool_names_itself() -> None:
    templates = build(workerPools=_POOLS).of("LaunchTemplate")
    texts = {
        name: gzip.decompress(base64.b64decode(each.inputs["userData"])).decode() for name, each in templates.items()
    }
    assert "example.com/a=b" in texts["batch"]
    assert "only" in texts["batch"]
    assert "example.com/a" not in texts["arm"] + texts["worker"] + texts["control-plane"]
    for name in ("worker", "batch", "arm"):
        assert f"canal-aws/pool={name}" in texts[name]
    assert "canal-aws/pool" not in texts["control-plane"]


@each_telling_shape
def test_pools_that_come_and_go_touch_nothing_of_the_others(shape: dict[str, Any]) -> None:
    small, large = build(**shape), build(**shape, workerPools=_POOLS)
    assert _untouched(small, large) == set()
    without_batch = run({**large_config(shape), "workerPools": _POOLS[1:]}, None, large.last_state())
    gone = {each.rpartition(":")[2] for each in large.by_urn().keys() - without_batch.by_urn().keys()}
    assert _untouched(large, without_batch) == gone
    assert {name for name in gone if not name.startswith("pods-")} == {"batch", *(f"batch-{zone}-0" for zone in "abc")}


def large_config(shape: dict[str, Any]) -> dict[str, Any]:
    return shape if shape["apiAccess"] == "private" else {**shape, "apiAllowedCidrs": [ALLOWED_CIDR]}


def test_each_role_takes_the_image_of_its_own_cpu() -> None:
    program = build(workerInstanceType="m7g.large")
    templates = program.of("LaunchTemplate")
    assert templates["worker"].inputs["imageId"] == "ami-arm64"
    assert templates["control-plane"].inputs["imageId"] == "ami-amd64"


@pytest.mark.parametrize("count", [3, 5])
def test_control_plane_nodes_spread_over_the_zones_and_one_is_the_first(count: int) -> None:
    instances = {
        name: each for name, each in build(controlPlaneNodes=count).of("Instance").items() if "control" in name
    }
    assert set(instances) == {f"control-plane-{index}" for index in range(count)}
    assert {each.inputs["subnetId"] for each in instances.values()} == {id_of("Subnet", f"nodes-{x}") for x in "abc"}
    assert [name for name, each in instances.items() if "canal-aws:init" in each.inputs["tags"]] == ["control-plane-0"]


def _untouched(before: Program, after: Program) -> set[str]:
    """URNs of `before` that `after` changes or lacks; what instances ignore is not compared."""
    later = after.by_urn()
    return {
        urn.rpartition(":")[2]
        for urn, each in before.by_urn().items()
        if each.type.startswith("aws:") and (urn not in later or later[urn].inputs != each.inputs)
    }


@each_telling_shape
def test_a_worker_or_a_zone_more_touches_nothing_but_the_load_balancers_subnets(shape: dict[str, Any]) -> None:
    small = build(**shape, availabilityZones="2", workersPerZone=1)
    assert _untouched(small, build(**shape, availabilityZones="2", workersPerZone=2)) == set()
    zone_more = _untouched(small, build(**shape, availabilityZones="3", workersPerZone=1))
    assert zone_more == set(small.of("LoadBalancer"))
