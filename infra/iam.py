"""Roles of the instances: the parameters that their boot scripts read and write, and Session Manager in place of SSH.

No architecture gives nodes a right on EC2: routes and the source/destination check are the program's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from canal_aws.addressing import Role
from canal_aws.bootstrap import parameter_actions
from infra.bootstrap import Parameters

_EC2_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
# What Session Manager needs and no more (Systems Manager User Guide, "Verify or add instance permissions for Session
# Manager"). The managed policy AmazonSSMManagedInstanceCore would let every node read every parameter.
_SESSION_MANAGER = {
    "Effect": "Allow",
    "Action": [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    "Resource": "*",
}


class Roles(pulumi.ComponentResource):
    """An instance profile for each role."""

    profiles: Mapping[Role, aws.iam.InstanceProfile]
    #: What must be there before an instance's scripts ask for anything.
    policies: Mapping[Role, aws.iam.RolePolicy]

    def __init__(self, name: str, parameters: Parameters, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("canal-aws:infra:Roles", name, None, opts)
        profiles: dict[Role, aws.iam.InstanceProfile] = {}
        policies: dict[Role, aws.iam.RolePolicy] = {}
        child = pulumi.ResourceOptions(parent=self)
        role: Role
        for role in ("control-plane", "worker"):
            resource = aws.iam.Role(
                role,
                assume_role_policy=json.dumps(_EC2_MAY_ASSUME),
                description=f"Instances of the {role}",
                opts=child,
            )
            policies[role] = aws.iam.RolePolicy(role, role=resource.name, policy=_policy(role, parameters), opts=child)
            profiles[role] = aws.iam.InstanceProfile(role, role=resource.name, opts=child)
        self.profiles, self.policies = profiles, policies
        self.register_outputs({})


def _policy(role: Role, parameters: Parameters) -> pulumi.Output[str]:
    """The role's policy as JSON: one statement a parameter, on its ARN."""
    actions = parameter_actions(
        role,
        kubeconfig_parameter=parameters.kubeconfig,
        join_parameter=parameters.join,
        control_plane_join_parameter=parameters.control_plane_join,
    )
    arns = {name: parameters.resources[name].arn for name in actions}

    def document(arns: Mapping[str, str]) -> str:
        statements: list[dict[str, Any]] = [
            {"Effect": "Allow", "Action": list(actions[name]), "Resource": arns[name]} for name in actions
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": [*statements, _SESSION_MANAGER]})

    return pulumi.Output.all(**arns).apply(document)
