"""Network Load Balancers, their listeners and target groups.

moto takes two of one name, two listeners on one port, groups and subnets that do not fit, one target group
behind several load balancers; it is active when first looked at, calls every load balancer an application
one in its ARN, attaches security groups later, and deletes what is protected from it.
Sources: ELB v2 API reference (CreateLoadBalancer, CreateListener, SetSecurityGroups, DeleteLoadBalancer and their
errors); the wording of the refusal to delete as reported in rebuy-de/aws-nuke issue 1240; User
Guide "Security groups for your Network Load Balancer": "if you don't associate one when you create it, you
can't later".
"""

from __future__ import annotations

import re
from typing import Any

from ..addresses import loopback_address
from ..balancers import target_groups_of
from ..errors import AwsError
from ..pipeline import Call, Rules
from ..quotas import LISTENERS_PER_NLB, NETWORK_LOAD_BALANCERS, TARGET_GROUPS
from ..timeline import LOAD_BALANCER_START
from ..topology import internet_gateway

TARGET_GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "deregistration_delay.connection_termination.enabled": "false",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "proxy_protocol_v2.enabled": "false",
    "stickiness.enabled": "false",
    "stickiness.type": "source_ip",
}
"""Defaults of a TCP target group (ELB v2 API reference, TargetGroupAttribute)."""

NAME = re.compile(r"(?!internal-)(?!-)[0-9a-zA-Z-]{1,32}(?<!-)")


def _subnets(call: Call) -> list[Any]:
    mapped = [mapping["SubnetId"] for mapping in call.params.get("SubnetMappings") or []]
    return [call.ec2.get_subnet(key) for key in (call.params.get("Subnets") or []) + mapped]


def _check_create(call: Call) -> None:
    params, subnets = call.params, _subnets(call)
    if params.get("Type") != "network":
        raise AwsError("SandboxNotModelled", "The embedded AWS models Network Load Balancers only", 501)
    params.setdefault("Scheme", "internet-facing")
    # moto compares with the ELB API's own list, and lets None through as None.
    params.setdefault("IpAddressType", "ipv4")
    if not NAME.fullmatch(params["Name"]):
        raise AwsError(
            "ValidationError",
            f"The load balancer name '{params['Name']}' must be 1 to 32 letters, digits or hyphens, not begin or "
            "end with a hyphen, and not begin with 'internal-'",
        )
    if not subnets:
        raise AwsError("ValidationError", "At least one subnet must be specified")
    zones = [subnet.availability_zone for subnet in subnets]
    if len(set(zones)) < len(zones):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    vpcs = {subnet.vpc_id for subnet in subnets}
    if len(vpcs) > 1:
        raise AwsError("InvalidSubnet", "All subnets must belong to the same VPC")
    (vpc_id,) = vpcs
    if params["Scheme"] == "internet-facing" and internet_gateway(call.ec2, vpc_id) is None:
        raise AwsError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
    _check_groups(call, params.get("SecurityGroups") or [], vpc_id)


def _check_groups(call: Call, keys: list[str], vpc_id: str) -> None:
    for key in keys:
        group = call.ec2.get_security_group_from_id(key)
        if group is None:
            raise AwsError("InvalidSecurityGroup", f"Security group '{key}' does not exist")
        if group.vpc_id != vpc_id:
            raise AwsError("InvalidConfigurationRequest", f"Security group '{key}' is not in VPC '{vpc_id}'")


def _same(call: Call, nlb: Any) -> bool:
    asked = {subnet.id for subnet in _subnets(call)}
    return bool(
        asked == {subnet.id for subnet in nlb.subnets}
        and set(call.params.get("SecurityGroups") or []) == set(nlb.security_groups or [])
        and call.params["Scheme"] == nlb.scheme
    )


def _create(call: Call) -> Any:
    """Create it, or answer with the one of the same name if its settings are the same ("each call succeeds")."""
    elb = call.backend
    for nlb in elb.load_balancers.values():
        if nlb.name == call.params["Name"]:
            if _same(call, nlb):
                return {"LoadBalancers": [nlb]}
            raise AwsError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{nlb.name}' exists, but with different settings",
            )
    if len(elb.load_balancers) + 1 > call.world.quotas.value(NETWORK_LOAD_BALANCERS):
        raise AwsError("TooManyLoadBalancers", "The maximum number of load balancers has been reached")
    result = call.ask_moto()
    (nlb,) = result["LoadBalancers"]
    _rename(elb, nlb, call.region)
    # moto makes it active at the first look; here the timeline does.
    nlb.activate = lambda: None
    call.world.timeline.after(LOAD_BALANCER_START, lambda: setattr(nlb, "state", "active"))
    return result


