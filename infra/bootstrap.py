"""The parameters through which nodes join and the kubeconfig comes back, and the wait for it.

The program owns each SecureString as a placeholder, so that destroy removes it; the control plane writes the value.
The value is write-only here: no refresh ever brings a secret into the stack's state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from canal_aws.bootstrap.of_group import parameter_names
from canal_aws.errors import CanalError
from canal_aws.kubeconfig_wait import PLACEHOLDER, published, wait_for_api, wait_for_kubeconfig
from infra.session import client
from infra.stack import Identity

_DESCRIPTIONS = {
    "kubeconfig_parameter": "Administrator's kubeconfig, written by the control plane",
    "join_parameter": "What a worker needs to join, written by the control plane",
    "control_plane_join_parameter": "What a control-plane node needs to join, written by the control plane",
    "encryption_key_parameter": "With which Secrets are encrypted in etcd, written by the control plane",
}


class Parameters(pulumi.ComponentResource):
    """The cluster's SSM SecureStrings: `names` as in `parameter_names`, `resources` by those names."""

    names: Mapping[str, str]
    resources: Mapping[str, aws.ssm.Parameter]

    def __init__(self, name: str, identity: Identity, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("canal-aws:infra:Parameters", name, None, opts)
        self.names = parameter_names(identity.stack)
        self.resources = {
            parameter: aws.ssm.Parameter(
                parameter.rsplit("/", 1)[1],
                name=parameter,
                type="SecureString",
                description=_DESCRIPTIONS[field],
                value_wo=PLACEHOLDER,
                value_wo_version=1,
                # Any such change would put a parameter anew, and so the placeholder over what the nodes need.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["description"]),
            )
            for field, parameter in self.names.items()
        }
        self.register_outputs({})


def kubeconfig_of(parameter: str, init_instance: aws.ec2.Instance, region: str, timeout: int) -> pulumi.Output[str]:
    """The kubeconfig that this very instance published, as a secret; waits `timeout` seconds at most for each step.

    Keyed by the instance's id: a stack whose first control-plane node is replaced waits for the new one's. An `up`
    also waits until the API answers, since no provider would.

    The instance is awaited and is yet no dependency of the output. An input that depends on what is deleted before its
    replacement is unknown to the engine (v3.259.0, step_generator.go, calculateDependentReplacements), a Kubernetes
    provider with an unknown kubeconfig is replaced, and everything on the cluster with it.
    """
    dry_run = pulumi.runtime.is_dry_run()
    ssm = client("ssm", region)

    def wait(instance_id: str) -> str:
        kubeconfig = wait_for_kubeconfig(ssm, parameter, instance_id, timeout, pulumi.log.info)
        if not dry_run:
            wait_for_api(kubeconfig, instance_id, timeout, pulumi.log.info)
        return kubeconfig

    async def value() -> str:
        # A blocked event loop would hold up every other resource of the program.
        try:
            if not await init_instance.id.is_known():  # a preview in which it is created or replaced
                return await asyncio.to_thread(published, ssm, parameter) or ""
            return await asyncio.to_thread(wait, str(await init_instance.id.future()))
        except CanalError as error:
            raise pulumi.RunError(str(error)) from None

    found = asyncio.ensure_future(value())

    async def known() -> bool:
        return await found != ""

    return pulumi.Output.secret(pulumi.Output(set(), found, asyncio.ensure_future(known())))
