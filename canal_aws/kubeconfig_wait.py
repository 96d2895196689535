"""Waiting for the control plane: for the kubeconfig that it publishes in an SSM parameter, and for its API to answer."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import yaml

from canal_aws.errors import CanalError

#: The parameter's value until the control plane writes it.
PLACEHOLDER = "placeholder"
_WRITER = "# written-by: "
_FIRST_PAUSE, _LONGEST_PAUSE, _TOLD_EVERY = 0.5, 10.0, 30.0  # seconds
_PAUSE_PER_SECOND = 0.1
_ANSWER_WITHIN = 5.0
# A load balancer sends clients to a control plane that was replaced for so long: its targets' deregistration (30 s) and
# two failed health checks of the old one.
_ANOTHER_CLUSTER_FOR = 60.0
# OpenSSL's verdicts on a certificate that another authority issued (x509_vfy.h: unable to get the issuer, self-signed,
# bad signature): not a date, not a name.
_ANOTHER_AUTHORITY = frozenset({7, 18, 19, 20, 21})

Log = Callable[[str], None]


class KubeconfigTimeout(CanalError):
    """The kubeconfig was not published in time."""


class ApiTimeout(CanalError):
    """The Kubernetes API did not answer in time from where the program runs."""


class AnotherCluster(CanalError):
    """The API that answers is not the one that the kubeconfig was written for."""


class KubeconfigUnreadable(CanalError):
    """What was published is no kubeconfig."""


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


def wait_for_api(kubeconfig: str, instance_id: str, timeout: float, log: Log) -> None:
    """Returns once the API server of this kubeconfig answers on /readyz, verified against the cluster's CA.

    A load balancer sends nothing to a target before it has passed its health checks, minutes after registration (ELB,
    "Health checks for Network Load Balancer target groups"). ApiTimeout names what to look at first, `instance_id`'s boot
    log included; AnotherCluster where for a minute the answer came with another cluster's certificate.
    """
    server, trust = _cluster_of(kubeconfig)
    wait = _Wait(timeout, log, f"the Kubernetes API at {server}")
    another_since: float | None = None
    for _ in wait.turns():
        try:
            with urlopen(f"{server}/readyz", timeout=_ANSWER_WITHIN, context=trust):
                return
        except HTTPError as error:
            if error.code in (401, 403):  # it answers, and anonymous requests are switched off
                return
            wait.state, another_since = str(error), None
        except OSError as error:
            wait.state = str(error)
            if not _of_another_authority(error):
                another_since = None
            elif another_since is None:
                another_since = time.monotonic()
            elif time.monotonic() - another_since > min(_ANOTHER_CLUSTER_FOR, timeout / 2):
                raise AnotherCluster(_another(server, instance_id)) from None
    raise ApiTimeout(
        f"the Kubernetes API at {server} did not answer within {timeout:.0f} s ({wait.state}). Is the address from which "
        "this program runs in apiAllowedCidrs? (With apiAccess = private it must be there or in the VPC, and have a way to it: "
        "docs/architecture.md, A private API.) If it is, see "
        "whether the control plane's targets are healthy with `aws elbv2 describe-target-health`; "
        f"{_boot_log(instance_id)}; a slower machine needs a larger kubeconfigTimeout"
    )


def _cluster_of(kubeconfig: str) -> tuple[str, ssl.SSLContext]:
    """Server and trusted CA; KubeconfigUnreadable names what is missing, never what is there."""
    try:
        cluster = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"], validate=True).decode()
        return str(cluster["server"]), ssl.create_default_context(cadata=authority)
    except (yaml.YAMLError, KeyError, IndexError, TypeError, ValueError, ssl.SSLError) as error:
        raise KubeconfigUnreadable(
            f"what the control plane published is no kubeconfig with a server and its certificate authority "
            f"({type(error).__name__}); replace the control-plane node that wrote it, or write it anew there with "
            "`/opt/canal-aws/publish.sh kubeconfig`"
        ) from None


def _of_another_authority(error: OSError) -> bool:
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(reason, ssl.SSLCertVerificationError) and reason.verify_code in _ANOTHER_AUTHORITY


def _another(server: str, instance_id: str) -> str:
    return (
        f"the API that answers at {server} belongs to another cluster: its certificate is not from the authority in the "
        f"kubeconfig that {instance_id} published. Either a target of this load balancer is a control plane that founded "
        "a cluster of its own, or a proxy between here and there breaks TLS. See which instances are behind it with "
        "`aws elbv2 describe-target-health`, and what they founded: "
        f"{_boot_log(instance_id)}"
    )


def _boot_log(instance_id: str) -> str:
    return (
        f"read the boot log of {instance_id} with `aws ssm start-session --target {instance_id}` "
        "(journalctl -u canal-aws-bootstrap, /var/log/cloud-init-output.log) or "
        f"`aws ec2 get-console-output --latest --instance-id {instance_id}`"
    )


@dataclass
class _Wait:
    """Turns with growing pauses between them until `timeout` seconds are over; says now and then what it waits for."""

    timeout: float
    log: Log
    what: str
    state: str = ""

    def turns(self) -> Iterator[None]:
        began = told = time.monotonic()
        while True:
            yield
            now = time.monotonic()
            # A part of the time so far: what takes long is asked for seldom, and nothing is seen much later than it is.
            pause = min(max((now - began) * _PAUSE_PER_SECOND, _FIRST_PAUSE), _LONGEST_PAUSE)
            if now + pause > began + self.timeout:
                return
            if now - told >= _TOLD_EVERY:
                told = now
                self.log(f"waiting for {self.what}: {self.state}")
            time.sleep(pause)


def _writer(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line.removeprefix(_WRITER) if line.startswith(_WRITER) else "it does not say which"


def _explanation(parameter: str, instance_id: str, timeout: float, found: str, state: str) -> str:
    text = (
        f"{instance_id} has not published its kubeconfig in {parameter} after {timeout:.0f} s ({state}). This part of the "
        "wait asks Systems Manager and not the API, so apiAllowedCidrs is not what holds it up: "
        f"{_boot_log(instance_id)}; a slower machine needs a larger kubeconfigTimeout"
    )
    if found.startswith(_WRITER):
        # The first node founds a cluster only while both parameters are the placeholder, so that it never founds a second.
        join = f"{parameter.rpartition('/')[0]}/join"
        text += (
            f". It tries to join the cluster that {_writer(found)} founded. If all of its control plane is gone, its etcd is "
            "too, and this node founds an empty cluster in its place within seconds once both parameters are what they were "
            f"at first: `for name in {parameter} {join}; do aws ssm put-parameter --overwrite --type SecureString --name "
            f"$name --value {PLACEHOLDER}; done`"
        )
    return text
