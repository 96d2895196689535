"""What an architecture is: one description of how a packet travels between pods on AWS.

Security-group rules, the source/destination check, MTU, routes, IAM, Canal's manifests and the reports are derived
from it. Nothing here knows an AWS API: this module is data and arithmetic, so that it is tested as plain Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

# What an EC2 network interface carries inside a VPC, in bytes
# (EC2 User Guide, "Network maximum transmission unit (MTU)": jumbo frames).
VPC_MTU = 9001

#: Nodes past which Calico's documentation advises Typha between Felix and the API server
#: ("Install Calico networking and network policy for on-premises deployments"); Canal's manifests have none.
TYPHA_ADVISED_PAST = 50

# The tables of Calico's documentation, networking/configuring/mtu: bytes that a header adds on IPv4.
_IPIP_OVERHEAD = 20
_VXLAN_OVERHEAD = 50


class Hop(Enum):
    """How a packet gets from one node to another."""

    ROUTED = "plain Linux routing"
    IPIP = "IPIP, protocol 4"
    VXLAN = "VXLAN, UDP 8472"
    VPC_ROUTE = "VPC route to the node's network interface"

    @property
    def encapsulated(self) -> bool:
        """True where the packet on the wire has node addresses outside and the pods' inside."""
        return self in (Hop.IPIP, Hop.VXLAN)

    @property
    def overhead(self) -> int:
        """Bytes that this hop puts in front of a pod's IPv4 packet."""
        return {Hop.IPIP: _IPIP_OVERHEAD, Hop.VXLAN: _VXLAN_OVERHEAD}.get(self, 0)


class PodAddresses(Enum):
    """Who decides which addresses the pods of a node get."""

    CONTROLLER_MANAGER = "node.spec.podCIDR, from the controller manager"
    CALICO_IPAM = "Calico IPAM"
    PLANNED = "node.spec.podCIDR, planned by the program"


@dataclass(frozen=True)
class Traffic:
    """What a node must accept from another node: a protocol, a range of ports where it has ports, and why.

    `protocol` is spelled as EC2's IpProtocol: tcp, udp, an IANA protocol number, or -1 for everything.
    """

    protocol: str
    description: str
    from_port: int | None = None
    to_port: int | None = None

    @classmethod
    def tcp(cls, port: int, description: str) -> Traffic:
        """TCP to one port."""
        return cls("tcp", description, port, port)

    @classmethod
    def udp(cls, port: int, description: str) -> Traffic:
        """UDP to one port."""
        return cls("udp", description, port, port)

    @classmethod
    def ip_protocol(cls, number: int, description: str) -> Traffic:
        """An IP protocol without ports, by its IANA number."""
        return cls(str(number), description)

    def __str__(self) -> str:
        if self.from_port is None:
            return f"protocol {self.protocol}"
        return f"{self.protocol.upper()} {self.from_port}"


@dataclass(frozen=True)
class Flannel:
    """flannel carries the pod traffic, Calico enforces policy: Canal in the narrow sense.

    `backend` is net-conf.json's Backend.Type (flannel, Documentation/backends.md).
    """

    backend: Literal["vxlan", "alloc"]


@dataclass(frozen=True)
class CalicoBird:
    """Calico carries the pod traffic: BIRD exchanges routes over BGP.

    `ipip_mode` is the IPPool's ipipMode; `mesh_limit` is the number of nodes up to which Calico's documentation
    advises a full mesh (networking/configuring/bgp: "100 nodes or less"). Past it the control-plane nodes reflect
    routes: `reflector_cluster_id` is their common BGP cluster (RFC 4456; an unused IPv4 address, as that page has it).
    """

    ipip_mode: Literal["CrossSubnet"]
    mesh_limit: int = 100
    reflector_cluster_id: str = "244.0.0.1"


@dataclass(frozen=True)
class Verdict:
    """What was said of an architecture in 2017, what is said today, and when not to choose it."""

    in_2017: str
    today: str
    avoid_when: str
    control_plane_down: str


@dataclass(frozen=True)
class Architecture:
    """One way to carry pod traffic on AWS."""

    name: str
    title: str
    same_subnet: Hop
    cross_subnet: Hop
    node_traffic: tuple[Traffic, ...]
    pod_addresses: PodAddresses
    networking: Flannel | CalicoBird
    verdict: Verdict

    @property
    def hops(self) -> frozenset[Hop]:
        """Every way in which a packet between two nodes can travel."""
        return frozenset((self.same_subnet, self.cross_subnet))

    @property
    def carries_pod_addresses(self) -> bool:
        """True where some hop puts a pod's own address on the VPC's network.

        A security-group reference matches the addresses of network interfaces, never pods', so these architectures
        need rules on the pod CIDR too (EC2 User Guide, "Security group rules").
        """
        return any(not hop.encapsulated for hop in self.hops)

    @property
    def source_dest_check(self) -> bool:
        """Whether EC2's source/destination check may stay on: only where each packet has node addresses outside."""
        return not self.carries_pod_addresses

    @property
    def overhead(self) -> int:
        """Bytes of the largest header that a hop adds."""
        return max(hop.overhead for hop in self.hops)

    def pod_mtu(self, link_mtu: int = VPC_MTU) -> int:
        """The pods' MTU in bytes on a network of `link_mtu` bytes: what is left after the largest overhead."""
        return link_mtu - self.overhead

    @property
    def vpc_routes_per_node(self) -> int:
        """Routes that each node, control plane too, adds to every route table of a subnet that holds nodes."""
        return 1 if Hop.VPC_ROUTE in self.hops else 0

    @property
    def plans_pod_cidrs(self) -> bool:
        """Whether the program decides each node's pod CIDR."""
        return self.pod_addresses is PodAddresses.PLANNED

    @property
    def allocates_node_cidrs(self) -> bool:
        """Whether the controller manager hands out pod CIDRs (its flag --allocate-node-cidrs)."""
        return self.pod_addresses is PodAddresses.CONTROLLER_MANAGER

    @property
    def mesh_limit(self) -> int | None:
        """Nodes past which the BGP full mesh gives way to route reflectors; None where there is no mesh."""
        return self.networking.mesh_limit if isinstance(self.networking, CalicoBird) else None
