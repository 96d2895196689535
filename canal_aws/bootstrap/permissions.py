"""What the nodes' scripts may ask of AWS, as data for the roles.

Instance tags are read from the instance's metadata, so no role needs ec2:DescribeTags. The parameters are encrypted
with the account's aws/ssm key, whose policy admits whoever may call SSM on them: no KMS action either
(Systems Manager User Guide, "How AWS Systems Manager Parameter Store uses AWS KMS").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Role = Literal["control-plane", "worker"]

GET = "ssm:GetParameter"
PUT = "ssm:PutParameter"
#: Where in the bucket the snapshots are: the keys begin with it.
SNAPSHOT_PREFIX = "etcd/"


def parameter_actions(
    role: Role,
    *,
    kubeconfig_parameter: str,
    join_parameter: str,
    control_plane_join_parameter: str,
    encryption_key_parameter: str = "",
) -> Mapping[str, tuple[str, ...]]:
    """The SSM actions of a role, by parameter name ("/canal-aws/<stack>/join"); "" where there is no such parameter.

    A parameter's ARN is arn:<partition>:ssm:<region>:<account>:parameter<name>.
    """
    if role == "worker":
        return {join_parameter: (GET,)}
    names = (kubeconfig_parameter, join_parameter, control_plane_join_parameter, encryption_key_parameter)
    return {name: (GET, PUT) for name in names if name}


def account_actions(role: Role) -> tuple[str, ...]:
    """Actions that IAM knows on `*` only.

    Control planes ask which instances are alive before they delete a Node (Service Authorization Reference, Amazon
    EC2: DescribeInstances has no resource types).
    """
    return ("ec2:DescribeInstances",) if role == "control-plane" else ()


def snapshot_actions(role: Role) -> Mapping[str, tuple[str, ...]]:
    """The S3 actions of a role on the snapshot bucket, by what follows the bucket's ARN: "" is the bucket itself.

    ListBucket belongs under the condition `s3:prefix` = SNAPSHOT_PREFIX + "*". Without it a missing snapshot would
    answer 403 instead of 404, and restore.sh could list none.
    """
    if role == "worker":
        return {}
    return {"": ("s3:ListBucket",), f"/{SNAPSHOT_PREFIX}*": ("s3:GetObject", "s3:PutObject")}
