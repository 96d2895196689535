"""Which routes BIRD sends and takes: BGPFilter.

Fields and limits from Calico's config/crd/crd.projectcalico.org_bgpfilters.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.bgp import INT32, PRIORITY
from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.schema import STRING, array, enum, integer, spec_only, structure, text, valid

# Regular expressions for 0 to 65535 and 0 to 4294967295, without leading zeros.
_UINT16 = "([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_UINT32 = (
    "([0-9]|[1-9][0-9]{1,8}|[1-3][0-9]{9}|4[0-1][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}"
    "|42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[0-1][0-9]{2}|42949672[0-8][0-9]|429496729[0-5])"
)
# A community of two 16-bit numbers (RFC 1997), or a large one of three 32-bit numbers (RFC 8092).
_COMMUNITY = text(longest=32, pattern=f"^({_UINT16}:{_UINT16}|{_UINT32}:{_UINT32}:{_UINT32})$")

_OPERATION: Schema = {
    **structure(
        {
            "addCommunity": structure({"value": _COMMUNITY}, required=["value"], atomic=True),
            "prependASPath": structure({"prefix": array(INT32, fewest=1, most=10)}, required=["prefix"], atomic=True),
            "setPriority": structure({"value": PRIORITY}, required=["value"], atomic=True),
        },
        atomic=True,
        exactly_one=True,
    ),
}


def _rules(*, address_bits: int, longest_cidr: int) -> Schema:
    """Rules for one family of addresses."""
    length = integer(0, address_bits, form="int32")
    rule = structure(
        {
            "action": enum("Accept", "Reject"),
            "asPathPrefix": array(INT32),
            "cidr": text(form="cidr", longest=longest_cidr),
            "communities": structure({"values": array(_COMMUNITY, fewest=1, most=1)}, required=["values"], atomic=True),
            "interface": STRING,
            "matchOperator": enum("Equal", "NotEqual", "In", "NotIn"),
            "operations": array(_OPERATION, fewest=1, most=10),
            "peerType": enum("eBGP", "iBGP"),
            "prefixLength": structure({"min": length, "max": length}, atomic=True),
            "priority": PRIORITY,
            "source": enum("RemotePeers"),
        },
        required=["action"],
        atomic=True,
        rules=[
            valid("has(self.cidr) == has(self.matchOperator)", "cidr and matchOperator belong together"),
            valid("!has(self.prefixLength) || has(self.cidr)", "prefixLength needs cidr"),
            valid("!has(self.operations) || self.action == 'Accept'", "operations are for action Accept"),
        ],
    )
    return array(rule)


_V4 = _rules(address_bits=32, longest_cidr=18)
_V6 = _rules(address_bits=128, longest_cidr=43)

BGP_FILTER = Definition(
    "BGPFilter",
    "bgpfilters",
    spec_only(structure({"exportV4": _V4, "exportV6": _V6, "importV4": _V4, "importV6": _V6})),
)
