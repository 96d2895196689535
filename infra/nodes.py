"""The instances: one launch template a group (the control plane, and each pool), one instance a planned node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from canal_aws.addressing import CONTROL_PLANE, NodePlan, Role
from canal_aws.firewall_rules import Group
from canal_aws.settings import Settings
from canal_aws.settings_pools import DEFAULT_DISK_GIB
from infra.firewall import Firewall
from infra.iam import Roles
from infra.images import Image
from infra.network import Network
from infra.stack import Identity
from infra.tagging import instance_cluster_tags


@dataclass(frozen=True)
class NodesArgs:
    """What the instances of one group share. `user_data` is base64; `spot` asks for capacity that EC2 may take back.

    `cluster_tags` are those by which a cloud controller manager knows what is its cluster's.
    """

    nodes: Sequence[NodePlan]
    image: Image
    instance_type: str
    user_data: pulumi.Output[str]
    source_dest_check: bool
    disk_gib: int = DEFAULT_DISK_GIB
    spot: bool = False
    cluster_tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        group: str,
        settings: Settings,
        identity: Identity,
        nodes: Sequence[NodePlan],
        image: Image,
        user_data: pulumi.Output[str],
    ) -> NodesArgs:
        """As the settings say of `control-plane` or of a pool."""
        check = settings.description.source_dest_check
        tags = instance_cluster_tags(identity) if settings.cloud_controller_manager else {}
        if group == CONTROL_PLANE:
            return cls(nodes, image, settings.control_plane_instance_type, user_data, check, cluster_tags=tags)
        pool = next(pool for pool in settings.pools if pool.name == group)
        return cls(nodes, image, pool.instance_type, user_data, check, pool.disk_gib, pool.spot, tags)


class Nodes(pulumi.ComponentResource):
    """All instances of one group, by node name."""

    instances: dict[str, aws.ec2.Instance]

    def __init__(
        self,
        name: str,
        args: NodesArgs,
        network: Network,
        firewall: Firewall,
        roles: Roles,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Nodes", name, None, opts)
        control_plane = name == CONTROL_PLANE
        role: Role = "control-plane" if control_plane else "worker"
        group = Group.CONTROL_PLANE if control_plane else Group.WORKER
        template = _launch_template(name, args, roles.profiles[role], self)
        self.instances = {
            node.name: aws.ec2.Instance(
                node.name,
                # Image, type, volume and user data come from there alone: what an instance does not say itself,
                # the provider never changes on it.
                launch_template={"id": template.id, "version": "$Latest"},
                subnet_id=network.node_subnets[node.zone].id,
                private_ip=str(node.private_ip),
                vpc_security_group_ids=[firewall.id_of(group)],
                # EC2 has no such field in a launch template: it is the instance's own.
                source_dest_check=args.source_dest_check,
                disable_api_termination=control_plane,
                # The protection is against everybody else: `pulumi destroy` itself lifts it.
                force_destroy=control_plane,
                tags={**args.cluster_tags, **_node_tags(node)},
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # Any change above makes a new template version, and no existing node takes it. An instance of an
                    # earlier version of this program has tags of volumes in its state: forgetting them would take them
                    # off, and off volumes that are not its own (infra/tagging.py).
                    ignore_changes=["launchTemplate", "volumeTags"],
                    # The planned address is free only once the old instance is gone.
                    delete_before_replace=True,
                    depends_on=[roles.policies[role], *firewall.rules, *network.ways_out],
                ),
            )
            for node in args.nodes
        }
        self.register_outputs({})


def _launch_template(
    name: str, args: NodesArgs, profile: aws.iam.InstanceProfile, parent: pulumi.Resource
) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        name,
        image_id=args.image.id,
        instance_type=args.instance_type,
        user_data=args.user_data,
        update_default_version=True,
        iam_instance_profile={"arn": profile.arn},
        instance_market_options=_SPOT if args.spot else None,
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            # One hop: a pod's request, a hop further, gets no answer and so no credentials.
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "enabled",
        },
        block_device_mappings=[
            {
                "device_name": args.image.root_device,
                "ebs": {
                    "encrypted": "true",
                    "volume_type": "gp3",
                    "volume_size": args.disk_gib,
                    "delete_on_termination": "true",
                },
            }
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )


# An interrupted one ends; `pulumi up --refresh` brings another in its place. A persistent request would have EC2 start
# instances that Pulumi knows nothing of.
_SPOT = {
    "market_type": "spot",
    "spot_options": {"spot_instance_type": "one-time", "instance_interruption_behavior": "terminate"},
}


def _node_tags(node: NodePlan) -> dict[str, str]:
    """What differs between the nodes of a role; the node reads it from its metadata, so no key holds a slash."""
    tags = {"canal-aws:role": node.role, "canal-aws:node": node.name}
    if node.pod_cidr:
        tags["canal-aws:pod-cidr"] = str(node.pod_cidr)
    if node.init:
        tags["canal-aws:init"] = "true"
    return tags
