"""ClusterNetworkPolicy, the Kubernetes network-policy API's own kind, which Calico enforces.

Fields and limits from kubernetes-sigs/network-policy-api v0.2.0, standard channel, policy.networking.k8s.io/v1alpha2,
as Calico's manifests at v3.32.1 carry it.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.label_selector import LABEL_SELECTOR
from canal_aws.manifests.crds.schema import STRING, array, enum, integer, structure, text

_PORT_NUMBER = integer(1, 65535, form="int32")
_PORT_RANGE = structure(
    {"start": _PORT_NUMBER, "end": _PORT_NUMBER},
    required=["start", "end"],
    rules=[{"rule": "self.start < self.end", "message": "start must be below end"}],
)
_DESTINATION_PORT = structure({"number": _PORT_NUMBER, "range": _PORT_RANGE}, exactly_one=True)
_TRANSPORT: Schema = {**structure({"destinationPort": _DESTINATION_PORT}), "minProperties": 1}
_PROTOCOLS = array(
    structure(
        {"tcp": _TRANSPORT, "udp": _TRANSPORT, "sctp": _TRANSPORT, "destinationNamedPort": STRING},
        exactly_one=True,
    ),
    fewest=1,
    most=25,
)

_PODS = structure({"namespaceSelector": LABEL_SELECTOR, "podSelector": LABEL_SELECTOR}, required=["podSelector"])
_SELECTED: dict[str, Schema] = {"namespaces": LABEL_SELECTOR, "pods": _PODS}
_CIDR: Schema = {
    **text(longest=43),
    "x-kubernetes-validations": [{"rule": "isCIDR(self)", "message": "not a network in CIDR form"}],
}
_NETWORKS = array(_CIDR, kind="set", fewest=1, most=25)


def _rules(peers: str, peer: dict[str, Schema]) -> Schema:
    """Rules whose other end is the field `peers`: from or to."""
    rule = structure(
        {
            "action": enum("Accept", "Deny", "Pass"),
            "name": text(longest=100),
            peers: array(structure(peer, exactly_one=True), fewest=1, most=25),
            "protocols": _PROTOCOLS,
        },
        required=["action", peers],
    )
    return array(rule, most=25)


_SPEC = structure(
    {
        "egress": _rules("to", {**_SELECTED, "networks": _NETWORKS}),
        "ingress": _rules("from", _SELECTED),
        "priority": integer(0, 1000, form="int32"),
        "subject": structure(_SELECTED, exactly_one=True),
        "tier": enum("Admin", "Baseline"),
    },
    required=["priority", "subject", "tier"],
)

# Kubernetes' own Condition (meta/v1).
_CONDITION = structure(
    {
        "lastTransitionTime": text(form="date-time"),
        "message": text(longest=32768),
        "observedGeneration": integer(0, form="int64"),
        "reason": text(longest=1024, shortest=1, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
        "status": enum("True", "False", "Unknown"),
        "type": text(
            longest=316,
            pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
            r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    },
    required=["lastTransitionTime", "message", "reason", "status", "type"],
)
_STATUS = structure({"conditions": array(_CONDITION, kind="map", keys=["type"])}, required=["conditions"])

CLUSTER_NETWORK_POLICY = Definition(
    "ClusterNetworkPolicy",
    "clusternetworkpolicies",
    {"properties": {"spec": _SPEC, "status": _STATUS}, "required": ["metadata", "spec"]},
    status=True,
    group="policy.networking.k8s.io",
    version="v1alpha2",
    short_names=("cnp",),
    # Groups under k8s.io are refused without the pull request that approved them.
    annotations={
        "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/network-policy-api/pull/347",
        "policy.networking.k8s.io/bundle-version": "v0.2.0",
        "policy.networking.k8s.io/channel": "standard",
    },
    columns=(
        {"name": "Tier", "type": "string", "jsonPath": ".spec.tier"},
        {"name": "Priority", "type": "string", "jsonPath": ".spec.priority"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ),
)
