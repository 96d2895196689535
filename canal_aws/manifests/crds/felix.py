"""FelixConfiguration: everything that can be set of the agent which enforces policy.

Fields and limits from Calico's config/crd/crd.projectcalico.org_felixconfigurations.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition, Schema
from canal_aws.manifests.crds.felix_fields import (
    BOOLEANS,
    DURATIONS,
    INTEGERS,
    STRING_LISTS,
    STRINGS,
    SWITCHES,
)
from canal_aws.manifests.crds.schema import (
    BOOLEAN,
    INT_OR_STRING,
    INTEGER,
    STRING,
    SWITCH,
    array,
    either_case,
    enum,
    integer,
    mapping,
    structure,
    text,
    valid,
)

_DURATION = text(pattern=r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))*$")
_LOG_SEVERITY = either_case("Trace", "Debug", "Info", "Warning", "Error", "Fatal")
_ALLOW_ACTION = either_case("Accept", "Return")
_DENY_ACTION = either_case("Drop", "Reject")
_INT32 = integer(form="int32")

_CONNTRACK_TIMEOUT = text(pattern=r"^(([0-9]*(\.[0-9]*)?(ms|s|h|m|us)+)+|Auto)$")
_CONNTRACK_TIMEOUTS = structure(
    dict.fromkeys(
        (
            "creationGracePeriod",
            "genericTimeout",
            "icmpTimeout",
            "tcpEstablished",
            "tcpFinsSeen",
            "tcpResetSeen",
            "tcpSynSent",
            "udpTimeout",
        ),
        _CONNTRACK_TIMEOUT,
    )
)
_PORT = structure({"net": STRING, "port": INTEGER, "protocol": STRING}, required=["port"])
_HEALTH_TIMEOUT = structure({"name": STRING, "timeout": STRING}, required=["name", "timeout"])
_TABLES = structure({"min": INTEGER, "max": INTEGER}, required=["min", "max"])

_FIELDS: dict[str, Schema] = {
    **dict.fromkeys(BOOLEANS, BOOLEAN),
    **dict.fromkeys(INTEGERS, INTEGER),
    **dict.fromkeys(STRINGS, STRING),
    **dict.fromkeys(DURATIONS, _DURATION),
    **dict.fromkeys(STRING_LISTS, array(STRING)),
    **dict.fromkeys(SWITCHES, SWITCH),
    "awsSrcDstCheck": enum("DoNothing", "Enable", "Disable"),
    "bpfAttachType": enum("TC", "TCX"),
    "bpfConnectTimeLoadBalancing": enum("TCP", "Enabled", "Disabled"),
    "bpfConntrackLogLevel": enum("Off", "Debug"),
    "bpfConntrackMode": enum("Auto", "Userspace", "BPFProgram"),
    "bpfConntrackTimeouts": _CONNTRACK_TIMEOUTS,
    "bpfEnforceRPF": either_case("Disabled", "Strict", "Loose"),
    "bpfExternalServiceMode": either_case("Tunnel", "DSR"),
    "bpfJITHardening": enum("Auto", "Strict"),
    "bpfLogFilters": mapping(STRING),
    "bpfLogLevel": either_case("Off", "Info", "Debug"),
    "bpfMapSizeConntrackCleanupQueue": integer(1),
    "bpfMapSizeConntrackScaling": either_case("Disabled", "DoubleIfFull"),
    "bpfPSNATPorts": INT_OR_STRING,
    "chainInsertMode": either_case("Insert", "Append"),
    "defaultEndpointToHostAction": either_case("Drop", "Accept", "Return"),
    "failsafeInboundHostPorts": array(_PORT),
    "failsafeOutboundHostPorts": array(_PORT),
    "featureDetectOverride": text(pattern="^([a-zA-Z0-9-_]+=(true|false|),)*([a-zA-Z0-9-_]+=(true|false|))?$"),
    "featureGates": text(pattern="^([a-zA-Z0-9-_]+=([^=]+),)*([a-zA-Z0-9-_]+=([^=]+))?$"),
    "flowLogsPolicyEvaluationMode": enum("None", "Continuous"),
    "healthTimeoutOverrides": array(_HEALTH_TIMEOUT),
    "iptablesBackend": enum("Legacy", "NFT", "Auto"),
    "iptablesFilterAllowAction": _ALLOW_ACTION,
    "iptablesFilterDenyAction": _DENY_ACTION,
    "iptablesMangleAllowAction": _ALLOW_ACTION,
    "iptablesMarkMask": _INT32,
    "istioDSCPMark": INT_OR_STRING,
    "kubeNodePortRanges": array(INT_OR_STRING),
    "logActionRateLimit": text(pattern=r"^[1-9]\d{0,3}/(?:second|minute|hour|day)$"),
    "logActionRateLimitBurst": integer(0, 9999),
    "logPrefix": text(pattern="^([a-zA-Z0-9%: /_-])*$"),
    "logSeverityFile": _LOG_SEVERITY,
    "logSeverityScreen": _LOG_SEVERITY,
    "logSeveritySys": _LOG_SEVERITY,
    "natOutgoingExclusions": enum("IPPoolsOnly", "IPPoolsAndHostIPs"),
    "natPortRange": INT_OR_STRING,
    "nftablesFilterAllowAction": _ALLOW_ACTION,
    "nftablesFilterDenyAction": _DENY_ACTION,
    "nftablesMangleAllowAction": _ALLOW_ACTION,
    "nftablesMarkMask": _INT32,
    "nftablesMode": enum("Disabled", "Enabled", "Auto", default="Auto"),
    "nodeSelector": text(longest=1024),
    "routeSource": either_case("WorkloadIPs", "CalicoIPAM"),
    "routeTableRange": _TABLES,
    "routeTableRanges": array(_TABLES),
    "serviceLoopPrevention": either_case("Drop", "Reject", "Disabled"),
    "workloadSourceSpoofing": either_case("Disabled", "Any"),
}

FELIX_CONFIGURATION = Definition(
    "FelixConfiguration",
    "felixconfigurations",
    {
        "properties": {
            "spec": structure(
                dict(sorted(_FIELDS.items())),
                rules=[
                    valid(
                        "!has(self.routeTableRange) || !has(self.routeTableRanges)",
                        "routeTableRange and routeTableRanges exclude one another",
                        forbids=True,
                    )
                ],
            )
        },
        "x-kubernetes-validations": [
            valid(
                "!(self.metadata.name == 'default' || self.metadata.name.startsWith('node.'))"
                " || !self.?spec.?nodeSelector.hasValue()",
                "nodeSelector is for configurations beside default and node.*",
                forbids=True,
            )
        ],
    },
)
