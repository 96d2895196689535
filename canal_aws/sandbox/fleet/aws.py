"""The fleet's own calls of the embedded AWS, marked by their User-Agent, and never to anything but this machine."""

from __future__ import annotations

import base64
import ipaddress
import threading
import urllib.parse
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import requests

from canal_aws.sandbox.fleet.errors import NotTheSandbox
from canal_aws.sandbox.machines import Credentials
from canal_aws.stack.deployment import STACK_TAG

USER_AGENT = "canal-fleet"
_EC2_API_VERSION = "2016-11-15"
_KEY = "sandbox"  # a key of its own, so that none is ever looked for in a profile or in the instance metadata
_TIMEOUT = (2.0, 20.0)  # seconds to connect and to answer


@dataclass(frozen=True)
class Balancer:
    """A load balancer that listens: `listeners` is port to the (instance id, port) pairs of its targets.

    `checks` is port to the path of an HTTPS health check; a port that is not there is checked by TCP.
    """

    name: str
    vpc: str
    internal: bool
    listeners: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]
    checks: tuple[tuple[int, str], ...] = ()


class Aws:
    """EC2 of the embedded AWS, in any Region, and its control URLs. Safe for several threads."""

    def __init__(self, endpoint: str) -> None:
        host = urllib.parse.urlsplit(endpoint).hostname or ""
        if not _is_loopback(host):
            raise NotTheSandbox(
                f"--aws-endpoint {endpoint}: the fleet speaks to this machine only; "
                "give the embedded AWS, http://127.0.0.1:PORT"
            )
        self.endpoint = endpoint
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # creating a client is not thread-safe in boto3, using one is

    def regions(self) -> list[str]:
        """Names of all Regions."""
        answer = self._ec2("us-east-1").describe_regions()
        return sorted(region["RegionName"] for region in answer["Regions"])

    def has_instances(self, region: str) -> bool:
        """Whether a Region holds such instances; without a client of its own, each of which costs 15 MiB."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials as BotocoreCredentials

        query = {
            "Action": "DescribeInstances",
            "Version": _EC2_API_VERSION,
            "Filter.1.Name": "tag-key",
            "Filter.1.Value.1": STACK_TAG,
        }
        request = AWSRequest("POST", self.endpoint + "/", data=query, headers={"User-Agent": USER_AGENT})
        SigV4Auth(BotocoreCredentials(_KEY, _KEY), "ec2", region).add_auth(request)
        prepared = request.prepare()
        body: Any = prepared.body
        answer = requests.post(prepared.url, data=body, headers=dict(prepared.headers), timeout=_TIMEOUT)
        answer.raise_for_status()
        return "<instanceId>" in answer.text

    def instances(self, region: str) -> list[dict[str, Any]]:
        """EC2's descriptions of the instances that carry the stack tag, terminated ones included."""
        pages = (
            self._ec2(region)
            .get_paginator("describe_instances")
            .paginate(Filters=[{"Name": "tag-key", "Values": [STACK_TAG]}])
        )
        return [
            instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]
        ]

    def user_data(self, region: str, instance_id: str) -> bytes:
        """The instance's own user data, decoded; its launch template's is already in it."""
        answer = self._ec2(region).describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        return base64.b64decode(answer.get("UserData", {}).get("Value") or "")

    def vpc_cidr(self, region: str, vpc_id: str) -> IPv4Network:
        """A VPC's primary CIDR block."""
        (vpc,) = self._ec2(region).describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
        return IPv4Network(vpc["CidrBlock"])

    def role_session(self, region: str, instance_id: str) -> tuple[str, Credentials | None]:
        """The name of the instance's role and the credentials of its session; ("", None) where it has no role."""
        answer = self._control("POST", "session", {"region": region, "instance": instance_id})
        if answer.status_code == requests.codes.bad_request:
            return "", None
        answer.raise_for_status()
        found = answer.json()
        return found["Role"], Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])

    def put_console(self, instance_id: str, text: str) -> None:
        """What GetConsoleOutput answers from now on."""
        self._control("POST", "console", {"instance": instance_id, "text": text}).raise_for_status()

    def balancers(self) -> list[Balancer]:
        """The load balancers of all Regions that are active and have a listener."""
        answer = self._control("GET", "balancers")
        answer.raise_for_status()
        return [
            Balancer(
                name=found["name"],
                vpc=found["vpc"],
                internal=found["internal"],
                listeners=tuple(
                    (int(port), tuple((instance, int(to)) for instance, to in targets))
                    for port, targets in sorted(found["listeners"].items())
                ),
                checks=tuple((int(port), path) for port, path in sorted(found["checks"].items()) if path),
            )
            for found in answer.json()
            if found["listeners"]
        ]

    def _control(self, method: str, name: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.endpoint}/_canal/{name}",
            json=body,
            headers={"User-Agent": USER_AGENT},
            proxies={"http": ""},
            timeout=_TIMEOUT,
        )

    def _ec2(self, region: str) -> Any:
        import boto3
        from botocore.config import Config

        with self._lock:
            if self._session is None:
                # One for all clients: it keeps the service's description, which is what takes memory.
                self._session = boto3.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY)
            if region not in self._clients:
                self._clients[region] = self._session.client(
                    "ec2",
                    region_name=region,
                    endpoint_url=self.endpoint,
                    config=Config(
                        user_agent_extra=USER_AGENT,
                        connect_timeout=2,
                        read_timeout=20,
                        retries={"max_attempts": 0},  # the loop comes back by itself
                        proxies={},
                    ),
                )
            return self._clients[region]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
