"""Calico routing inside a subnet, IPIP across subnets: what 2017 wanted as its next default."""

from architectures.model import Architecture, CalicoBird, Hop, PodAddresses, Traffic, Verdict

CALICO_IPIP = Architecture(
    name="calico-ipip",
    title="Calico routing in a subnet, IPIP across",
    same_subnet=Hop.ROUTED,  # a subnet delivers frames by network interface, so plain Linux routing works
    cross_subnet=Hop.IPIP,  # between subnets the VPC router delivers only to addresses that it knows
    node_traffic=(Traffic.ip_protocol(4, "IPIP"), Traffic.tcp(179, "BGP mesh")),
    pod_addresses=PodAddresses.CALICO_IPAM,
    networking=CalicoBird(ipip_mode="CrossSubnet"),
    verdict=Verdict(
        in_2017="the default once completed",
        today="choose it for fewer bytes on the wire and routes that outlive the control plane",
        avoid_when="the source/destination check must stay on, or nobody wants to run BGP past 100 nodes",
        control_plane_down="keeps routing",
    ),
)
