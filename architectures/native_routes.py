"""Native VPC routes: no encapsulation at all, held back by the routes that a table takes."""

from architectures.model import Architecture, Flannel, Hop, PodAddresses, Verdict

NATIVE_ROUTES = Architecture(
    name="native-routes",
    title="native VPC routes",
    same_subnet=Hop.VPC_ROUTE,
    cross_subnet=Hop.VPC_ROUTE,
    node_traffic=(),
    pod_addresses=PodAddresses.PLANNED,
    # flannel's own aws-vpc backend is gone since v0.20.0; alloc keeps the lease and the masquerade.
    networking=Flannel(backend="alloc"),
    verdict=Verdict(
        in_2017="not recommended: 50 routes in a VPC",
        today="for clusters well below 500 nodes, a table's default quota: full MTU, and the VPC sees pod addresses",
        avoid_when="the cluster may outgrow its route quota, or many route tables hold nodes",
        control_plane_down="keeps routing",
    ),
)
