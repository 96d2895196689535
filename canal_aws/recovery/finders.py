"""One way to find each type of resource that the program makes, and to let a found one become ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from canal_aws.recovery import buckets, ec2, services
from canal_aws.recovery.errors import RecoveryError
from canal_aws.stack.aws_clients import CONNECTIONS, Aws
from canal_aws.stack.deployment import Deployment, Pending

Finder = Callable[[Aws, Pending], list[str]]

FINDERS: Mapping[str, Finder] = {
    **dict.fromkeys(ec2.TAGGED, ec2.by_tags),
    "aws:ec2/route:Route": ec2.route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ec2.association,
    "aws:iam/instanceProfile:InstanceProfile": services.instance_profile,
    "aws:iam/role:Role": services.role,
    "aws:iam/rolePolicy:RolePolicy": services.role_policy,
    "aws:lb/listener:Listener": services.listener,
    "aws:lb/loadBalancer:LoadBalancer": services.load_balancer,
    "aws:lb/targetGroup:TargetGroup": services.target_group,
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": services.attachment,
    "aws:s3/bucket:Bucket": buckets.bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": buckets.lifecycle,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": buckets.public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": buckets.encryption,
    "aws:s3/bucketVersioning:BucketVersioning": buckets.versioning,
    "aws:ssm/parameter:Parameter": services.parameter,
}


def candidates(secrets_shown: Deployment, pending: Iterable[Pending]) -> dict[str, list[str]]:
    """URN → ids of what AWS holds for each pending creation and the state does not; RecoveryError where AWS refuses.

    `secrets_shown` is the state with the providers' keys and roles in plain.
    """
    known = secrets_shown.ids()
    each = list(pending)
    unknown = sorted({item.type for item in each if item.type not in FINDERS})
    if unknown:
        raise RecoveryError(
            f"recover does not know how to find {', '.join(unknown)}: settle these by `pulumi refresh`, which asks for "
            "each pending creation when it runs in a terminal"
        )
    reached = _reached(secrets_shown, each)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        answers = threads.map(lambda item: _ask(reached[item.provider], item), each)
        return {
            item.urn: [found for found in ids if (item.type, found) not in known]
            for item, ids in zip(each, answers, strict=True)
        }


def make_ready(secrets_shown: Deployment, pending: Iterable[Pending], found: Mapping[str, str]) -> None:
    """Do what the killed provider would have done next for each found resource (URN → id), and wait until it is usable."""
    each = [item for item in pending if item.urn in found]
    reached = _reached(secrets_shown, each)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda item: _complete(reached[item.provider], item, found[item.urn]), each))


def _reached(secrets_shown: Deployment, pending: Iterable[Pending]) -> dict[str, Aws]:
    """AWS by the providers' URNs, as each of them reaches it."""
    return {provider: Aws(secrets_shown.inputs_of(provider)) for provider in {item.provider for item in pending}}


def _ask(aws: Aws, pending: Pending) -> list[str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return FINDERS[pending.type](aws, pending)
    except (BotoCoreError, ClientError) as error:
        raise RecoveryError(f"looking for {pending}: {error}; nothing was changed") from error


#: Services and boto3's waiters, with the parameter that takes the id: what the next resource needs to be usable.
_WAITERS = {
    "aws:ec2/natGateway:NatGateway": ("ec2", "nat_gateway_available", "NatGatewayIds"),
    "aws:ec2/instance:Instance": ("ec2", "instance_running", "InstanceIds"),
    "aws:lb/loadBalancer:LoadBalancer": ("elbv2", "load_balancer_available", "LoadBalancerArns"),
}
_EVERY, _TIMES = 5, 120  # seconds, attempts: ten minutes, the provider's own patience


def _complete(aws: Aws, pending: Pending, resource_id: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if pending.type == "aws:ec2/securityGroup:SecurityGroup":
            ec2.drop_default_egress(aws, resource_id)
        if pending.type in _WAITERS:
            service, waiter, ids = _WAITERS[pending.type]
            pace = {"Delay": _EVERY, "MaxAttempts": _TIMES}
            aws.client(service).get_waiter(waiter).wait(**{ids: [resource_id]}, WaiterConfig=pace)
    except (BotoCoreError, ClientError) as error:
        raise RecoveryError(f"completing {pending} ({resource_id}): {error}; run recover again") from error
