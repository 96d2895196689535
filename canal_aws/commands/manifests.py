"""`canal-aws manifests ARCH`: Canal for any existing cluster, the same objects that the program deploys."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

_NETWORKS = "Addresses of the cluster"


@app.command()
def manifests(
    architecture: Annotated[str, typer.Argument(help="flannel-vxlan, calico-ipip or native-routes.")],
    pod_cidr: Annotated[
        str, typer.Option(help="The cluster's pod network (kubeadm: podSubnet).", rich_help_panel=_NETWORKS)
    ] = "10.128.0.0/13",
    service_cidr: Annotated[
        str, typer.Option(help="The cluster's service network (serviceSubnet).", rich_help_panel=_NETWORKS)
    ] = "10.96.0.0/16",
    node_pod_cidr_mask: Annotated[
        int, typer.Option(help="Prefix length of each node's share.", rich_help_panel=_NETWORKS)
    ] = 24,
    link_mtu: Annotated[
        int, typer.Option(help="What the nodes' network carries, in bytes.", rich_help_panel=_NETWORKS)
    ] = 9001,
    one_pass: Annotated[
        bool,
        typer.Option(
            "--one-pass", help="For kubectl in one go: calico-node makes the IPPool itself, where there is one."
        ),
    ] = False,
) -> None:
    """Print an architecture's Canal as YAML: canal-aws manifests calico-ipip --one-pass | kubectl apply --server-side -f -"""
    import architectures
    from canal_aws import manifests as built
    from canal_aws.manifests.network import ClusterNetwork
    from canal_aws.manifests.render import render_yaml

    if architecture not in architectures.names():
        raise typer.BadParameter(
            f"{architecture!r} is none of {', '.join(architectures.names())}", param_hint="ARCHITECTURE"
        )
    network = ClusterNetwork(pod_cidr, service_cidr, node_pod_cidr_mask, link_mtu)
    print(render_yaml(built.build(architectures.get(architecture), network, one_pass=one_pass)), end="")
