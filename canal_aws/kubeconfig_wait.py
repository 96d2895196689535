"""Waiting for the control plane: for the kubeconfig that it publishes in an SSM parameter, and for its API to answer."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import yaml

from canal_aws.errors import CanalError

#: The parameter's value until the control plane writes it.
PLACEHOLDER = "placeholder"
_WRITER = "# written-by: "
_FIRST_PAUSE, _LONGEST_PAUSE, _TOLD_EVERY = 0.5, 10.0, 30.0  # seconds
_ANSWER_WITHIN = 5.0

Log = Callable[[str], None]


class KubeconfigTimeout(CanalError):
    """The kubeconfig was not published in time."""


class ApiTimeout(CanalError):
    """The Kubernetes API did not answer in time from where the program runs."""


def wait_for_kubeconfig(ssm: Any, parameter: str, instance_id: str, timeout: float, log: Log) -> str:
    """The kubeconfig in `parameter` once its first line names `instance_id` as the writer.

    A value written by another instance is a replaced control plane's, and never taken. `ssm` is a boto3 client,
    `timeout` is in seconds; KubeconfigTimeout says where to look.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    found = ""
    wait = _Wait(timeout, log, f"{instance_id} to publish its kubeconfig")
    for _ in wait.turns():
        try:
            found = str(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
            if found.startswith(f"{_WRITER}{instance_id}\n"):
                return found
            written = f"written by another instance ({_writer(found)})"
            wait.state = "still the placeholder" if found == PLACEHOLDER else written
        except (BotoCoreError, ClientError) as error:
            wait.state = str(error)
    raise KubeconfigTimeout(_explanation(parameter, instance_id, timeout, found, wait.state))


def published(ssm: Any, parameter: str) -> str | None:
    """The kubeconfig that is in `parameter` now, whoever wrote it; None while there is none, or where nobody may look."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = str(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except (BotoCoreError, ClientError):
        return None
    return found if found.startswith(_WRITER) else None


def wait_for_api(kubeconfig: str, timeout: float, log: Log) -> None:
    """Returns once the API server of this kubeconfig answers on /readyz, verified against the cluster's CA.

    A load balancer sends nothing to a target before it has passed its health checks, minutes after registration (ELB,
    "Health checks for Network Load Balancer target groups"). ApiTimeout names what to look at first.
    """
    cluster = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]
    server = str(cluster["server"])
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    wait = _Wait(timeout, log, f"the Kubernetes API at {server}")
    for _ in wait.turns():
        try:
            with urlopen(f"{server}/readyz", timeout=_ANSWER_WITHIN, context=trust):
                return
        except HTTPError as error:
            if error.code in (401, 403):  # it answers, and anonymous requests are switched off
                return
            wait.state = str(error)
        except OSError as error:
            wait.state = str(error)
    raise ApiTimeout(
        f"the Kubernetes API at {server} did not answer within {timeout:.0f} s ({wait.state}). Is the address from which this "
        "program runs in apiAllowedCidrs? (With apiAccess = private it must run inside the VPC.) If it is: see whether "
        "the control plane's targets are healthy with `aws elbv2 describe-target-health`"
    )


@dataclass
class _Wait:
    """Turns with growing pauses between them until `timeout` seconds are over; says now and then what it waits for."""

    timeout: float
    log: Log
    what: str
    state: str = ""

    def turns(self) -> Iterator[None]:
        deadline = time.monotonic() + self.timeout
        pause, told = _FIRST_PAUSE, time.monotonic()
        while True:
            yield
            if time.monotonic() + pause > deadline:
                return
            if time.monotonic() - told >= _TOLD_EVERY:
                told = time.monotonic()
                self.log(f"waiting for {self.what}: {self.state}")
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
            f". It tries to join the cluster that {_writer(found)} founded. If that control plane is gone, its etcd is "
            f"too: `aws ssm put-parameter --overwrite --type SecureString --name {parameter} --value {PLACEHOLDER}` "
            "lets this node found an empty cluster in its place"
        )
    return text
