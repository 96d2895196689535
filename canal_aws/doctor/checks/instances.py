"""The stack's instances against the address plan."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.addressing import NodePlan
from canal_aws.doctor import repairs
from canal_aws.doctor.instances import Machine, Machines, Protection
from canal_aws.doctor.vpc import SecurityGroups
from canal_aws.doctor.wanted import INSTANCE, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: As the launch templates of infra/nodes.py ask; pods, one hop further, must get no credentials.
_METADATA = {
    "HttpEndpoint": "enabled",
    "HttpTokens": "required",
    "HttpPutResponseHopLimit": 1,
    "InstanceMetadataTags": "enabled",
}
_METADATA_COMMAND = (
    "aws ec2 modify-instance-metadata-options --instance-id {} --http-endpoint enabled --http-tokens required "
    "--http-put-response-hop-limit 1 --instance-metadata-tags enabled"
)
_WITHOUT_CONTROL_PLANE = (
    'see "Found a cluster in place of a lost one" in docs/day-two.md: no control-plane node is left'
)


@check("instances-as-planned", group="instances", source="the address plan; EC2 API Reference, DescribeInstances")
def instances_as_planned(wanted: Wanted, machines: Machines) -> Iterator[Finding]:
    """Every planned node has one instance, which runs, and no other instance carries the stack's tag."""
    found = machines.by_name
    lost = [node for node in wanted.plan.nodes if node.name not in found]
    for node in lost:
        yield fails(
            f"{node.name}: no instance, wanted one at {node.private_ip} in {node.zone}",
            # A refresh reads every object of the cluster, and ends at the first where no API is left to answer.
            _WITHOUT_CONTROL_PLANE
            if all(each in lost for each in wanted.plan.of_role("control-plane"))
            else "`pulumi up --refresh` makes it, and `canal-aws recover` goes before it after a killed `up`",
        )
    planned = {node.name for node in wanted.plan.nodes}
    for machine in machines.items:
        if machine.name not in planned or machine is not found[machine.name]:
            yield fails(f"{machine}: not planned", _remove(wanted, machine))
        elif not machine.running:
            yield fails(
                f"{machine}: {machine.launched.state}, wanted running",
                f"`aws ec2 start-instances --instance-ids {machine.id}`",
            )
        elif machine.launched.state == "pending":
            yield warning(f"{machine}: pending, it is being started", "look again in a minute")
    if not lost:
        yield ok(f"{len(wanted.plan.nodes)} nodes have an instance each")


def _remove(wanted: Wanted, machine: Machine) -> str:
    if wanted.ids.get(INSTANCE, {}).get(machine.name) == machine.id:
        return f"`kubectl drain {machine.name}`, then {repairs.REMOVED}"
    return (
        f"`canal-aws recover` where an `up` was killed, else `aws ec2 terminate-instances --instance-ids {machine.id}`"
    )


@check("node-addresses-as-planned", group="instances", source="the address plan; infra/nodes.py")
def node_addresses_as_planned(wanted: Wanted, machines: Machines) -> Iterator[Finding]:
    """Zone, private address and the tag with the pod CIDR of each instance are the plan's."""
    for node, machine in _pairs(wanted, machines):
        pairs = (
            ("zone", node.zone, machine.zone, repairs.roll(wanted, node.name)),
            ("private address", str(node.private_ip), machine.private_ip, repairs.roll(wanted, node.name)),
            ("tag canal-aws:pod-cidr", str(node.pod_cidr or ""), machine.pod_cidr, repairs.UP),
        )
        for what, wants, has, way_out in pairs:
            if wants != has:
                yield fails(f"{machine}: {what} {has or 'none'}, wanted {wants or 'none'}", way_out)


@check(
    "source-dest-check-as-wanted", group="instances", source="VPC User Guide, NAT instances: source/destination check"
)
def source_dest_check(wanted: Wanted, machines: Machines) -> Iterator[Finding]:
    """Each node's network interface has EC2's source/destination check on or off as the architecture needs."""
    wants = wanted.architecture.source_dest_check
    drifted = [machine for _, machine in _pairs(wanted, machines) if machine.source_dest_check is not wants]
    for machine in drifted:
        lost = "pod packets are dropped" if not wants else "the node may send with addresses that are not its own"
        yield fails(
            f"{machine}: source_dest_check {machine.source_dest_check}, wanted {wants} for "
            f"{wanted.architecture.name}: {lost}",
            repairs.UP,
        )
    if not drifted:
        yield ok(f"source_dest_check {wants} is what {wanted.architecture.name} needs")


@check("security-groups-of-instances", group="instances", source="canal_aws.firewall_rules; infra/nodes.py")
def groups_of_instances(wanted: Wanted, machines: Machines, groups: SecurityGroups) -> Iterator[Finding]:
    """Each instance is in the security group of its role and in no other."""
    names = {group_id: name for name, group_id in groups.ids.items()}
    for node, machine in _pairs(wanted, machines):
        has = sorted(names.get(each, each) for each in machine.groups)
        if has != [node.role]:
            yield fails(f"{machine}: security groups {', '.join(has) or 'none'}, wanted {node.role}", repairs.UP)


@check(
    "instance-metadata-as-wanted", group="instances", source="EC2 User Guide, Configure the Instance Metadata Service"
)
def metadata_options(wanted: Wanted, machines: Machines) -> Iterator[Finding]:
    """IMDSv2 with a token required, one hop, and tags in the metadata."""
    for _, machine in _pairs(wanted, machines):
        differing = {
            key: machine.metadata.get(key) for key, wants in _METADATA.items() if machine.metadata.get(key) != wants
        }
        if differing:
            said = ", ".join(f"{key} {has}, wanted {_METADATA[key]}" for key, has in differing.items())
            yield fails(f"{machine}: {said}", f"`{_METADATA_COMMAND.format(machine.id)}`")


@check("termination-protection", group="instances", source="EC2 User Guide, Change instance termination protection")
def termination_protection(machines: Machines, protection: Protection) -> Iterator[Finding]:
    """Control-plane instances cannot be terminated but by `pulumi destroy`."""
    for machine in machines.items:
        if protection.by_id.get(machine.id, True) is False:
            yield fails(f"{machine}: disableApiTermination False, wanted True", repairs.UP)


def _pairs(wanted: Wanted, machines: Machines) -> Iterator[tuple[NodePlan, Machine]]:
    """Planned nodes that have an instance, with it."""
    found = machines.by_name
    return ((node, found[node.name]) for node in wanted.plan.nodes if node.name in found)
