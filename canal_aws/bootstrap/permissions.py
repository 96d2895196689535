"""What the nodes' scripts may ask of AWS, as data for the roles: one entry a parameter, nothing on `*`.

Instance tags are read from the instance's metadata, so no role needs ec2:DescribeTags. The parameters are encrypted
with the account's aws/ssm key, whose policy admits whoever may call SSM on them: no KMS action either
(Systems Manager User Guide, "How AWS Systems Manager Parameter Store uses AWS KMS").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

GET = "ssm:GetParameter"
PUT = "ssm:PutParameter"


def parameter_actions(
    role: Literal["control-plane", "worker"],
    *,
    kubeconfig_parameter: str,
    join_parameter: str,
    control_plane_join_parameter: str,
) -> Mapping[str, tuple[str, ...]]:
    """The SSM actions of a role, by parameter name ("/canal-aws/<stack>/join").

    A parameter's ARN is arn:<partition>:ssm:<region>:<account>:parameter<name>.
    """
    if role == "worker":
        return {join_parameter: (GET,)}
    return {
        kubeconfig_parameter: (GET, PUT),
        join_parameter: (GET, PUT),
        control_plane_join_parameter: (GET, PUT),
    }
