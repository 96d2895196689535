"""The instances: one launch template a role, one instance a planned node."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from canal_aws.addressing import NodePlan, Role
from canal_aws.firewall_rules import Group
from infra.firewall import Firewall
from infra.iam import Roles
from infra.images import Image
from infra.network import Network

# EBS gp3; kubeadm's images and etcd fit well (kubeadm's documentation asks for no figure).
_VOLUME_GIB = 30


class Nodes(pulumi.ComponentResource):
    """All instances of one role, by node name."""

    instances: dict[str, aws.ec2.Instance]

    def __init__(
        self,
        name: Role,
        nodes: Sequence[NodePlan],
        image: Image,
        instance_type: str,
        user_data: pulumi.Output[str],
        source_dest_check: bool,
        network: Network,
        firewall: Firewall,
        roles: Roles,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Nodes", name, None, opts)
        control_plane = name == "control-plane"
        group = Group.CONTROL_PLANE if control_plane else Group.WORKER
        template = _launch_template(name, image, user_data, roles, self)
        self.instances = {
            node.name: aws.ec2.Instance(
                node.name,
                launch_template={"id": template.id, "version": "$Latest"},
                instance_type=instance_type,
                subnet_id=network.node_subnets[node.zone].id,
                private_ip=str(node.private_ip),
                vpc_security_group_ids=[firewall.id_of(group)],
                # EC2 has no such field in a launch template: it is the instance's own.
                source_dest_check=source_dest_check,
                disable_api_termination=control_plane,
                # The protection is against everybody else: `pulumi destroy` itself lifts it.
                force_destroy=control_plane,
                tags=_node_tags(node),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # A newer image or changed user data makes a new template version, and no existing node takes it.
                    ignore_changes=["launchTemplate"],
                    # The planned address is free only once the old instance is gone.
                    delete_before_replace=True,
                    depends_on=[roles.policies[name], *firewall.rules, *network.ways_out],
                ),
            )
            for node in nodes
        }
        self.register_outputs({})


def _launch_template(
    role: Role, image: Image, user_data: pulumi.Output[str], roles: Roles, parent: pulumi.Resource
) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        role,
        image_id=image.id,
        user_data=user_data,
        update_default_version=True,
        iam_instance_profile={"arn": roles.profiles[role].arn},
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            # One hop: a pod's request, a hop further, gets no answer and so no credentials.
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "enabled",
        },
        block_device_mappings=[
            {
                "device_name": image.root_device,
                "ebs": {
                    "encrypted": "true",
                    "volume_type": "gp3",
                    "volume_size": _VOLUME_GIB,
                    "delete_on_termination": "true",
                },
            }
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _node_tags(node: NodePlan) -> dict[str, str]:
    """What differs between the nodes of a role; the node reads it from its metadata, so no key holds a slash."""
    tags = {"canal-aws:role": node.role, "canal-aws:node": node.name}
    if node.pod_cidr:
        tags["canal-aws:pod-cidr"] = str(node.pod_cidr)
    if node.init:
        tags["canal-aws:init"] = "true"
    return tags
