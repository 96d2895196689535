"""Canal, or Calico with BIRD, as Kubernetes objects, built from an architecture's description.

Pure: no cluster is asked, nothing is written. `pulumi up` deploys these objects; `canal-aws manifests` prints them.
"""

from __future__ import annotations

from copy import deepcopy

from architectures import Architecture
from canal_aws.manifests.config_map import config_map
from canal_aws.manifests.crds import custom_resource_definitions
from canal_aws.manifests.daemon_set import daemon_set
from canal_aws.manifests.ip_pool import ip_pool, pool_env
from canal_aws.manifests.kube_controllers import deployment, pod_disruption_budget
from canal_aws.manifests.network import ClusterNetwork, ClusterNetworkError
from canal_aws.manifests.objects import Manifest, identity
from canal_aws.manifests.pod_cidr_policy import pod_cidr_policy
from canal_aws.manifests.rbac import cluster_role_bindings, cluster_roles, service_accounts
from canal_aws.manifests.render import render_yaml

__all__ = ["ClusterNetwork", "ClusterNetworkError", "Manifest", "build", "identity", "pod_cidr_policy", "render_yaml"]


def build(architecture: Architecture, network: ClusterNetwork, *, one_pass: bool = False) -> tuple[Manifest, ...]:
    """All objects of that architecture, in the order in which they must be applied.

    A custom resource (the IPPool) can be created only once the API server serves its CRD, a second or so after it was
    accepted: whoever applies waits for the condition Established, or applies twice. With `one_pass` there is none:
    calico-node makes the pool when it first starts, and nobody owns it then.
    """
    pool = ip_pool(architecture, network)
    own_pool = [] if pool is None or not one_pass else pool_env(architecture, network)
    config = config_map(architecture, network)
    objects = [
        *custom_resource_definitions(),
        *service_accounts(architecture),
        *cluster_roles(architecture),
        *cluster_role_bindings(architecture),
        config,
        *([] if pool is None or one_pass else [pool]),
        daemon_set(architecture, config, own_pool),
        pod_disruption_budget(),
        deployment(),
    ]
    # Builders share fragments; what callers get, they may change.
    return tuple(deepcopy(item) for item in objects)
