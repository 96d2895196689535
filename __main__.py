"""The reference architecture that this stack's configuration names, and Canal on it."""

import pulumi

from canal_aws.addressing import AddressPlan
from canal_aws.errors import CanalError
from canal_aws.manifests import ClusterNetwork
from canal_aws.route_budget import RouteBudget
from infra.bootstrap import Parameters, kubeconfig_of
from infra.canal import Canal
from infra.endpoint import ApiEndpoint
from infra.facts import Facts
from infra.firewall import Firewall
from infra.iam import Roles
from infra.interrupted import refuse_interrupted
from infra.network import Network
from infra.nodes import Nodes
from infra.pod_routes import PodRoutes
from infra.session import load_ahead
from infra.stack import Identity, kept_from_last_state, refuse_another_architecture, settings_from_config
from infra.tagging import tag_everything
from infra.user_data import user_data
from infra.warnings import warn

load_ahead()
try:
    identity = Identity.of_stack()
    settings = settings_from_config()
    architecture = settings.description
    kept = kept_from_last_state(identity)
    refuse_another_architecture(settings, kept)
    facts = Facts.of(settings, kept)
    refuse_interrupted(identity, facts.region)
    plan = AddressPlan.of(settings, facts.zones, kept)
    budget = RouteBudget.of(plan, architecture, facts.route_quota)
    warn(settings, budget, len(plan.nodes))
except CanalError as error:
    raise pulumi.RunError(str(error)) from None

tag_everything(identity, settings.tags)
network = Network("network", plan, settings.topology, architecture)
firewall = Firewall("firewall", network, settings)
parameters = Parameters("parameters", identity)
roles = Roles("roles", parameters)
endpoint = ApiEndpoint("api", network, firewall)


def nodes(role, instance_type):
    """The instances of a role, from the plan."""
    return Nodes(
        role,
        plan.of_role(role),
        facts.images[role],
        instance_type,
        user_data(role, facts.images[role], settings, identity, facts.region, endpoint, parameters),
        architecture.source_dest_check,
        network,
        firewall,
        roles,
    )


control_plane = nodes("control-plane", settings.control_plane_instance_type)
workers = nodes("worker", settings.worker_instance_type)
endpoint.serve_from(control_plane.instances)
PodRoutes("pod-routes", network, plan.nodes, {**control_plane.instances, **workers.instances})

first = control_plane.instances["control-plane-0"]
kubeconfig = kubeconfig_of(parameters.kubeconfig, first, facts.region, settings.kubeconfig_timeout)
cluster_network = ClusterNetwork(str(settings.pod_cidr), str(settings.service_cidr), settings.node_pod_cidr_mask)
Canal("canal", kubeconfig, first, architecture, cluster_network)

pulumi.export("architecture", architecture.name)
pulumi.export("kubeconfig", kubeconfig)
pulumi.export("podMtu", architecture.pod_mtu())
pulumi.export("routeBudget", budget.as_output())
pulumi.export("vpcId", network.vpc_id)
pulumi.export("zones", list(facts.zones))
