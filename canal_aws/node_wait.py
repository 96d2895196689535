"""Waiting for Nodes to register: a patch of a Node that is not there would create it, without its taints and its address.

(pulumi-kubernetes v4.32.0, provider/pkg/await/await.go: patches are server-side applies, and those create.)
"""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import yaml

from canal_aws.errors import CanalError

_PAUSE, _TOLD_EVERY, _ANSWER_WITHIN = 2.0, 30.0, 10.0  # seconds

Log = Callable[[str], None]


class NodesTimeout(CanalError):
    """Nodes did not register in time."""


def wait_for_nodes(kubeconfig: str, instances: Mapping[str, str], timeout: float, log: Log) -> None:
    """Returns once each Node (name to EC2 instance id) is registered by that very instance.

    Another instance of that name is the one that was replaced. NodesTimeout, after `timeout` seconds, names those that
    lack. `kubeconfig` holds a client certificate.
    """
    config = yaml.safe_load(kubeconfig)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = _context(cluster, user)
    deadline, told = time.monotonic() + timeout, time.monotonic()
    waiting = dict(instances)
    while True:
        state = ""
        for name, instance in instances.items():
            if name in waiting:
                try:
                    found = _provider_id(f"{cluster['server']}/api/v1/nodes/{name}", context)
                except OSError as error:
                    state = f" ({error})"
                    continue
                if found.endswith(f"/{instance}"):
                    del waiting[name]
        if not waiting:
            return
        missing = ", ".join(f"{name} ({instance})" for name, instance in waiting.items())
        if time.monotonic() + _PAUSE > deadline:
            raise NodesTimeout(
                f"these nodes did not register within {timeout:.0f} s: {missing}{state}. Read an instance's boot log with "
                "`aws ec2 get-console-output --latest --instance-id …`; a slower machine needs a larger "
                "kubeconfigTimeout, and `pulumi up` goes on from here"
            )
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            log(f"waiting for nodes to register: {missing}{state}")
        time.sleep(_PAUSE)


def _provider_id(url: str, context: ssl.SSLContext) -> str:
    """The Node's spec.providerID, such as aws:///us-east-1a/i-0123; empty while there is no such Node."""
    try:
        with urlopen(url, timeout=_ANSWER_WITHIN, context=context) as answer:
            return str(json.load(answer)["spec"].get("providerID", ""))
    except HTTPError as error:
        if error.code == 404:
            return ""
        raise


def _context(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    """TLS with the cluster's CA and the user's certificate; Python reads a key from a file only."""
    context = ssl.create_default_context(cadata=_text(cluster["certificate-authority-data"]))
    with tempfile.TemporaryDirectory(prefix="canal-aws-") as folder:
        pair = Path(folder, "client.pem")
        pair.touch(mode=0o600)
        pair.write_text(_text(user["client-certificate-data"]) + _text(user["client-key-data"]))
        context.load_cert_chain(pair)
    return context


def _text(data: str) -> str:
    return base64.b64decode(data).decode()
