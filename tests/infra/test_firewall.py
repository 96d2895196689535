"""Security groups and their rules as the description says, one resource a rule."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from canal_aws.firewall_rules import Group, rules
from tests.infra.program import ALLOWED_CIDR, build, id_of
from tests.infra.shapes import described, each_shape

_REACHED = {
    "public": {"public_from": (IPv4Network(ALLOWED_CIDR),)},
    "private": {"internal_from": (IPv4Network("10.0.0.0/16"),)},
}


@each_shape
def test_every_rule_is_one_resource_that_says_what_the_description_says(shape: dict[str, Any]) -> None:
    program = build(**shape)
    planned = rules(described(shape), IPv4Network("10.128.0.0/13"), **_REACHED[shape["apiAccess"]])
    made = {**program.of("SecurityGroupIngressRule"), **program.of("SecurityGroupEgressRule")}
    assert set(made) == {rule.name for rule in planned}
    for rule in planned:
        resource = made[rule.name]
        assert resource.type.endswith("EgressRule") is rule.egress
        inputs = dict(resource.inputs)
        assert inputs.pop("tags")["canal-aws:name"] == rule.name
        assert inputs.pop("description") == rule.traffic.description
        expected: dict[str, Any] = {
            "securityGroupId": id_of("SecurityGroup", rule.group.value),
            "ipProtocol": rule.traffic.protocol,
        }
        if rule.traffic.from_port is not None:
            expected |= {"fromPort": rule.traffic.from_port, "toPort": rule.traffic.to_port}
        if isinstance(rule.peer, Group):
            expected["referencedSecurityGroupId"] = id_of("SecurityGroup", rule.peer.value)
        else:
            expected["cidrIpv4"] = str(rule.peer)
        assert inputs == expected


@each_shape
def test_groups_hold_no_rules_inline_and_the_public_one_is_there_only_for_a_public_api(shape: dict[str, Any]) -> None:
    groups = build(**shape).of("SecurityGroup")
    public = {"api-public"} if shape["apiAccess"] == "public" else set()
    assert set(groups) == {"control-plane", "worker", "api-internal"} | public
    for group in groups.values():
        assert not {"ingress", "egress"} & set(group.inputs)


@each_shape
def test_nobody_from_outside_reaches_a_node_and_nobody_at_all_by_ssh(shape: dict[str, Any]) -> None:
    nodes = {id_of("SecurityGroup", name) for name in ("control-plane", "worker")}
    for rule in build(**shape).of("SecurityGroupIngressRule").values():
        if rule.inputs["securityGroupId"] in nodes:
            assert rule.inputs.get("cidrIpv4", "10.128.0.0/13") == "10.128.0.0/13", rule.name
        assert not rule.inputs.get("fromPort") == rule.inputs.get("toPort") == 22


@each_shape
def test_instances_wait_for_the_rules_that_let_them_talk(shape: dict[str, Any]) -> None:
    program = build(**shape)
    urns = {each.urn for each in program.aws() if "securityGroupIngressRule" in each.type}
    for instance in program.of("Instance").values():
        assert urns <= instance.depends_on