def _rename(elb: Any, nlb: Any, region: str) -> None:
    """The ARN and DNS name of a Network Load Balancer: loadbalancer/net/NAME/ID, NAME-ID.elb.REGION.amazonaws.com.

    Unlike AWS's, an internet-facing one's name is an address of its own on this machine's loopback: no resolver here
    would know a name, and so whatever was written for the outside (a kubeconfig) works unchanged.
    """
    del elb.load_balancers[nlb.arn]
    tags = elb.tagging_service.get_tag_dict_for_resource(nlb.arn)
    elb.tagging_service.delete_all_tags_for_resource(nlb.arn)
    nlb.arn = nlb.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
    if nlb.scheme == "internet-facing":
        nlb.dns_name = loopback_address(nlb.arn)
    else:
        nlb.dns_name = f"{nlb.name}-{nlb.arn.rpartition('/')[2]}.elb.{region}.amazonaws.com"
    elb.load_balancers[nlb.arn] = nlb
    elb.tagging_service.tag_resource(nlb.arn, [{"Key": key, "Value": value} for key, value in tags.items()])


def _users(elb: Any) -> dict[str, set[str]]:
    """The load balancers that send to each target group."""
    users: dict[str, set[str]] = {}
    for nlb in elb.load_balancers.values():
        for listener in nlb.listeners.values():
            for target_group in target_groups_of([action.data for action in listener.default_actions]):
                users.setdefault(target_group, set()).add(nlb.arn)
    return users


def _check_listener(call: Call) -> None:
    elb, params = call.backend, call.params
    nlb = elb.load_balancers.get(params["LoadBalancerArn"])
    if nlb is None:
        raise AwsError("LoadBalancerNotFound", f"Load balancer '{params['LoadBalancerArn']}' not found")
    if any(int(listener.port) == int(params.get("Port", 0)) for listener in nlb.listeners.values()):
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    if len(nlb.listeners) + 1 > call.world.quotas.value(LISTENERS_PER_NLB):
        raise AwsError("TooManyListeners", "The maximum number of listeners has been reached")
    users = _users(elb)
    for target_group in target_groups_of(params.get("DefaultActions") or []):
        if target_group not in elb.target_groups:
            raise AwsError("TargetGroupNotFound", f"Target groups '{target_group}' not found")
        if users.get(target_group, set()) - {nlb.arn}:
            raise AwsError(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: {target_group}",
            )


def _refresh_users(call: Call, result: Any) -> None:
    """moto keeps naming load balancers that are gone."""
    users = _users(call.backend)
    for target_group in call.backend.target_groups.values():
        target_group.load_balancer_arns = sorted(users.get(target_group.arn, ()))


def _check_target_group(call: Call) -> None:
    groups = call.backend.target_groups
    if any(group.name == call.params["Name"] for group in groups.values()):
        raise AwsError(
            "DuplicateTargetGroupName",
            f"A target group with the same name '{call.params['Name']}' exists, but with different settings",
        )
    if len(groups) + 1 > call.world.quotas.value(TARGET_GROUPS):
        raise AwsError("TooManyTargetGroups", "The maximum number of target groups has been reached")
    if call.params.get("VpcId"):
        call.ec2.get_vpc(call.params["VpcId"])


def _no_tls(call: Call, result: Any) -> None:
    """moto gives every listener a TLS policy."""
    for listener in result["Listeners"]:
        if listener.protocol != "TLS":
            listener.ssl_policy = None


def _nlb_attributes(call: Call, result: Any) -> None:
    """moto gives every target group the attributes of an Application Load Balancer's."""
    for group in result["TargetGroups"]:
        group.attributes = {
            **TARGET_GROUP_ATTRIBUTES,
            "preserve_client_ip.enabled": "true" if group.target_type == "instance" else "false",
        }


def _check_set_groups(call: Call) -> None:
    nlb = call.backend.load_balancers.get(call.params["LoadBalancerArn"])
    if nlb is None:
        raise AwsError("LoadBalancerNotFound", f"Load balancer '{call.params['LoadBalancerArn']}' not found")
    wanted = call.params.get("SecurityGroups") or []
    if not nlb.security_groups or not wanted:
        raise AwsError(
            "InvalidConfigurationRequest",
            "Security groups can be attached to a Network Load Balancer only when it is created, and then not all "
            "be removed",
        )
    _check_groups(call, wanted, nlb.vpc_id)


def _check_protection(call: Call) -> None:
    nlb = call.backend.load_balancers.get(call.params["LoadBalancerArn"])
    if nlb is not None and nlb.attrs.get("deletion_protection.enabled") == "true":
        raise AwsError(
            "OperationNotPermitted",
            f"Load balancer '{nlb.arn}' cannot be deleted because deletion protection is enabled",
        )


def install(rules: Rules) -> None:
    """Install the rules on Network Load Balancers, listeners and target groups."""
    rules.before("elbv2", "CreateLoadBalancer", rule=_check_create)
    rules.instead("elbv2", "CreateLoadBalancer", _create)
    rules.before("elbv2", "SetSecurityGroups", rule=_check_set_groups)
    rules.before("elbv2", "DeleteLoadBalancer", rule=_check_protection)
    rules.before("elbv2", "CreateListener", rule=_check_listener)
    rules.before("elbv2", "CreateTargetGroup", rule=_check_target_group)
    rules.after("elbv2", "CreateTargetGroup", rule=_nlb_attributes)
    rules.after("elbv2", "CreateListener", rule=_no_tls)
    rules.after("elbv2", "CreateListener", "DeleteListener", "DeleteLoadBalancer", rule=_refresh_users)
