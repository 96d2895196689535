"""Addresses that people give to Calico: pools, reservations, sets for policies, hosts to protect.

Fields and limits from Calico's config/crd/crd.projectcalico.org_{ippools,ipreservations,globalnetworksets,
networksets,hostendpoints}.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.schema import (
    BOOLEAN,
    INT_OR_STRING,
    STRING,
    array,
    enum,
    integer,
    spec_only,
    structure,
    text,
    valid,
)

# Blocks in use would no longer lie in the pool, or overlap.
_FIXED = valid("self == oldSelf", "cannot change once pods have addresses: make a new pool and migrate")
_ENCAPSULATION = enum("Never", "Always", "CrossSubnet")
_NO_IPIP = "self.?ipipMode.orValue('Never') == 'Never'"
_NO_VXLAN = "self.?vxlanMode.orValue('Never') == 'Never'"


def _used_for(use: str) -> str:
    return f"has(self.allowedUses) && self.allowedUses.exists(use, use == '{use}')"


_FOR_LOAD_BALANCERS = _used_for("LoadBalancer")
_FOR_PODS = f"({_used_for('Workload')} || {_used_for('Tunnel')})"


def _fixed(schema: Schema) -> Schema:
    return {**schema, "x-kubernetes-validations": [_FIXED]}


IP_POOL = Definition(
    "IPPool",
    "ippools",
    spec_only(
        structure(
            {
                "allowedUses": array(enum("Workload", "Tunnel", "LoadBalancer"), kind="set", most=10),
                "assignmentMode": enum("Automatic", "Manual", default="Automatic"),
                "blockSize": _fixed(integer(0, 128)),
                "cidr": _fixed(text(form="cidr", longest=48)),
                "disableBGPExport": BOOLEAN,
                "disabled": BOOLEAN,
                "ipipMode": _ENCAPSULATION,
                "namespaceSelector": STRING,
                "natOutgoing": BOOLEAN,
                "nodeSelector": STRING,
                "vxlanMode": _ENCAPSULATION,
            },
            required=["cidr"],
            rules=[
                valid(f"{_NO_IPIP} || {_NO_VXLAN}", "ipipMode and vxlanMode exclude one another", forbids=True),
                valid(
                    f"!({_FOR_LOAD_BALANCERS}) || ({_NO_IPIP} && {_NO_VXLAN})",
                    "a pool for load balancers is not encapsulated",
                    forbids=True,
                ),
                valid(
                    f"!({_FOR_LOAD_BALANCERS}) || !{_FOR_PODS}",
                    "a pool for load balancers has no other use",
                    forbids=True,
                ),
                valid(f"!self.cidr.contains(':') || {_NO_IPIP}", "IPIP carries IPv4 only", forbids=True),
            ],
        )
    ),
)
IP_RESERVATION = Definition(
    "IPReservation", "ipreservations", spec_only(structure({"reservedCIDRs": array(STRING, kind="set")}))
)

_NETS = spec_only(structure({"nets": array(STRING, kind="set")}))
NETWORK_SETS = (
    Definition("GlobalNetworkSet", "globalnetworksets", _NETS),
    Definition("NetworkSet", "networksets", _NETS, namespaced=True),
)

_NAMED_PORT = structure(
    {"name": STRING, "port": integer(1, 65535), "protocol": INT_OR_STRING},
    required=["name", "port", "protocol"],
)
HOST_ENDPOINT = Definition(
    "HostEndpoint",
    "hostendpoints",
    spec_only(
        structure(
            {
                "expectedIPs": array(STRING, kind="set"),
                # What Linux allows an interface (IFNAMSIZ less the closing NUL).
                "interfaceName": text(longest=15),
                "node": text(longest=253),
                "ports": array(_NAMED_PORT),
                "profiles": array(STRING, kind="set"),
            },
            rules=[
                valid(
                    "self.?interfaceName.orValue('') != '' || has(self.expectedIPs) && size(self.expectedIPs) > 0",
                    "interfaceName or expectedIPs must say which interface it is",
                ),
                valid("self.?node.orValue('') != ''", "node must say which host it is"),
            ],
        )
    ),
)
