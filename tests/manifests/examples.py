"""Objects as people write them, right and wrong: fields from Calico's reference, "Resource definitions"."""

from __future__ import annotations

from typing import Any

from canal_aws.manifests import Manifest


def calico(kind: str, name: str, spec: dict[str, Any], namespace: str | None = None) -> Manifest:
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": metadata, "spec": spec}


RULE = {
    "action": "Allow",
    "protocol": "TCP",
    "source": {"selector": "app == 'web'", "notPorts": [25]},
    "destination": {"ports": [443, "8000:8080", "metrics"], "nets": ["10.0.0.0/16"]},
    "http": {"methods": ["GET"], "paths": [{"prefix": "/api"}]},
}

# One of each kind that people write, with nested fields, as in Calico's reference.
WRITTEN_BY_PEOPLE = [
    calico(
        "NetworkPolicy",
        "web",
        {"tier": "default", "order": 12.5, "selector": "all()", "types": ["Ingress"], "ingress": [RULE]},
        "default",
    ),
    calico(
        "GlobalNetworkPolicy",
        "hosts",
        {"selector": "has(host)", "preDNAT": True, "applyOnForward": True, "ingress": [{"action": "Deny"}]},
    ),
    calico("StagedNetworkPolicy", "web", {"stagedAction": "Set", "egress": [RULE]}, "default"),
    calico("StagedGlobalNetworkPolicy", "all", {"namespaceSelector": "global()", "egress": [{"action": "Pass"}]}),
    calico(
        "StagedKubernetesNetworkPolicy",
        "web",
        {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
            "ingress": [
                {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": "http"}]}
            ],
        },
        "default",
    ),
    calico("GlobalNetworkSet", "office", {"nets": ["203.0.113.0/24"]}),
    calico("NetworkSet", "office", {"nets": ["203.0.113.0/24"]}, "default"),
    calico(
        "HostEndpoint",
        "node-1-ens5",
        {"node": "node-1", "interfaceName": "ens5", "ports": [{"name": "ssh", "port": 22, "protocol": 6}]},
    ),
    calico("IPReservation", "gateways", {"reservedCIDRs": ["10.128.0.1/32"]}),
    calico(
        "BGPConfiguration",
        "default",
        {"asNumber": 64512, "nodeToNodeMeshEnabled": False, "serviceClusterIPs": [{"cidr": "10.96.0.0/16"}]},
    ),
    calico(
        "BGPPeer",
        "reflectors",
        {"peerSelector": "has(reflector)", "password": {"secretKeyRef": {"name": "bgp", "key": "password"}}},
    ),
    calico(
        "BGPFilter",
        "out",
        {
            "exportV4": [
                {
                    "action": "Accept",
                    "cidr": "10.128.0.0/13",
                    "matchOperator": "In",
                    "prefixLength": {"min": 24, "max": 26},
                    "operations": [{"addCommunity": {"value": "64512:4294"}}],
                }
            ]
        },
    ),
    calico(
        "FelixConfiguration",
        "default",
        {
            "awsSrcDstCheck": "DoNothing",
            "reportingInterval": "1.5s",
            "failsafeInboundHostPorts": [{"protocol": "tcp", "port": 22, "net": "10.0.0.0/8"}],
            "kubeNodePortRanges": ["30000:32767", 8080],
            "routeTableRanges": [{"min": 65, "max": 99}],
            "bpfConntrackTimeouts": {"tcpEstablished": "Auto"},
        },
    ),
    calico(
        "KubeControllersConfiguration",
        "default",
        {"controllers": {"node": {"leakGracePeriod": "15m0s", "hostEndpoint": {"autoCreate": "Disabled"}}}},
    ),
    calico("Tier", "platform", {"order": 100, "defaultAction": "Pass"}),
    calico("CalicoNodeStatus", "node-1", {"classes": ["BGP"], "node": "node-1", "updatePeriodSeconds": 10}),
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "no-metadata"},
        "spec": {
            "tier": "Admin",
            "priority": 10,
            "subject": {"namespaces": {}},
            "egress": [
                {
                    "action": "Deny",
                    "to": [{"networks": ["169.254.169.254/32"]}],
                    "protocols": [{"tcp": {"destinationPort": {"range": {"start": 80, "end": 90}}}}],
                }
            ],
        },
    },
]


