"""What every architecture's stack must look like in AWS and in Kubernetes, derived from the description alone."""

from __future__ import annotations

import json
from typing import Any

from canal_aws.addressing import AddressPlan, NodePlan
from canal_aws.firewall_rules import Group, rules_of
from canal_aws.settings import Settings
from canal_aws.settings_pools import DEFAULT_DISK_GIB
from infra.tagging import TAGGABLE
from tests.lifecycle.cloud import NAME, STACK, Cloud, tags_of
from tests.lifecycle.cluster import Cluster
from tests.lifecycle.stacks import Stack

_ANYWHERE = "0.0.0.0/0"
_DAEMON_SETS = {"Flannel": "canal", "CalicoBird": "calico-node"}


def settings_of(stack: Stack) -> Settings:
    """The stack's configuration as settings."""
    return Settings.from_mapping(stack.config)


def check_instances(cloud: Cloud, settings: Settings, plan: AddressPlan, images: dict[str, str]) -> None:
    """Every planned node, with the addresses, the check, the groups and the protections that it must have."""
    assert set(cloud.instances) == {node.name for node in plan.nodes}
    expected = settings.description.source_dest_check
    types = {group: instance_type for group, (_, instance_type) in settings.instance_types.items()}
    pools = {pool.name: pool for pool in settings.pools}
    for node in plan.nodes:
        instance, interface = cloud.instances[node.name], cloud.interface(node.name)
        assert instance["SourceDestCheck"] is interface["SourceDestCheck"] is expected, node.name
        assert instance["PrivateIpAddress"] == str(node.private_ip)
        assert instance["SubnetId"] == cloud.subnets[f"nodes-{node.zone[-1]}"]["SubnetId"]
        assert instance["Placement"]["AvailabilityZone"] == node.zone
        assert [cloud.groups[group["GroupId"]] for group in instance["SecurityGroups"]] == [node.role]
        assert (instance["InstanceType"], instance["ImageId"]) == (types[node.group], images[node.group])
        options = instance["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpEndpoint"]) == ("required", "enabled")
        assert (options["HttpPutResponseHopLimit"], options["InstanceMetadataTags"]) == (1, "enabled")
        assert cloud.termination_protected(node.name) is (node.role == "control-plane")
        assert instance["IamInstanceProfile"]["Arn"] == cloud.template_data(node.group)["IamInstanceProfile"]["Arn"]
        assert not instance.get("KeyName"), "no SSH key"
        assert ("PublicIpAddress" in instance) is (settings.topology == "public"), node.name
        spot = node.group in pools and pools[node.group].spot
        assert (instance.get("InstanceLifecycle") == "spot") is spot, node.name
        (volume,) = cloud.volumes(node.name)
        assert volume["Encrypted"] is True
        assert tags_of(volume)[STACK] == cloud.owner
        assert tags_of(volume)["Name"].endswith(f"-{node.group}")
        assert _node_tags(tags_of(instance)) == _planned_tags(node)


def _node_tags(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.startswith("canal-aws:") and key not in (NAME, STACK)}


def _planned_tags(node: NodePlan) -> dict[str, str]:
    tags = {"canal-aws:role": node.role, "canal-aws:node": node.name}
    if node.pod_cidr:
        tags["canal-aws:pod-cidr"] = str(node.pod_cidr)
    if node.init:
        tags["canal-aws:init"] = "true"
    return tags


def check_routes(cloud: Cloud, settings: Settings, plan: AddressPlan) -> None:
    """The tables of the plan, each with its way out, the VPC's own range, and one route a planned pod CIDR."""
    assert set(cloud.route_tables) == {"edge", *(table.name for table in plan.route_tables)}
    pods = {
        str(node.pod_cidr): cloud.interface(node.name)["NetworkInterfaceId"]
        for node in plan.nodes
        if node.pod_cidr is not None
    }
    for table in plan.route_tables:
        routes = cloud.routes(table.name)
        assert routes.pop(str(plan.vpc_cidr)) == "local"
        assert routes.pop(_ANYWHERE).startswith("nat-" if table.nat_zone else "igw-")
        assert routes == pods, table.name
        for zone in table.zones:
            assert cloud.table_of(f"nodes-{zone[-1]}") == table.name
    assert cloud.routes("edge").keys() == {str(plan.vpc_cidr), _ANYWHERE}


def check_firewall(cloud: Cloud, settings: Settings) -> None:
    """Exactly the rules of canal_aws.firewall_rules, and so no SSH."""
    public = settings.api_access == "public"
    expected = set()
    for rule in rules_of(settings):
        peer = rule.peer.value if isinstance(rule.peer, Group) else str(rule.peer)
        ports = [-1 if port is None else port for port in (rule.traffic.from_port, rule.traffic.to_port)]
        expected.add((rule.group.value, rule.egress, rule.traffic.protocol, *ports, peer))
    found = set()
    for described in cloud.group_rules():
        peer = described.get("CidrIpv4") or cloud.groups[described["ReferencedGroupInfo"]["GroupId"]]
        ports = [described.get("FromPort", -1), described.get("ToPort", -1)]
        group = cloud.groups[described["GroupId"]]
        found.add((group, described["IsEgress"], described["IpProtocol"], *ports, peer))
    assert found == expected
    assert set(cloud.groups.values()) == {group.value for group in Group if public or group is not Group.API_PUBLIC}
    assert not any(
        not egress and peer == _ANYWHERE and group in ("control-plane", "worker")
        for group, egress, _, _, _, peer in found
    )


