"""The reference architecture that this stack's configuration names, and Canal on it."""

import pulumi

from canal_aws.addressing import AddressPlan
from canal_aws.errors import CanalError
from canal_aws.route_budget import RouteBudget
from canal_aws.stack.kept import kept_from_resources, kept_tags
from canal_aws.stack.refused_changes import refuse_changes
from infra.bootstrap import Parameters, kubeconfig_of
from infra.canal import Canal, CanalArgs
from infra.endpoint import ApiEndpoint
from infra.facts import Facts
from infra.firewall import Firewall
from infra.fits import require_that_it_fits
from infra.iam import Roles
from infra.interrupted import refuse_interrupted
from infra.last_state import LastState
from infra.network import Network
from infra.nodes import Nodes, NodesArgs
from infra.pod_routes import PodRoutes
from infra.session import load_ahead
from infra.snapshots import Snapshots
from infra.stack import Identity, settings_from_config
from infra.tagging import cluster_tags, tag_everything
from infra.user_data import user_data

load_ahead()
try:
    identity = Identity.of_stack()
    settings = settings_from_config()
    architecture = settings.description
    state = LastState.of_stack(identity)
    kept = kept_from_resources(state.resources)
    facts = Facts.of(settings, kept)
    refuse_changes(settings, kept, facts.zones)
    refuse_interrupted(state, identity, facts.region)
    plan = AddressPlan.of(settings, facts.zones, kept)
    budget = RouteBudget.of(plan, architecture, facts.route_quota)
    require_that_it_fits(settings, plan, kept, facts, identity)
except CanalError as error:
    raise pulumi.RunError(str(error)) from None

tag_everything(identity, settings.tags)
cluster = cluster_tags(identity) if settings.cloud_controller_manager else None
network = Network("network", plan, settings.topology, kept_tags(settings), cluster)
firewall = Firewall("firewall", network, settings, cluster)
parameters = Parameters("parameters", identity)
snapshots = Snapshots(
    "snapshots", settings.etcd_snapshot_hours > 0 or kept.snapshot_bucket, settings.keep_etcd_snapshots
)
roles = Roles("roles", parameters, snapshots)
roles.serve_add_ons(settings, identity, network)
endpoint = ApiEndpoint("api", network, firewall)


def nodes(group):
    """The instances of the control plane or of a pool, from the plan."""
    boot = user_data(group, settings, identity, facts, endpoint, snapshots)
    args = NodesArgs.of(group, settings, identity, plan.of_group(group), facts.images[group], boot)
    return Nodes(group, args, network, firewall, roles).instances


control_plane = nodes("control-plane")
workers = {name: instance for pool in settings.pools for name, instance in nodes(pool.name).items()}
endpoint.serve_from(control_plane)
PodRoutes("pod-routes", network, plan.nodes, {**control_plane, **workers})

first = control_plane["control-plane-0"]
kubeconfig = kubeconfig_of(parameters.names["kubeconfig_parameter"], first, facts.region, settings.kubeconfig_timeout)
Canal("canal", kubeconfig, control_plane, CanalArgs.of(settings, plan, identity))

pulumi.export("architecture", architecture.name)
pulumi.export("kubeconfig", kubeconfig)
pulumi.export("kubernetesVersion", settings.kubernetes_version)
pulumi.export("podMtu", architecture.pod_mtu())
pulumi.export("routeBudget", budget.as_output())
pulumi.export("vpcId", network.vpc_id)
pulumi.export("zones", list(facts.zones))
