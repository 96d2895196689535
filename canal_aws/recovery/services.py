"""Finding what is not EC2's: load balancing by the planned name or place, IAM and SSM by name; tags say whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG, Pending


def own(pending: Pending, tags: Sequence[Mapping[str, str]]) -> bool:
    """Whether these tags say that it is what was being created."""
    found = {tag["Key"]: tag["Value"] for tag in tags}
    return all(found.get(key) == pending.tags.get(key) for key in (STACK_TAG, NAME_TAG))


def answered(call: Callable[[], Any], *absent: str) -> Any:
    """The answer; None where AWS says with one of these codes that there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        raise


def load_balancer(aws: Aws, pending: Pending) -> list[str]:
    """The load balancer of the planned name: Pulumi chose it before the creation, and it is in the pending operation."""
    answer = answered(lambda: aws.elb.describe_load_balancers(Names=[pending.inputs["name"]]), "LoadBalancerNotFound")
    return _tagged(aws, pending, [item["LoadBalancerArn"] for item in (answer or {}).get("LoadBalancers", ())])


def target_group(aws: Aws, pending: Pending) -> list[str]:
    """The target group of the planned name."""
    answer = answered(lambda: aws.elb.describe_target_groups(Names=[pending.inputs["name"]]), "TargetGroupNotFound")
    return _tagged(aws, pending, [item["TargetGroupArn"] for item in (answer or {}).get("TargetGroups", ())])


def listener(aws: Aws, pending: Pending) -> list[str]:
    """The load balancer's listener on that port."""
    answer = answered(
        lambda: aws.elb.describe_listeners(LoadBalancerArn=pending.inputs["loadBalancerArn"]), "LoadBalancerNotFound"
    )
    ports = [item for item in (answer or {}).get("Listeners", ()) if item["Port"] == pending.inputs["port"]]
    return _tagged(aws, pending, [item["ListenerArn"] for item in ports])


def _tagged(aws: Aws, pending: Pending, arns: list[str]) -> list[str]:
    if not arns:
        return []
    described = aws.elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    return [str(item["ResourceArn"]) for item in described if own(pending, item["Tags"])]


def attachment(aws: Aws, pending: Pending) -> list[str]:
    """The registration of that target, by the id of its import: group, target and port with commas."""
    group, target, port = (pending.inputs.get(key) for key in ("targetGroupArn", "targetId", "port"))
    answer = answered(lambda: aws.elb.describe_target_health(TargetGroupArn=group), "TargetGroupNotFound")
    there = any(
        item["Target"]["Id"] == target
        and port in (None, item["Target"].get("Port"))
        and item["TargetHealth"].get("Reason") not in ("Target.NotRegistered", "Target.DeregistrationInProgress")
        for item in (answer or {}).get("TargetHealthDescriptions", ())
    )
    return [",".join(str(part) for part in (group, target, port) if part)] if there else []


def role(aws: Aws, pending: Pending) -> list[str]:
    """The role of the planned name."""
    answer = answered(lambda: aws.iam.get_role(RoleName=pending.inputs["name"])["Role"], "NoSuchEntity")
    return [str(answer["RoleName"])] if answer and own(pending, answer.get("Tags") or ()) else []


def instance_profile(aws: Aws, pending: Pending) -> list[str]:
    """The instance profile of the planned name."""
    name = pending.inputs["name"]
    answer = answered(lambda: aws.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"], "NoSuchEntity")
    return [str(answer["InstanceProfileName"])] if answer and own(pending, answer.get("Tags") or ()) else []


def role_policy(aws: Aws, pending: Pending) -> list[str]:
    """The role's own policy of the planned name, by the id `role:name`."""
    role_name, name = pending.inputs["role"], pending.inputs["name"]
    answer = answered(lambda: aws.iam.get_role_policy(RoleName=role_name, PolicyName=name), "NoSuchEntity")
    return [f"{role_name}:{name}"] if answer else []


def parameter(aws: Aws, pending: Pending) -> list[str]:
    """The parameter of that name. Its value is never asked for."""
    name = pending.inputs["name"]
    answer = answered(
        lambda: aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name), "InvalidResourceId"
    )
    return [str(name)] if answer and own(pending, answer["TagList"]) else []
