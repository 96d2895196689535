"""The DaemonSet that puts Canal, or Calico with BIRD, on every node."""

from __future__ import annotations

from collections.abc import Sequence

from architectures import Architecture, Flannel
from canal_aws.manifests.calico_node import calico_node
from canal_aws.manifests.cni import init_containers
from canal_aws.manifests.config_map import fingerprint
from canal_aws.manifests.flannel import kube_flannel
from canal_aws.manifests.node_agent import node_agent
from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest
from canal_aws.manifests.volumes import volumes_of

# Every node, whatever it is tainted with: a node without a network cannot lose the taint that waits for one.
_TOLERATIONS = [
    {"effect": "NoSchedule", "operator": "Exists"},
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
    {"effect": "NoExecute", "operator": "Exists"},
]


#: On the pod template: containers read the ConfigMap when they start, so another one must replace the pods.
CONFIG_HASH = "canal-aws/config-hash"


def daemon_set(architecture: Architecture, config: Manifest, pool: Sequence[Manifest] = ()) -> Manifest:
    """The DaemonSet of that architecture, which reads the ConfigMap `config`.

    Its calico-node makes the IPPool that `pool` describes, if any. Shape: Calico's manifests/canal.yaml and calico.yaml
    at v3.32.1.
    """
    agent = node_agent(architecture)
    labels = {"k8s-app": agent.name}
    init = init_containers(architecture, agent)
    containers = [calico_node(architecture, agent, pool)]
    if isinstance(architecture.networking, Flannel):
        containers.append(kube_flannel(agent))
    pod = {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "hostNetwork": True,
        "tolerations": _TOLERATIONS,
        "serviceAccountName": agent.name,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        # Deleted at once: the packets of running pods don't pass through this pod, but its successor waits for it.
        "terminationGracePeriodSeconds": 0,
        "priorityClassName": "system-node-critical",
        "initContainers": init,
        "containers": containers,
        "volumes": volumes_of([*init, *containers], agent.config_map),
    }
    spec = {
        "selector": {"matchLabels": labels},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": {"metadata": {"labels": labels, "annotations": {CONFIG_HASH: fingerprint(config)}}, "spec": pod},
    }
    return manifest("apps/v1", "DaemonSet", agent.name, namespace=NAMESPACE, labels=labels, spec=spec)
