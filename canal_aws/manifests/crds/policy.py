"""Calico's network policies: global, namespaced, and the staged ones that only report.

Fields and limits from Calico's config/crd/crd.projectcalico.org_*networkpolicies.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.schema import (
    BOOLEAN,
    INT_OR_STRING,
    NUMBER,
    STRING,
    array,
    enum,
    integer,
    mapping,
    spec_only,
    structure,
    text,
    valid,
)

_PORTS = array(INT_OR_STRING)

#: What a staged policy would do once it is enforced.
STAGED_ACTION = enum("Set", "Delete", "Learn", "Ignore", default="Set")

_ICMP = structure(
    {"type": integer(0, 254), "code": integer(0, 255)},
    rules=[valid("!has(self.code) || has(self.type)", "an ICMP code needs an ICMP type")],
)
_HTTP = structure(
    {
        "methods": array(STRING, most=20),
        "paths": array(structure({"exact": text(longest=1024), "prefix": text(longest=1024)}), most=20),
    }
)
_ACCOUNTS = structure({"names": array(STRING, kind="set"), "selector": STRING})
_ENTITY = structure(
    {
        "namespaceSelector": STRING,
        "nets": array(STRING, kind="set"),
        "notNets": array(STRING),
        "notPorts": _PORTS,
        "notSelector": STRING,
        "ports": _PORTS,
        "selector": STRING,
        "serviceAccounts": _ACCOUNTS,
        "services": structure({"name": STRING, "namespace": STRING}),
    }
)


def _empty(field: str) -> str:
    # Lists are asked for with has(): the API server takes the default of orValue([]) for a list of any size, and
    # refuses the rule for what it might cost.
    return f"(!has({field}) || size({field}) == 0)"


_RULE = structure(
    {
        "action": enum("Allow", "Deny", "Log", "Pass"),
        "destination": _ENTITY,
        "http": _HTTP,
        "icmp": _ICMP,
        "ipVersion": {"type": "integer", "enum": [4, 6]},
        "metadata": structure({"annotations": mapping(STRING)}),
        "notICMP": _ICMP,
        "notProtocol": INT_OR_STRING,
        "protocol": INT_OR_STRING,
        "source": _ENTITY,
    },
    required=["action"],
    rules=[
        valid(
            "!has(self.http) || !has(self.protocol) || self.protocol == 'TCP' || self.protocol == 6",
            "http is matched in TCP only: protocol must be TCP or unset",
        ),
        valid("!has(self.http) || self.action == 'Allow'", "http is for rules that allow", forbids=True),
        valid(
            "!has(self.destination) || !has(self.destination.services) || "
            f"{_empty('self.destination.ports')} && {_empty('self.destination.notPorts')}",
            "services bring their own ports: ports and notPorts must be empty beside them",
            forbids=True,
        ),
    ],
)

_COMMON: dict[str, Schema] = {
    "egress": array(_RULE),
    "ingress": array(_RULE),
    "order": NUMBER,
    "performanceHints": array(enum("AssumeNeededOnEveryNode")),
    "selector": STRING,
    "serviceAccountSelector": STRING,
    "tier": text(default="default"),
    "types": array(enum("Ingress", "Egress"), kind="set", fewest=1, most=2),
}
_GLOBAL: dict[str, Schema] = {
    **_COMMON,
    "applyOnForward": BOOLEAN,
    "doNotTrack": BOOLEAN,
    "namespaceSelector": STRING,
    "preDNAT": BOOLEAN,
}
_PRE_DNAT = "self.?preDNAT.orValue(false)"
_DO_NOT_TRACK = "self.?doNotTrack.orValue(false)"
_GLOBAL_RULES = (
    valid(f"!({_PRE_DNAT} && {_DO_NOT_TRACK})", "preDNAT and doNotTrack exclude one another", forbids=True),
    valid(
        f"!{_PRE_DNAT} || {_empty('self.egress')}",
        "a preDNAT policy sees arriving packets: it has no egress rules",
        forbids=True,
    ),
    valid(
        f"!{_PRE_DNAT} || !has(self.types) || !self.types.exists(type, type == 'Egress')",
        "a preDNAT policy sees arriving packets: its types leave out Egress",
        forbids=True,
    ),
    valid(
        f"self.?applyOnForward.orValue(false) || !({_PRE_DNAT} || {_DO_NOT_TRACK})",
        "preDNAT and doNotTrack policies see forwarded packets too: set applyOnForward",
    ),
)
_STAGED = {"stagedAction": STAGED_ACTION}

POLICIES = (
    Definition("GlobalNetworkPolicy", "globalnetworkpolicies", spec_only(structure(_GLOBAL, rules=_GLOBAL_RULES))),
    Definition("NetworkPolicy", "networkpolicies", spec_only(structure(_COMMON)), namespaced=True),
    Definition(
        "StagedGlobalNetworkPolicy",
        "stagedglobalnetworkpolicies",
        spec_only(structure({**_GLOBAL, **_STAGED}, rules=_GLOBAL_RULES)),
    ),
    Definition(
        "StagedNetworkPolicy",
        "stagednetworkpolicies",
        spec_only(structure({**_COMMON, **_STAGED})),
        namespaced=True,
    ),
)
