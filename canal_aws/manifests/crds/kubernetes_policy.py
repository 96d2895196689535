"""StagedKubernetesNetworkPolicy: a networking.k8s.io/v1 NetworkPolicy that only reports.

Fields from Kubernetes' NetworkPolicySpec and Calico's
config/crd/crd.projectcalico.org_stagedkubernetesnetworkpolicies.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.label_selector import LABEL_SELECTOR
from canal_aws.manifests.crds.policy import STAGED_ACTION
from canal_aws.manifests.crds.schema import INT_OR_STRING, STRING, array, integer, spec_only, structure

_PORT = structure({"port": INT_OR_STRING, "endPort": integer(form="int32"), "protocol": STRING})
_IP_BLOCK = structure({"cidr": STRING, "except": array(STRING, kind="atomic")}, required=["cidr"])
_PEER = structure({"ipBlock": _IP_BLOCK, "namespaceSelector": LABEL_SELECTOR, "podSelector": LABEL_SELECTOR})


def _rules(peers: str) -> Schema:
    """Rules whose other end is the field `peers`: from or to."""
    return array(structure({peers: array(_PEER, kind="atomic"), "ports": array(_PORT, kind="atomic")}))


STAGED_KUBERNETES_NETWORK_POLICY = Definition(
    "StagedKubernetesNetworkPolicy",
    "stagedkubernetesnetworkpolicies",
    spec_only(
        structure(
            {
                "egress": _rules("to"),
                "ingress": _rules("from"),
                "podSelector": LABEL_SELECTOR,
                "policyTypes": array(STRING, kind="set", fewest=1, most=2),
                "stagedAction": STAGED_ACTION,
            }
        )
    ),
    namespaced=True,
)