def check_templates(cloud: Cloud, settings: Settings) -> None:
    """Launch templates that demand IMDSv2, encrypt volumes, hold nothing secret, and are of their group's kind."""
    disks = {pool.name: pool.disk_gib for pool in settings.pools}
    for group, (_, instance_type) in settings.instance_types.items():
        data = cloud.template_data(group)
        assert data["InstanceType"] == instance_type
        assert data["MetadataOptions"] == {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "InstanceMetadataTags": "enabled",
        }
        (mapping,) = data["BlockDeviceMappings"]
        assert mapping["Ebs"]["Encrypted"] is True
        assert mapping["Ebs"]["VolumeSize"] == disks.get(group, DEFAULT_DISK_GIB)
        text = data["UserData"]
        assert text.startswith({"ubuntu": "#cloud-config", "flatcar": '{"ignition":'}[settings.operating_system])
        for secret in ("PRIVATE KEY", "client-key-data", "client-certificate-data", "AWS_SECRET"):
            assert secret not in text


def check_endpoint(cloud: Cloud, settings: Settings, plan: AddressPlan) -> None:
    """The load balancers, each in every edge subnet, cross-zone, with a group of its own and the control plane behind."""
    names = {"api-internal"} | ({"api-public"} if settings.api_access == "public" else set())
    assert set(cloud.load_balancers) == set(cloud.target_groups) == names
    edges = {cloud.subnets[f"edge-{zone.letter}"]["SubnetId"] for zone in plan.edges}
    control_plane = {cloud.instance_ids[node.name] for node in plan.of_role("control-plane")}
    for name in names:
        balancer = cloud.load_balancers[name]
        assert balancer["Type"] == "network"
        assert balancer["Scheme"] == ("internal" if name == "api-internal" else "internet-facing")
        assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == edges
        assert [cloud.groups[group] for group in balancer["SecurityGroups"]] == [name]
        assert cloud.attribute(name, "load_balancing.cross_zone.enabled") == "true"
        assert cloud.targets(name) == control_plane


def check_tags(cloud: Cloud, stack: Stack, user_tags: dict[str, str]) -> None:
    """Whatever can carry tags has the stack's, its logical name and the user's."""
    checked = set()
    for resource in stack.resources():
        token = resource["type"]
        if not token.startswith("aws:") or token not in TAGGABLE:
            continue
        tags = cloud.tags(token, resource["id"], resource["outputs"])
        name = resource["urn"].rpartition("::")[2]
        assert tags.items() >= {STACK: cloud.owner, NAME: name, **user_tags}.items(), resource["urn"]
        checked.add(token)
    assert len(checked) >= len(TAGGABLE) - 2, "public topologies have no addresses and NAT gateways"


def check_secrets(cloud: Cloud, stack: Stack) -> None:
    """The kubeconfig is in the export, encrypted in the state, and nowhere else; parameters show no value in the state."""
    kubeconfig = stack.outputs()["kubeconfig"]
    key = next(line.split()[1] for line in kubeconfig.splitlines() if "client-key-data" in line)
    state = json.dumps(stack.state())
    assert key not in state
    for secret in ("client-key-data", "PRIVATE KEY", "certificate-authority-data"):
        assert secret not in state
    for name in ("kubeconfig", "join", "control-plane-join", "encryption-key"):
        said = cloud.ssm.get_parameter(Name=f"/canal-aws/{stack.name}/{name}", WithDecryption=True)["Parameter"]
        assert said["Type"] == "SecureString"
        assert said["Value"] not in state
    for file in (stack.sandbox.folder.backend).rglob("*.json*"):
        assert key not in file.read_text(errors="replace"), file


def check_kubernetes(cluster: Cluster, cloud: Cloud, settings: Settings, plan: AddressPlan) -> None:
    """Every planned node's instance Ready, with the pod CIDR that the architecture gives it, and Canal with its MTU and backend."""
    description = settings.description
    has_pod_cidr = description.plans_pod_cidrs or description.allocates_node_cidrs
    nodes = cluster.settled({node.name: cloud.instance_ids[node.name] for node in plan.nodes}, has_pod_cidr)
    for node in plan.nodes:
        given = nodes[node.name]["spec"].get("podCIDR")
        if description.plans_pod_cidrs:
            assert given == str(node.pod_cidr), node.name
        elif not description.allocates_node_cidrs:
            assert given is None
        else:
            assert given is not None
    found = cluster.get("daemonsets,deployments,configmaps,poddisruptionbudgets,ippools.crd.projectcalico.org")
    # On control-plane nodes too: they are nodes in every respect.
    cluster.wait_for_pods(_DAEMON_SETS[type(description.networking).__name__], len(plan.nodes))
    assert "Deployment calico-kube-controllers" in found
    assert "PodDisruptionBudget calico-kube-controllers" in found
    configs = [
        item["data"]
        for name, item in found.items()
        if name.startswith("ConfigMap c") and "veth_mtu" in item.get("data", {})
    ]
    (config,) = configs
    assert config["veth_mtu"] == str(description.pod_mtu())
    _check_backend(description.networking, config, found, settings)


def _check_backend(networking: Any, config: dict[str, str], found: dict[str, Any], settings: Settings) -> None:
    pools = {name: item["spec"] for name, item in found.items() if name.startswith("IPPool")}
    if hasattr(networking, "backend"):
        assert json.loads(config["net-conf.json"])["Backend"]["Type"] == networking.backend
        assert pools == {}
    else:
        assert config["calico_backend"] == "bird"
        (pool,) = pools.values()
        assert (pool["cidr"], pool["ipipMode"]) == (str(settings.pod_cidr), networking.ipip_mode)
        assert pool["natOutgoing"] is True
