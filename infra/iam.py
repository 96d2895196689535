"""Roles of the instances: what their boot scripts ask of AWS, Session Manager in place of SSH, and add-ons' rights.

No architecture gives nodes a right on EC2: routes and the source/destination check are the program's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from canal_aws.add_on_permissions import Scope, Statement, cloud_controller_manager, ebs_csi_driver
from canal_aws.addressing import Role
from canal_aws.bootstrap import SNAPSHOT_PREFIX, account_actions, parameter_actions, snapshot_actions
from canal_aws.settings import Settings
from infra.bootstrap import Parameters
from infra.network import Network
from infra.snapshots import Snapshots
from infra.stack import Identity

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

    def __init__(
        self,
        name: str,
        parameters: Parameters,
        snapshots: Snapshots,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Roles", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._parameters = parameters
        profiles: dict[Role, aws.iam.InstanceProfile] = {}
        policies: dict[Role, aws.iam.RolePolicy] = {}
        self._roles: dict[Role, aws.iam.Role] = {}
        role: Role
        for role in ("control-plane", "worker"):
            resource = aws.iam.Role(
                role,
                assume_role_policy=json.dumps(_EC2_MAY_ASSUME),
                description=f"Instances of the {role}",
                opts=self._child,
            )
            policies[role] = aws.iam.RolePolicy(
                role, role=resource.name, policy=_policy(role, parameters, snapshots), opts=self._child
            )
            profiles[role] = aws.iam.InstanceProfile(role, role=resource.name, opts=self._child)
            self._roles[role] = resource
        self.profiles, self.policies = profiles, policies
        self.register_outputs({})

    def serve_add_ons(self, settings: Settings, identity: Identity, network: Network) -> None:
        """A policy of its own on the control plane's role for each add-on that is switched on."""
        arn = self._parameters.resources[self._parameters.names["join_parameter"]].arn
        scope = pulumi.Output.all(arn, network.vpc_id).apply(
            lambda ids: Scope.of(ids[0], ids[1], identity.stack, identity.tag)
        )
        if settings.cloud_controller_manager:
            self._add_on("cloud-controller-manager", scope.apply(cloud_controller_manager))
        if settings.ebs_csi_driver:
            self._add_on("ebs-csi-driver", scope.apply(ebs_csi_driver))

    def _add_on(self, name: str, statements: pulumi.Output[list[Statement]]) -> None:
        role = self._roles["control-plane"].name
        aws.iam.RolePolicy(name, role=role, policy=statements.apply(_document), opts=self._child)


def _policy(role: Role, parameters: Parameters, snapshots: Snapshots) -> pulumi.Output[str]:
    """The role's policy as JSON: one statement a parameter and one a part of the bucket, each on its ARN."""
    by_parameter = parameter_actions(role, **parameters.names)
    arns = {name: parameters.resources[name].arn for name in by_parameter}
    bucket = snapshots.bucket.arn if snapshots.bucket else pulumi.Output.from_input("")

    def document(known: Mapping[str, Any]) -> str:
        statements: list[Statement] = [
            {"Effect": "Allow", "Action": list(actions), "Resource": known["arns"][name]}
            for name, actions in by_parameter.items()
        ]
        if known["bucket"]:
            statements += _on_bucket(role, known["bucket"])
        if account_actions(role):
            statements.append({"Effect": "Allow", "Action": list(account_actions(role)), "Resource": "*"})
        return _document([*statements, _SESSION_MANAGER])

    return pulumi.Output.all(arns=pulumi.Output.all(**arns), bucket=bucket).apply(document)


def _on_bucket(role: Role, arn: str) -> Iterator[Statement]:
    for part, actions in snapshot_actions(role).items():
        statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": f"{arn}{part}"}
        if not part:
            statement["Condition"] = {"StringLike": {"s3:prefix": f"{SNAPSHOT_PREFIX}*"}}
        yield statement


def _document(statements: list[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
