"""Facts of a stack on which nothing drifted, made by hand from its description: what a test then breaks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from canal_aws.addressing import AddressPlan
from canal_aws.day_two.certificates import Ending
from canal_aws.day_two.machines import Launched
from canal_aws.day_two.snapshots import Snapshot
from canal_aws.doctor.cluster import (
    AdministratorCertificate,
    ApiServer,
    BootstrapTokens,
    CalicoObjects,
    CanalObjects,
    ClusterNode,
    ClusterNodes,
    ServerCertificates,
)
from canal_aws.doctor.instances import Images, Machine, Machines, Protection, Templates
from canal_aws.doctor.services import Parameter, Parameters, Snapshots, TargetHealth, Targets
from canal_aws.doctor.vpc import SecurityGroups, SeenRoute, SeenRule, SeenRules, SubnetIds, Table, Tables
from canal_aws.doctor.wanted import BUCKET, INSTANCE, PARAMETER, TARGET_GROUP, VPC, Now, Wanted
from canal_aws.settings import Settings

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=20)
STACK = "organization/canal-aws/dev"
IMAGE, TEMPLATE = "ami-1", "lt-1"
Facts = dict[type, Any]


def facts(architecture: str = "native-routes", **more: Any) -> Facts:
    """Two zones with a worker each unless `more` settings (camelCase) say otherwise."""
    given = {"availabilityZones": 2, "workersPerZone": 1, "apiAllowedCidrs": ["203.0.113.0/24"], **more}
    settings = Settings.from_mapping({"architecture": architecture, **given})
    letters = "abcdefgh"[: settings.availability_zones]  # type: ignore[misc]  # a count, here
    plan = AddressPlan.of(settings, [f"us-east-1{letter}" for letter in letters])
    wanted = Wanted(STACK, settings, plan, _ids(plan))
    return {
        Wanted: wanted,
        Now: Now(NOW),
        **_instances(wanted),
        **_vpc(wanted),
        **_services(wanted),
        **_cluster(wanted),
    }


def _ids(plan: AddressPlan) -> Mapping[str, Mapping[str, str]]:
    return {
        VPC: {"vpc": "vpc-1"},
        INSTANCE: {node.name: f"i-{node.name}" for node in plan.nodes},
        PARAMETER: {
            name: f"/canal-aws/dev/{name}" for name in ("kubeconfig", "join", "control-plane-join", "encryption-key")
        },
        TARGET_GROUP: {"api-internal": "arn:1", "api-public": "arn:2"},
        BUCKET: {"etcd-snapshots": "bucket"},
    }


def _instances(wanted: Wanted) -> Facts:
    machines = [
        Machine(
            name=node.name,
            id=f"i-{node.name}",
            launched=Launched("running", IMAGE, "m7i.large", TEMPLATE, "1"),
            zone=node.zone,
            private_ip=str(node.private_ip),
            interface=f"eni-{node.name}",
            source_dest_check=wanted.architecture.source_dest_check,
            groups=(f"sg-{node.role}",),
            pod_cidr=str(node.pod_cidr or ""),
            since=LONG_AGO,
            metadata={
                "HttpEndpoint": "enabled",
                "HttpTokens": "required",
                "HttpPutResponseHopLimit": 1,
                "InstanceMetadataTags": "enabled",
            },
        )
        for node in wanted.plan.nodes
    ]
    data = {"ImageId": IMAGE, "InstanceType": "m7i.large", "UserData": "x"}
    return {
        Machines: Machines(tuple(machines)),
        Protection: Protection({f"i-{node.name}": True for node in wanted.plan.of_role("control-plane")}),
        Templates: Templates({(TEMPLATE, "1"): data, (TEMPLATE, "$Latest"): data}),
        Images: Images({IMAGE: {"CreationDate": "2026-10-06T12:00:00.000Z"}}),
    }


def _vpc(wanted: Wanted) -> Facts:
    seen = [SeenRule(rule.key, f"sgr-{number}", f"sg-{rule.group.value}") for number, rule in enumerate(wanted.rules)]
    local = SeenRoute(str(wanted.settings.vpc_cidr), "local")
    pods = tuple(SeenRoute(cidr, f"eni-{name}") for name, cidr in wanted.pod_cidrs.items())
    edges = tuple(f"subnet-edge-{zone.letter}" for zone in wanted.plan.edges)
    tables = [
        Table("", "rtb-main", (local,)),
        Table("edge", "rtb-edge", (local, SeenRoute("0.0.0.0/0", "igw-1")), edges),
        *(
            Table(
                table.name,
                f"rtb-{table.name}",
                (local, SeenRoute("0.0.0.0/0", "nat-1" if table.nat_zone else "igw-1"), *pods),
                tuple(f"subnet-nodes-{zone[-1]}" for zone in table.zones),
            )
            for table in wanted.plan.route_tables
        ),
    ]
    names = [f"{kind}-{zone.letter}" for zone in wanted.plan.zones for kind in ("nodes", "edge")]
    return {
        SecurityGroups: SecurityGroups({group.value: f"sg-{group.value}" for group in wanted.groups}),
        SeenRules: SeenRules(tuple(seen)),
        Tables: Tables(tuple(tables)),
        SubnetIds: SubnetIds({name: f"subnet-{name}" for name in names}),
    }


def _services(wanted: Wanted) -> Facts:
    healthy = {f"i-{node.name}": TargetHealth("healthy") for node in wanted.plan.of_role("control-plane")}
    recent = NOW - timedelta(minutes=30)
    return {
        Targets: Targets(dict.fromkeys(wanted.ids[TARGET_GROUP], healthy)),
        Parameters: Parameters({name: Parameter(7, recent) for name in wanted.ids[PARAMETER]}),
        Snapshots: Snapshots((Snapshot("s.db", 1, NOW - timedelta(hours=5)),)),
    }


def _cluster(wanted: Wanted) -> Facts:
    next_year = NOW + timedelta(days=300)
    nodes = [
        ClusterNode(
            name=node.name,
            provider_id=f"aws:///{node.zone}/i-{node.name}",
            created=LONG_AGO,
            conditions={
                "Ready": ("True", "KubeletReady", ""),
                "NetworkUnavailable": ("False", "FlannelIsUp", ""),
            },
            pod_cidr=str(node.pod_cidr or f"10.128.{number}.0/24"),
            kubelet="v1.36.3",
        )
        for number, node in enumerate(wanted.plan.nodes)
    ]
    kinds = ("ConfigMap", "DaemonSet", "Deployment")
    objects = {(each["kind"], each["metadata"]["name"]): each for each in wanted.manifests if each["kind"] in kinds}
    count = len(wanted.plan.nodes)
    for (kind, _), item in objects.items():
        if kind == "DaemonSet":
            item["status"] = {"desiredNumberScheduled": count, "numberReady": count, "updatedNumberScheduled": count}
        if kind == "Deployment":
            item["status"] = {"availableReplicas": 1}
    pools = {each["metadata"]["name"]: each["spec"] for each in wanted.manifests if each["kind"] == "IPPool"}
    control_plane = [node.name for node in wanted.plan.of_role("control-plane")]
    return {
        ApiServer: ApiServer(None, "v1.36.3"),  # type: ignore[arg-type]  # no check asks it anything
        ClusterNodes: ClusterNodes(tuple(nodes)),
        CanalObjects: CanalObjects(objects),
        CalicoObjects: CalicoObjects(ip_pools=pools),
        BootstrapTokens: BootstrapTokens((NOW - timedelta(hours=1), NOW + timedelta(hours=2))),
        AdministratorCertificate: AdministratorCertificate(Ending("administrator's kubeconfig", next_year)),
        ServerCertificates: ServerCertificates({name: Ending(name, next_year) for name in control_plane}),
    }
