"""CalicoNodeStatus: what someone asks of a node, and what BIRD on it answers.

Fields from Calico's config/crd/crd.projectcalico.org_caliconodestatuses.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.bgp import INT32
from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.schema import INTEGER, STRING, array, enum, structure, text

_BIRD = structure(
    {
        "lastBootTime": STRING,
        "lastReconfigurationTime": STRING,
        "routerID": STRING,
        "state": enum("Ready", "NotReady"),
        "version": STRING,
    }
)
_PEERS = array(
    structure(
        {
            "peerIP": STRING,
            "since": STRING,
            # The states of BGP's state machine (RFC 4271, section 8.2.2), and BIRD's own Close.
            "state": enum("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close"),
            "type": enum("NodeMesh", "NodePeer", "GlobalPeer"),
        }
    )
)
_ROUTES = array(
    structure(
        {
            "destination": STRING,
            "gateway": STRING,
            "interface": STRING,
            "learnedFrom": structure(
                {"peerIP": STRING, "sourceType": enum("Kernel", "Static", "Direct", "NodeMesh", "BGPPeer")}
            ),
            "type": enum("FIB", "RIB"),
        }
    )
)
_COUNTS = (
    "numberEstablishedV4",
    "numberEstablishedV6",
    "numberNotEstablishedV4",
    "numberNotEstablishedV6",
)

CALICO_NODE_STATUS = Definition(
    "CalicoNodeStatus",
    "caliconodestatuses",
    {
        "properties": {
            "spec": structure(
                {
                    "classes": array(enum("Agent", "BGP", "Routes")),
                    "node": STRING,
                    "updatePeriodSeconds": INT32,
                }
            ),
            "status": structure(
                {
                    "agent": structure({"birdV4": _BIRD, "birdV6": _BIRD}),
                    "bgp": structure(
                        {**dict.fromkeys(_COUNTS, INTEGER), "peersV4": _PEERS, "peersV6": _PEERS},
                        required=_COUNTS,
                    ),
                    "lastUpdated": {**text(form="date-time"), "nullable": True},
                    "routes": structure({"routesV4": _ROUTES, "routesV6": _ROUTES}),
                }
            ),
        }
    },
)
