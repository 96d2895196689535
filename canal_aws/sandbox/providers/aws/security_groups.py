"""SecurityGroup and its rules: the tables and what is done with them."""

from __future__ import annotations

from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.batch import SECURITY_GROUP_RULES
from canal_aws.sandbox.providers.aws.network import MINUTE, update_tags_only, updated_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties
from canal_aws.sandbox.providers.values import UNKNOWN

GROUP_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_security_group.go"
RULE_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_security_group_ingress_rule.go"

GROUP_GONE = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
RULE_GONE = ("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", *GROUP_GONE)

EVERYTHING_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""The rule that AWS gives each new group; the official provider removes it, so that only the program's
own rules stand."""

PROTOCOL_NAMES = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""EC2 answers these numbers with names, and `all` with -1."""

SOURCES = ("cidrIpv4", "referencedSecurityGroupId")


def create_group(operation: Operation, inputs: Inputs) -> State:
    ec2 = operation.aws.ec2
    request = {"GroupName": inputs["name"], "Description": inputs["description"]}
    if "vpcId" in inputs:
        request["VpcId"] = inputs["vpcId"]
    made = ec2.create_security_group(**request, **tags.specification("security-group", inputs.get("tags")))
    state = dict(inputs) | {
        "arn": operation.aws.arn("ec2", f"security-group/{made['GroupId']}"),
        "ownerId": operation.aws.account,
    }
    operation.created(made["GroupId"], state)
    if "vpcId" not in inputs:
        state["vpcId"] = ec2.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"][0]["VpcId"]
    operation.ignore(
        lambda: ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=[EVERYTHING_OUT]),
        ("InvalidPermission.NotFound",),
    )
    return state


def read_group(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(lambda: ec2.describe_security_groups(GroupIds=[resource_id]), "SecurityGroups", GROUP_GONE)
    if found is None:
        return None
    return {
        "arn": operation.aws.arn("ec2", f"security-group/{resource_id}"),
        "description": found["Description"],
        "name": found["GroupName"],
        "ownerId": found.get("OwnerId", operation.aws.account),
        "tags": tags.mapping(found.get("Tags")),
        "vpcId": found.get("VpcId"),
    }


def delete_group(operation: Operation, resource_id: str, state: State) -> None:
    def call() -> None:
        operation.ignore(lambda: operation.aws.ec2.delete_security_group(GroupId=resource_id), GROUP_GONE)

    # Interfaces of deleted load balancers and instances let go of their groups late.
    operation.retry(call, ("DependencyViolation", "InvalidGroup.InUse"), 15 * MINUTE)


def protocol(name: str) -> str:
    """`name` as EC2 answers it: `tcp` for 6, `-1` for all, numbers otherwise."""
    return PROTOCOL_NAMES.get(name.lower(), name.lower())


def same_protocol(old: Any, new: Any) -> bool:
    return protocol(str(old)) == protocol(str(new))


def _permission(operation: Operation, inputs: Inputs) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": protocol(inputs["ipProtocol"])}
    for key, name in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if key in inputs:
            permission[name] = inputs[key]
    described = {"Description": inputs["description"]} if inputs.get("description") else {}
    if "cidrIpv4" in inputs:
        permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **described}]
    else:
        permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **described}]
    return permission


def create_rule(operation: Operation, inputs: Inputs, direction: str) -> State:
    ec2 = operation.aws.ec2
    authorize = ec2.authorize_security_group_ingress if direction == "ingress" else ec2.authorize_security_group_egress
    made = authorize(
        GroupId=inputs["securityGroupId"],
        IpPermissions=[_permission(operation, inputs)],
        **tags.specification("security-group-rule", inputs.get("tags")),
    )["SecurityGroupRules"][0]
    rule_id = made["SecurityGroupRuleId"]
    state = dict(inputs) | {
        "arn": operation.aws.arn("ec2", f"security-group-rule/{rule_id}"),
        "securityGroupRuleId": rule_id,
    }
    operation.created(rule_id, state)
    return state


def read_rule(operation: Operation, resource_id: str, prior: State, direction: str) -> State | None:
    found = SECURITY_GROUP_RULES.get(operation.aws, resource_id)
    if found is None or found["IsEgress"] != (direction == "egress"):
        return None
    return {
        "arn": operation.aws.arn("ec2", f"security-group-rule/{resource_id}"),
        "securityGroupRuleId": resource_id,
        "securityGroupId": found["GroupId"],
        "ipProtocol": _spelled(prior.get("ipProtocol"), found["IpProtocol"]),
        # EC2 shows -1 for ports of protocols that have none; the program gave none.
        "fromPort": _port(prior, "fromPort", found.get("FromPort")),
        "toPort": _port(prior, "toPort", found.get("ToPort")),
        "cidrIpv4": found.get("CidrIpv4"),
        "referencedSecurityGroupId": found.get("ReferencedGroupInfo", {}).get("GroupId"),
        "description": found.get("Description") or None,
        "tags": tags.mapping(found.get("Tags")),
    }


