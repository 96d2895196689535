"""Control-plane nodes as route reflectors: two patches of objects that the kubelets and Calico own, in the right order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from canal_aws.errors import CanalError
from canal_aws.manifests.objects import Manifest
from canal_aws.manifests.route_reflectors import RouteReflectors
from canal_aws.node_wait import wait_for_nodes

# BIRD's sessions as Calico configures them (confd, bird.cfg.template): connect delay 2 s, retry 5 s, after an error 30 s.
_SESSIONS_UP_SECONDS = 30.0

#: Says which instance the patch was made for, so that a node that is replaced becomes a reflector anew.
_INSTANCE = "canal-aws/instance-id"


def reflect(
    reflectors: RouteReflectors,
    peerings: Sequence[pulumi.Resource],
    kubeconfig: pulumi.Output[str],
    control_plane: Mapping[str, aws.ec2.Instance],
    timeout: int,
    options: pulumi.ResourceOptions,
) -> None:
    """After the peerings the nodes, and the mesh last; where these go away, the other way round."""
    marked = []
    for node in reflectors.nodes:
        name = node["metadata"]["name"]
        registered = _registered(name, control_plane[name], kubeconfig, timeout)
        annotations = {**node["metadata"]["annotations"], _INSTANCE: registered}
        body = {**node, "metadata": {**node["metadata"], "annotations": annotations}}
        marked.append(_patch("kubernetes:core/v1:NodePatch", f"node-{name}", body, _after(options, peerings)))
    mesh = reflectors.mesh_off
    _patch(
        f"kubernetes:{mesh['apiVersion']}:{mesh['kind']}Patch",
        f"{mesh['kind'].lower()}-{mesh['metadata']['name']}",
        mesh,
        pulumi.ResourceOptions.merge(_after(options, marked), pulumi.ResourceOptions(hooks=_once_sessions_are_up())),
    )


def _patch(token: str, name: str, body: Manifest, options: pulumi.ResourceOptions) -> pulumi.Resource:
    return pulumi.CustomResource(token, name, dict(body), options)


def _after(options: pulumi.ResourceOptions, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(resources)))


def _registered(
    name: str, instance: aws.ec2.Instance, kubeconfig: pulumi.Output[str], timeout: int
) -> pulumi.Output[str]:
    """The instance's id, once it is the one that the Node of that name belongs to."""
    dry_run = pulumi.runtime.is_dry_run()

    async def wait(known: Sequence[str]) -> str:
        text, instance_id = known
        if not dry_run:
            try:
                await asyncio.to_thread(wait_for_nodes, text, {name: instance_id}, timeout, pulumi.log.info)
            except CanalError as error:
                raise pulumi.RunError(str(error)) from None
        return instance_id

    return pulumi.Output.unsecret(pulumi.Output.all(kubeconfig, instance.id).apply(wait))


def _once_sessions_are_up() -> pulumi.ResourceHookBinding:
    """Holds the mesh's end up once, when it is first switched off. Nothing that is read here says how sessions are."""
    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook("bgp-sessions-with-reflectors", _settle)])


def _settle(_: Any) -> None:
    pulumi.log.info(f"{_SESSIONS_UP_SECONDS:.0f} s for the BGP sessions with the reflectors, then the mesh goes")
    time.sleep(_SESSIONS_UP_SECONDS)
