"""How BIRD speaks with other routers: BGPConfiguration and BGPPeer.

Fields and limits from Calico's config/crd/crd.projectcalico.org_{bgpconfigurations,bgppeers}.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.schema import (
    BOOLEAN,
    INTEGER,
    STRING,
    SWITCH,
    array,
    either_case,
    enum,
    integer,
    spec_only,
    structure,
    text,
    valid,
)

INT32 = integer(form="int32")
#: The metric of a kernel route that Calico may use (2^31 - 2 at most).
PRIORITY = integer(1, 2147483646)
CIDR = text(form="cidr")

_SECRET = structure(
    {
        "secretKeyRef": structure(
            {"key": STRING, "name": text(default=""), "optional": BOOLEAN}, required=["key"], atomic=True
        )
    }
)
_CIDRS = array(structure({"cidr": CIDR}, atomic=True), kind="atomic")
_MESH = "self.?nodeToNodeMeshEnabled.orValue(true)"

BGP_CONFIGURATION = Definition(
    "BGPConfiguration",
    "bgpconfigurations",
    spec_only(
        structure(
            {
                "asNumber": INT32,
                "bindMode": enum("None", "NodeIP"),
                "communities": array(
                    structure(
                        {"name": STRING, "value": text(pattern=r"^(\d+):(\d+)$|^(\d+):(\d+):(\d+)$")},
                        atomic=True,
                    ),
                    kind="atomic",
                ),
                "ignoredInterfaces": array(STRING, kind="set"),
                "ipv4NormalRoutePriority": PRIORITY,
                "ipv6NormalRoutePriority": PRIORITY,
                "listenPort": integer(1, 65535),
                "localWorkloadPeeringIPV4": STRING,
                "localWorkloadPeeringIPV6": STRING,
                "logSeverityScreen": {
                    **either_case("Trace", "Debug", "Info", "Warning", "Error", "Fatal"),
                    "default": "Info",
                },
                "nodeMeshMaxRestartTime": STRING,
                "nodeMeshPassword": _SECRET,
                "nodeToNodeMeshEnabled": BOOLEAN,
                "prefixAdvertisements": array(
                    structure({"cidr": CIDR, "communities": array(STRING)}, atomic=True), kind="atomic"
                ),
                "programClusterRoutes": SWITCH,
                "serviceClusterIPs": _CIDRS,
                "serviceExternalIPs": _CIDRS,
                "serviceLoadBalancerAggregation": {**SWITCH, "default": "Enabled"},
                "serviceLoadBalancerIPs": _CIDRS,
            },
            rules=[
                valid(f"!has(self.{field}) || {_MESH}", f"{field} is for the mesh, which is off", forbids=True)
                for field in ("nodeMeshPassword", "nodeMeshMaxRestartTime")
            ],
        )
    ),
)


def _unset(field: str) -> str:
    return f"self.?{field}.orValue('') == ''"


BGP_PEER = Definition(
    "BGPPeer",
    "bgppeers",
    spec_only(
        structure(
            {
                "asNumber": INT32,
                "filters": array(STRING),
                "keepOriginalNextHop": BOOLEAN,
                "keepaliveTime": STRING,
                "localASNumber": INT32,
                "localWorkloadSelector": text(longest=4096),
                "maxRestartTime": STRING,
                "nextHopMode": enum("Auto", "Self", "Keep"),
                "node": text(longest=253),
                "nodeSelector": text(longest=4096),
                "numAllowedLocalASNumbers": INT32,
                "password": _SECRET,
                "peerIP": text(longest=64),
                "peerSelector": text(longest=4096),
                "reachableBy": STRING,
                "reversePeering": enum("Auto", "Manual"),
                "sourceAddress": enum("UseNodeIP", "None"),
                "ttlSecurity": INTEGER,
            },
            rules=[
                *(
                    valid(f"{_unset(one)} || {_unset(other)}", f"{one} and {other} exclude one another", forbids=True)
                    for one, other in (
                        ("node", "nodeSelector"),
                        ("peerIP", "peerSelector"),
                        ("localWorkloadSelector", "peerIP"),
                        ("localWorkloadSelector", "peerSelector"),
                    )
                ),
                valid(
                    f"{_unset('peerSelector')} || self.?asNumber.orValue(0) == 0",
                    "peers that peerSelector finds bring their own AS number: asNumber must be empty",
                    forbids=True,
                ),
                valid(
                    f"{_unset('localWorkloadSelector')} || self.?asNumber.orValue(0) != 0",
                    "localWorkloadSelector needs asNumber",
                ),
            ],
        )
    ),
)