def _spelled(before: str | None, found: str) -> str:
    return before if before is not None and same_protocol(before, found) else found


def _port(prior: State, key: str, found: int | None) -> int | None:
    return None if found == -1 and prior.get(key) is None else found


def update_rule(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    if changed - {"tags"}:
        rule: dict[str, Any] = {
            "IpProtocol": protocol(new["ipProtocol"]),
            "FromPort": new.get("fromPort", -1),
            "ToPort": new.get("toPort", -1),
            "Description": new.get("description", ""),
        }
        if "cidrIpv4" in new:
            rule["CidrIpv4"] = new["cidrIpv4"]
        else:
            rule["ReferencedGroupId"] = new["referencedSecurityGroupId"]
        operation.aws.ec2.modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
        )
    own = {"arn": old.get("arn"), "securityGroupRuleId": resource_id}
    return dict(new) | own | updated_tags(operation, resource_id, old, new, changed)


def delete_rule(operation: Operation, resource_id: str, state: State, direction: str) -> None:
    ec2 = operation.aws.ec2
    revoke = ec2.revoke_security_group_ingress if direction == "ingress" else ec2.revoke_security_group_egress
    operation.ignore(lambda: revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[resource_id]), RULE_GONE)


def check_rule(inputs: Inputs) -> list[tuple[str, str]]:
    """Ports stay out where all protocols are meant (the SDK's documentation of ipProtocol)."""
    name = inputs.get("ipProtocol")
    if name is UNKNOWN or protocol(str(name)) != "-1":
        return []
    reason = "must not be given with ipProtocol -1, which means all protocols and all ports"
    return [(key, reason) for key in ("fromPort", "toPort") if key in inputs]


def source_changes(state: State, inputs: Inputs) -> set[str]:
    """A rule's source keeps its kind: EC2 does not turn an address rule into a group rule."""
    return {key for key in SOURCES if (key in state) != (key in inputs)}


def _rule(direction: str) -> ResourceType:
    title = direction.capitalize()
    source = RULE_SOURCE.replace("ingress", direction)
    return ResourceType(
        token=f"aws:vpc/securityGroup{title}Rule:SecurityGroup{title}Rule",
        label=f"VPC Security Group {title} Rule",
        source=source,
        one_of=(SOURCES,),
        check=check_rule,
        called=lambda inputs: str(inputs["securityGroupId"]),
        also_replaces=source_changes,
        properties={
            "securityGroupId": Property("required", source=source),
            "ipProtocol": Property("required", on_change="update", same=same_protocol, source=source),
            "fromPort": Property("optional", "int", "update", source=source),
            "toPort": Property("optional", "int", "update", source=source),
            "cidrIpv4": Property(
                "optional",
                on_change="update",
                source=f"{source}; unsure whether the kind of source may change: replaced",
            ),
            "referencedSecurityGroupId": Property(
                "optional",
                on_change="update",
                source=f"{source}; unsure whether the kind of source may change: replaced",
            ),
            "description": Property("optional", on_change="update", source=source),
            "arn": Property("computed", source=source),
            "securityGroupRuleId": Property("computed", source=source),
            **tag_properties(source),
            **region(),
        },
        create=lambda operation, inputs: create_rule(operation, inputs, direction),
        read=lambda operation, resource_id, prior: read_rule(operation, resource_id, prior, direction),
        update=update_rule,
        delete=lambda operation, resource_id, state: delete_rule(operation, resource_id, state, direction),
    )


INLINE_RULES = "inline rules are refused: make one aws.vpc.SecurityGroup{}Rule each, or two owners fight over the group"

TYPES = (
    ResourceType(
        token="aws:ec2/securityGroup:SecurityGroup",
        label="Security Group",
        source=GROUP_SOURCE,
        autoname=Autoname(255),
        refuses={"ingress": INLINE_RULES.format("Ingress"), "egress": INLINE_RULES.format("Egress")},
        properties={
            "name": Property("optional-computed", source=GROUP_SOURCE),
            "description": Property(
                "optional",
                default="Managed by Pulumi",
                source=f"{GROUP_SOURCE}; the default is pulumi-aws' own: https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygroup/",
            ),
            "vpcId": Property("optional-computed", source=GROUP_SOURCE),
            # `ingress` and `egress` are no outputs here: they only repeat the separate rules.
            "arn": Property("computed", source=GROUP_SOURCE),
            "ownerId": Property("computed", source=GROUP_SOURCE),
            **tag_properties(GROUP_SOURCE),
            **region(),
        },
        create=create_group,
        read=read_group,
        update=update_tags_only,
        delete=delete_group,
    ),
    _rule("ingress"),
    _rule("egress"),
)