# (object, what the server must say)
REFUSED: list[tuple[Manifest, str]] = [
    (calico("NetworkPolicy", "bad", {"ingres": [RULE]}, "default"), "ingres: field not declared in schema"),
    (
        calico("NetworkPolicy", "bad", {"ingress": [{**RULE, "destination": {"port": [1]}}]}, "default"),
        "port: field not declared in schema",
    ),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipmode": "Always"}), "ipipmode: field not declared"),
    (calico("FelixConfiguration", "bad", {"logSeverity": "Info"}), "logSeverity: field not declared in schema"),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0"}), "spec.cidr"),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipMode": "Sometimes"}), "Unsupported value"),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipMode": "Always", "vxlanMode": "CrossSubnet"}),
        "ipipMode and vxlanMode exclude one another",
    ),
    (calico("IPPool", "bad", {"cidr": "fd00::/64", "ipipMode": "Always"}), "IPIP carries IPv4 only"),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "allowedUses": ["LoadBalancer", "Tunnel"]}),
        "no other use",
    ),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "allowedUses": ["LoadBalancer"], "ipipMode": "Always"}),
        "is not encapsulated",
    ),
    (
        calico("GlobalNetworkPolicy", "bad", {"preDNAT": True, "doNotTrack": True, "applyOnForward": True}),
        "exclude one another",
    ),
    (calico("GlobalNetworkPolicy", "bad", {"preDNAT": True}), "set applyOnForward"),
    (
        calico("GlobalNetworkPolicy", "bad", {"preDNAT": True, "applyOnForward": True, "types": ["Egress"]}),
        "leave out Egress",
    ),
    (
        calico(
            "GlobalNetworkPolicy",
            "bad",
            {"preDNAT": True, "applyOnForward": True, "egress": [{"action": "Deny"}]},
        ),
        "no egress rules",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{**RULE, "action": "Deny"}]}, "default"),
        "http is for rules that allow",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{**RULE, "protocol": "UDP"}]}, "default"),
        "http is matched in TCP only",
    ),
    (
        calico(
            "NetworkPolicy",
            "bad",
            {"egress": [{"action": "Allow", "destination": {"services": {"name": "a"}, "ports": [1]}}]},
            "default",
        ),
        "services bring their own ports",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{"action": "Allow", "icmp": {"code": 1}}]}, "default"),
        "needs an ICMP type",
    ),
    (calico("HostEndpoint", "bad", {"node": "node-1"}), "interfaceName or expectedIPs"),
    (calico("HostEndpoint", "bad", {"interfaceName": "ens5"}), "node must say which host"),
    (
        calico("BGPPeer", "bad", {"peerIP": "10.0.0.1", "peerSelector": "all()"}),
        "peerIP and peerSelector exclude one another",
    ),
    (calico("BGPPeer", "bad", {"peerSelector": "all()", "asNumber": 64512}), "asNumber must be empty"),
    (calico("BGPPeer", "bad", {"localWorkloadSelector": "all()"}), "localWorkloadSelector needs asNumber"),
    (
        calico("BGPConfiguration", "bad", {"nodeToNodeMeshEnabled": False, "nodeMeshMaxRestartTime": "1s"}),
        "is for the mesh, which is off",
    ),
    (
        calico("BGPFilter", "bad", {"importV4": [{"action": "Accept", "cidr": "10.0.0.0/8"}]}),
        "cidr and matchOperator belong together",
    ),
    (
        calico("BGPFilter", "bad", {"importV6": [{"action": "Accept", "prefixLength": {"min": 1}}]}),
        "prefixLength needs cidr",
    ),
    (
        calico("BGPFilter", "bad", {"importV4": [{"action": "Reject", "operations": [{"setPriority": {"value": 1}}]}]}),
        "operations are for action Accept",
    ),
    (calico("Tier", "kube-admin", {"defaultAction": "Deny"}), "the tier kube-admin ends in Pass"),
    (calico("FelixConfiguration", "node.one", {"nodeSelector": "all()"}), "beside default and node"),
    (
        calico("FelixConfiguration", "bad", {"routeTableRange": {"min": 1, "max": 2}, "routeTableRanges": []}),
        "routeTableRange and routeTableRanges exclude",
    ),
]
