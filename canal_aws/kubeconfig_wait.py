"""Waiting for the control plane to publish its kubeconfig in an SSM parameter."""

from __future__ import annotations

import time
from collections.abc import Callable

from canal_aws.errors import CanalError

#: The parameter's value until the control plane writes it.
PLACEHOLDER = "placeholder"
_WRITER = "# written-by: "
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


class KubeconfigTimeout(CanalError):
    """The kubeconfig was not published in time."""


def wait_for_kubeconfig(
    parameter: str, instance_id: str, region: str, timeout: float, log: Callable[[str], None]
) -> str:
    """The kubeconfig in `parameter` once its first line names `instance_id` as the writer.

    A value written by another instance is a replaced control plane's, and never taken. `timeout` is in seconds;
    KubeconfigTimeout says where to look.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    ssm = boto3.client("ssm", region_name=region)
    deadline = time.monotonic() + timeout
    pause, told, found = _FIRST_PAUSE, time.monotonic(), ""
    while True:
        try:
            found = str(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
            if found.startswith(f"{_WRITER}{instance_id}\n"):
                return found
            state = (
                "still the placeholder" if found == PLACEHOLDER else f"written by another instance ({_writer(found)})"
            )
        except (BotoCoreError, ClientError) as error:
            state = str(error)
        if time.monotonic() + pause > deadline:
            raise KubeconfigTimeout(_explanation(parameter, instance_id, timeout, found, state))
        if time.monotonic() - told >= 30:
            told = time.monotonic()
            log(f"waiting for {instance_id} to publish its kubeconfig in {parameter}: {state}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _writer(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line.removeprefix(_WRITER) if line.startswith(_WRITER) else "it does not say which"


def _explanation(parameter: str, instance_id: str, timeout: float, found: str, state: str) -> str:
    text = (
        f"{instance_id} has not published its kubeconfig in {parameter} after {timeout:.0f} s ({state}). "
        f"Read its boot log with `aws ssm start-session --target {instance_id}` (/var/log/cloud-init-output.log) or "
        f"`aws ec2 get-console-output --latest --instance-id {instance_id}`; "
        "a slower machine needs a larger kubeconfigTimeout"
    )
    if found.startswith(_WRITER):
        # The first node founds a cluster only while the parameter is the placeholder, so that it never founds a second.
        text += (
            f". It tries to join the cluster that {_writer(found)} founded. If that control plane is gone, its etcd is too: "
            f"`aws ssm put-parameter --overwrite --type SecureString --name {parameter} --value {PLACEHOLDER}` "
            "lets this node found an empty cluster in its place"
        )
    return text
