"""Which packets the security groups let in: derived from the architecture, as data that components and reports read.

A rule that references a security group matches the addresses of network interfaces, never pods'. So where packets go
unencapsulated, nodes accept the pod CIDR as well as the node groups; elsewhere only what the encapsulation needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from architectures import Architecture, Traffic

if TYPE_CHECKING:
    from canal_aws.settings import Settings


class Group(Enum):
    """The security groups, by the name of what carries them."""

    CONTROL_PLANE = "control-plane"
    WORKER = "worker"
    API_INTERNAL = "api-internal"
    API_PUBLIC = "api-public"


#: What a rule is told by: group, egress, protocol, from and to port (-1 without), and peer: a group's name or a CIDR.
Key = tuple[str, bool, str, int, int, str]
# EC2 API Reference, SecurityGroupRule: protocols that have ports, or ICMP's type and code, in FromPort and ToPort.
_WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")
NODE_GROUPS = (Group.CONTROL_PLANE, Group.WORKER)
_API = Traffic.tcp(6443, "Kubernetes API")
_KUBELET = Traffic.tcp(10250, "kubelet API")
_ETCD = Traffic("tcp", "etcd clients and peers", 2379, 2380)
_ALL = Traffic("-1", "everything")
# Everything but etcd's ports (2381 is its metrics): what the control plane takes from workers and pods.
_ALL_BUT_ETCD = (
    Traffic("tcp", "TCP below the ports of etcd", 0, 2378),
    Traffic("tcp", "TCP above the ports of etcd", 2382, 65535),
    Traffic("udp", "UDP", 0, 65535),
    Traffic("icmp", "ICMP", -1, -1),
)


@dataclass(frozen=True)
class Rule:
    """One direction of one group: what it accepts from, or sends to, a group or a CIDR block."""

    group: Group
    peer: Group | IPv4Network
    traffic: Traffic
    egress: bool = False

    @property
    def name(self) -> str:
        """Who talks to whom, and how: unique, and the same however many other rules there are."""
        peer = self.peer.value if isinstance(self.peer, Group) else str(self.peer).replace("/", "-")
        ports = "" if self.traffic.from_port is None else f"-{self.traffic.from_port}-{self.traffic.to_port}"
        protocol = {"-1": "all", "4": "ipip"}.get(self.traffic.protocol, self.traffic.protocol)
        return f"{self.group.value}-{'to' if self.egress else 'from'}-{peer}-{protocol}{ports.replace('--1', '')}"

    @property
    def key(self) -> Key:
        """The rule as AWS shows it."""
        peer = self.peer.value if isinstance(self.peer, Group) else str(self.peer)
        first, last = (-1 if port is None else port for port in (self.traffic.from_port, self.traffic.to_port))
        return self.group.value, self.egress, self.traffic.protocol, first, last, peer


def ports_of(described: Mapping[str, Any]) -> tuple[int, int]:
    """From and to port of an IpPermission or a SecurityGroupRule as EC2 describes them; -1 where its protocol has none."""
    with_ports = described["IpProtocol"] in _WITH_PORTS
    first, last = (int(described.get(key, -1)) if with_ports else -1 for key in ("FromPort", "ToPort"))
    return first, last


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """Every rule of every group of a stack. A private API is for the VPC, and for what apiAllowedCidrs adds to it."""
    private = settings.api_access == "private"
    return rules(
        settings.description,
        settings.pod_cidr,
        public_from=() if private else settings.api_allowed_cidrs,
        internal_from=(settings.vpc_cidr, *settings.api_allowed_cidrs) if private else (),
    )


def rules(
    architecture: Architecture,
    pod_cidr: IPv4Network,
    public_from: tuple[IPv4Network, ...] = (),
    internal_from: tuple[IPv4Network, ...] = (),
) -> tuple[Rule, ...]:
    """The same from its parts: who reaches each of the API's load balancers, the internal one beside the nodes.

    Nobody from outside where `public_from` is empty: there is no public load balancer then.
    """
    return (
        *_control_plane(architecture, pod_cidr),
        *_workers(architecture, pod_cidr),
        *_load_balancers(public_from, internal_from),
        *(Rule(group, _ANYWHERE, _ALL, egress=True) for group in NODE_GROUPS),
    )


_ANYWHERE = IPv4Network("0.0.0.0/0")


def _control_plane(architecture: Architecture, pod_cidr: IPv4Network) -> Iterator[Rule]:
    group = Group.CONTROL_PLANE
    for peer in NODE_GROUPS:
        # Straight from nodes too: kube-proxy sends the kubernetes Service to the API servers' own addresses.
        yield Rule(group, peer, _API)
        yield Rule(group, peer, _KUBELET)
        yield from (Rule(group, peer, traffic) for traffic in architecture.node_traffic)
    yield Rule(group, Group.API_INTERNAL, _API)
    yield Rule(group, group, _ETCD)
    if architecture.carries_pod_addresses:
        yield Rule(group, group, _ALL)
        for source in (Group.WORKER, pod_cidr):
            yield from (Rule(group, source, traffic) for traffic in _ALL_BUT_ETCD)


def _workers(architecture: Architecture, pod_cidr: IPv4Network) -> Iterator[Rule]:
    group = Group.WORKER
    for peer in NODE_GROUPS:
        yield Rule(group, peer, _KUBELET)
        yield from (Rule(group, peer, traffic) for traffic in architecture.node_traffic)
    if architecture.carries_pod_addresses:
        yield from (Rule(group, source, _ALL) for source in (*NODE_GROUPS, pod_cidr))


def _load_balancers(public_from: tuple[IPv4Network, ...], internal_from: tuple[IPv4Network, ...]) -> Iterator[Rule]:
    yield from (Rule(Group.API_INTERNAL, group, _API) for group in NODE_GROUPS)
    yield from (Rule(Group.API_INTERNAL, cidr, _API) for cidr in dict.fromkeys(internal_from))
    yield Rule(Group.API_INTERNAL, Group.CONTROL_PLANE, _API, egress=True)
    if public_from:
        yield Rule(Group.CONTROL_PLANE, Group.API_PUBLIC, _API)
        yield from (Rule(Group.API_PUBLIC, cidr, _API) for cidr in public_from)
        yield Rule(Group.API_PUBLIC, Group.CONTROL_PLANE, _API, egress=True)
