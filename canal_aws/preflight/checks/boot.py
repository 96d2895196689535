"""What boots the nodes: user data and parameters against what EC2 and Systems Manager take."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.bootstrap import BootstrapError
from canal_aws.bootstrap.of_group import longest_size, parameter_names
from canal_aws.bootstrap.render import EC2_LIMIT_BYTES
from canal_aws.node_images import CPU_ARCHITECTURES
from canal_aws.preflight.checks.nodes import cpu_architecture
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan, StackName
from canal_aws.preflight.registry import check
from canal_aws.quotas import NEAR_SHARE

# kubeadm 1.36's admin.conf with ECDSA P-256 keys is 2,253 bytes (measured); a load balancer's DNS name adds at most this.
_KUBECONFIG_BYTES = 2253 + 128
# Systems Manager API reference, PutParameter: a standard parameter's value, a name with the ARN before it.
_VALUE_BYTES, _NAME_CHARACTERS = 4096, 1011
_ARN = "arn:aws-us-gov:ssm:us-gov-east-1:123456789012:parameter"


@check("user-data-size", group="boot", source="EC2 User Guide, Instance user data: 16 KB before base64")
def user_data_fits_ec2(plan: Plan, stack: StackName) -> Iterator[Finding]:
    """Each group's user data fits EC2's 16,384 bytes, with names of the greatest length for what has no name yet."""
    for group, (_, instance_type) in plan.settings.instance_types.items():
        cpu = CPU_ARCHITECTURES[cpu_architecture(instance_type)]
        try:
            size = longest_size(group, plan.settings, stack.tag, plan.region, cpu)
        except BootstrapError as error:
            yield fails(f"{group}: {error}", "shorten labels and taints of the pool, or the stack's name")
            continue
        what = f"{group}: user data of at most {size:,} of {EC2_LIMIT_BYTES:,} bytes"
        near = size >= NEAR_SHARE * EC2_LIMIT_BYTES
        yield warning(what, "shorten labels and taints of the pool, or the stack's name") if near else ok(what)


@check("parameter-sizes", group="boot", source="Systems Manager API reference, PutParameter")
def parameters_fit_systems_manager(stack: StackName) -> Iterator[Finding]:
    """The kubeconfig fits a standard parameter, and so does each parameter's name."""
    yield ok(f"the kubeconfig is about {_KUBECONFIG_BYTES:,} of {_VALUE_BYTES:,} bytes")
    for name in parameter_names(stack.tag.rpartition("/")[2]).values():
        length = len(_ARN + name)
        if length > _NAME_CHARACTERS:
            yield fails(
                f"{name}: {length:,} characters with its ARN, and {_NAME_CHARACTERS:,} are taken",
                "name the stack shorter",
            )
