"""A role's user data, once what it speaks of has a name."""

from __future__ import annotations

import base64

import pulumi

from canal_aws import bootstrap
from canal_aws.addressing import Role
from canal_aws.settings import Settings
from infra.bootstrap import Parameters
from infra.endpoint import ApiEndpoint
from infra.images import Image
from infra.stack import Identity


def user_data(
    role: Role,
    image: Image,
    settings: Settings,
    identity: Identity,
    region: str,
    endpoint: ApiEndpoint,
    parameters: Parameters,
) -> pulumi.Output[str]:
    """Base64 of what every instance of the role gets; it names parameters and load balancers, and holds no secret."""
    architecture = settings.description

    def render(names: list[str]) -> str:
        dns_name, public_dns_name = names
        content = bootstrap.user_data(
            bootstrap.BootstrapSpec(
                role=role,
                cluster_name=identity.stack,
                region=region,
                kubernetes_version=settings.kubernetes_version,
                pod_cidr=str(settings.pod_cidr),
                service_cidr=str(settings.service_cidr),
                node_pod_cidr_mask=settings.node_pod_cidr_mask,
                allocate_node_cidrs=architecture.allocates_node_cidrs,
                plans_pod_cidrs=architecture.plans_pod_cidrs,
                api_endpoint=dns_name,
                public_api_endpoint=public_dns_name,
                kubeconfig_parameter=parameters.kubeconfig,
                join_parameter=parameters.join,
                control_plane_join_parameter=parameters.control_plane_join,
                control_plane_nodes=settings.control_plane_nodes,
                operating_system=settings.operating_system,
                cpu_architecture=image.cpu_architecture,
                stack_tag=identity.tag,
            )
        )
        return base64.b64encode(content).decode()

    return pulumi.Output.all(endpoint.dns_name, endpoint.public_dns_name).apply(render)
