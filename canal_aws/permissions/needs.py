"""How narrowly each action can be allowed: on which resources and under which conditions.

Resource types and condition keys: Service Authorization Reference, of Amazon EC2, AWS Elastic Load Balancing V2, AWS IAM,
Amazon S3, AWS Systems Manager and Service Quotas. An action that names several resources needs every one of them allowed;
so what it makes stands in one grant (by the tag in the request) and what it is made in or from in another (by the
resource's tag). What no resource type is known for is allowed on "*": nearly all Describe calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from canal_aws.permissions import ec2_needs
from canal_aws.permissions.scope import Condition, Scope
from canal_aws.quotas import BY_CODE

#: What stands for a resource's id or the end of a name where a real one is wanted.
EXAMPLE = "0123456789abcdef0"


@dataclass(frozen=True)
class Grant:
    """A statement's resources and conditions."""

    resources: tuple[str, ...] = ("*",)
    condition: Condition = ()


@dataclass(frozen=True)
class Need:
    """One action under one grant. `examples` are ARNs without wildcards that it would be asked for, where it has any."""

    action: str
    grant: Grant
    examples: tuple[str, ...] = ()


def needs_of(action: str, scope: Scope) -> tuple[Need, ...]:
    """What must be allowed for `action`, as narrowly as IAM can."""
    service = action.partition(":")[0]
    found = tuple(_BY_SERVICE[service](action, scope)) if service in _BY_SERVICE else ()
    return found or (Need(action, Grant()),)


def _need(action: str, resources: tuple[str, ...], condition: Condition = ()) -> Need:
    return Need(action, Grant(resources, condition), tuple(each.replace("*", EXAMPLE) for each in resources))


def _ec2(action: str, scope: Scope) -> Iterator[Need]:
    for each in ec2_needs.of(action):
        arns = tuple(scope.arn("ec2", f"{kind}/*") for kind in each.kinds)
        condition = ec2_needs.condition(action, each, scope)
        need = _need(action, arns, condition)
        if each.state is ec2_needs.State.OWN:
            # The tag decides, whatever the type: one statement for all of them.
            yield Need(action, Grant((scope.arn("ec2", "*/*"),), condition), need.examples)
        elif each.kinds == ("image",):
            # Images are their publishers': their ARNs name no account.
            public = f"arn:{scope.partition}:ec2:{scope.region}::image/*"
            yield _need(action, (public,))
        else:
            yield need


_ELB_KINDS = {
    "LoadBalancer": "loadbalancer/net/*",
    "TargetGroup": "targetgroup/*",
    "Targets": "targetgroup/*",
    "Listener": "listener/net/*",
    "SetSubnets": "loadbalancer/net/*",
    "SetSecurityGroups": "loadbalancer/net/*",
}
_ELB_ALL = tuple(dict.fromkeys(_ELB_KINDS.values()))


def _elb(action: str, scope: Scope) -> Iterator[Need]:
    name = action.partition(":")[2]
    own, new = scope.tagged("aws:ResourceTag"), scope.tagged("aws:RequestTag")
    everything = tuple(scope.arn("elasticloadbalancing", kind) for kind in _ELB_ALL)
    if name.startswith("Describe"):
        return
    if name == "AddTags":
        creating = ("CreateListener", "CreateLoadBalancer", "CreateTargetGroup")
        yield _need(action, everything, (*new, ("StringEquals", "elasticloadbalancing:CreateAction", creating)))
        yield _need(action, everything, own)
        return
    if name == "RemoveTags":
        yield _need(action, everything, own)
        return
    kind = next(kind for word, kind in _ELB_KINDS.items() if word in name)
    if name == "CreateListener":
        # On its load balancer; a listener is no resource of the action that makes it.
        yield _need(action, (scope.arn("elasticloadbalancing", "loadbalancer/net/*"),), own)
    else:
        yield _need(action, (scope.arn("elasticloadbalancing", kind),), new if name.startswith("Create") else own)


def _iam(action: str, scope: Scope) -> Iterator[Need]:
    name = action.partition(":")[2]
    if name == "GetAccountSummary":
        return
    if name == "SimulatePrincipalPolicy":
        yield _need(action, (scope.arn("iam", "role/*"), scope.arn("iam", "user/*")))
    elif name == "PassRole":
        # By name alone: IAM's tags are no reliable condition on it (IAM User Guide, "Grant a user permissions to pass a role
        # to an AWS service"). China has a service principal of its own beside.
        services = ("ec2.amazonaws.com", *(["ec2.amazonaws.com.cn"] if scope.partition == "aws-cn" else []))
        yield _need(action, scope.instance_roles("role"), (("StringEquals", "iam:PassedToService", services),))
    elif name == "CreateServiceLinkedRole":
        for service in ("elasticloadbalancing", "spot", "servicequotas"):
            role = scope.arn("iam", f"role/aws-service-role/{service}.amazonaws.com/*")
            yield _need(action, (role,), (("StringEquals", "iam:AWSServiceName", (f"{service}.amazonaws.com",)),))
    else:
        yield _need(action, scope.instance_roles(_iam_kind(name)), _iam_condition(name, scope))
    if name == "GetRole":
        # Preflight asks for its caller's own role, whose name and path are anybody's.
        yield _need(action, (scope.arn("iam", "role/*"),))


def _iam_kind(name: str) -> str:
    named_for_the_role = name.endswith("ForRole")
    return "instance-profile" if "InstanceProfile" in name and not named_for_the_role else "role"


def _iam_condition(name: str, scope: Scope) -> Condition:
    """By tag what is made and what is old. A new tag of IAM's is not seen everywhere at once (IAM User Guide, "Changes that
    I make are not always immediately visible"), and the provider goes on to a new role's policy in the same second."""
    if name in ("CreateRole", "CreateInstanceProfile"):
        return scope.tagged("aws:RequestTag")
    return (
        scope.tagged("aws:ResourceTag") if name in ("DeleteRole", "DeleteInstanceProfile", "DeleteRolePolicy") else ()
    )


def _ssm(action: str, scope: Scope) -> Iterator[Need]:
    if action == "ssm:DescribeParameters":
        return
    yield _need(action, (scope.arn("ssm", f"parameter/canal-aws/{scope.stack_name}/*"),))
    if action == "ssm:GetParameter":
        # Canonical's, from which the image is taken: a public parameter's ARN names no account.
        yield _need(action, (f"arn:{scope.partition}:ssm:{scope.region}::parameter/aws/service/canonical/*",))


def _s3(action: str, scope: Scope) -> Iterator[Need]:
    inside = "/*" if action in ("s3:DeleteObject", "s3:DeleteObjectVersion") else ""
    yield _need(action, (scope.arn("s3", f"etcd-snapshots-*{inside}"),))


def _quotas(action: str, scope: Scope) -> Iterator[Need]:
    if action in ("servicequotas:GetServiceQuota", "servicequotas:RequestServiceQuotaIncrease"):
        services = sorted({quota.service for quota in BY_CODE.values()} - {"iam"})
        yield _need(action, tuple(scope.arn("servicequotas", f"{service}/*") for service in services))
        # Preflight asks IAM itself for IAM's quota; only whoever wants more of it needs this. Its ARN has no Region.
        yield _need(action, (f"arn:{scope.partition}:servicequotas::{scope.account}:iam/*",))


_BY_SERVICE: Mapping[str, Callable[[str, Scope], Iterator[Need]]] = {
    "ec2": _ec2,
    "elasticloadbalancing": _elb,
    "iam": _iam,
    "s3": _s3,
    "servicequotas": _quotas,
    "ssm": _ssm,
}
