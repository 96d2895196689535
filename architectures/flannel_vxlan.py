"""flannel VXLAN: the default of 2017, and the one that asks nothing of the VPC."""

from architectures.model import Architecture, Flannel, Hop, PodAddresses, Traffic, Verdict

FLANNEL_VXLAN = Architecture(
    name="flannel-vxlan",
    title="flannel VXLAN",
    same_subnet=Hop.VXLAN,
    cross_subnet=Hop.VXLAN,
    # flannel leaves the port to Linux, whose VXLAN default is 8472; Calico's own VXLAN would be 4789.
    node_traffic=(Traffic.udp(8472, "flannel VXLAN"),),
    pod_addresses=PodAddresses.CONTROLLER_MANAGER,
    networking=Flannel(backend="vxlan"),
    verdict=Verdict(
        in_2017="the default recommendation",
        today="the default: no route, no exception from the source/destination check, works in any VPC",
        avoid_when="throughput per core decides, or packets in VPC flow logs must show pod addresses",
        control_plane_down="works until a lease or FDB entry changes",
    ),
)
