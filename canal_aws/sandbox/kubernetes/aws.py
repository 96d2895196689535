"""The fleet's own AWS calls, marked by their User-Agent, and never to anything but this machine."""

from __future__ import annotations

import base64
import ipaddress
import threading
import urllib.parse
from typing import Any

from canal_aws.errors import CanalError

USER_AGENT = "canal-fleet"
STACK_TAG = "canal-aws:stack"
_EC2_API_VERSION = "2016-11-15"
_KEY = "sandbox"  # a key of its own, so that none is ever looked for in a profile or in the instance metadata


class NotTheSandbox(CanalError):
    """The endpoint is not on this machine."""


class ParameterMissing(CanalError):
    """The SSM parameter does not exist yet; it belongs to the program, which creates it."""


class Aws:
    """EC2 and SSM of the embedded AWS, in any Region. Safe for several threads."""

    def __init__(self, endpoint: str) -> None:
        host = urllib.parse.urlsplit(endpoint).hostname or ""
        if not _is_loopback(host):
            raise NotTheSandbox(
                f"--aws-endpoint {endpoint}: the fleet writes parameters and speaks to this machine only; "
                "give the embedded AWS, http://127.0.0.1:PORT"
            )
        self.endpoint = endpoint
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # creating a client is not thread-safe in boto3, using one is

    def regions(self) -> list[str]:
        """Names of all Regions."""
        answer = self._client("ec2", "us-east-1").describe_regions()
        return sorted(region["RegionName"] for region in answer["Regions"])

    def has_instances(self, region: str) -> bool:
        """Whether a Region holds such instances; without a client of its own, each of which costs 15 MiB."""
        import requests
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        query = {
            "Action": "DescribeInstances",
            "Version": _EC2_API_VERSION,
            "Filter.1.Name": "tag-key",
            "Filter.1.Value.1": STACK_TAG,
        }
        request = AWSRequest("POST", self.endpoint + "/", data=query, headers={"User-Agent": USER_AGENT})
        SigV4Auth(Credentials(_KEY, _KEY), "ec2", region).add_auth(request)
        prepared = request.prepare()
        body: Any = prepared.body
        answer = requests.post(prepared.url, data=body, headers=dict(prepared.headers), timeout=(2, 20))
        answer.raise_for_status()
        return "<instanceId>" in answer.text

    def instances(self, region: str) -> list[dict[str, Any]]:
        """EC2's descriptions of the instances that carry the stack tag, terminated ones included."""
        pages = (
            self._client("ec2", region)
            .get_paginator("describe_instances")
            .paginate(Filters=[{"Name": "tag-key", "Values": [STACK_TAG]}])
        )
        return [
            instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]
        ]

    def user_data(self, region: str, instance_id: str) -> bytes:
        """The instance's own user data, decoded; its launch template's is already in it."""
        answer = self._client("ec2", region).describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        return base64.b64decode(answer.get("UserData", {}).get("Value") or "")

    def parameter(self, region: str, name: str) -> str:
        """The parameter's decrypted value; raises ParameterMissing."""
        client = self._client("ssm", region)
        try:
            answer = client.get_parameter(Name=name, WithDecryption=True)
        except client.exceptions.ParameterNotFound as error:
            raise ParameterMissing(f"{name} does not exist in {region} yet") from error
        return str(answer["Parameter"]["Value"])

    def put_parameter(self, region: str, name: str, value: str) -> None:
        """Overwrite a SecureString."""
        self._client("ssm", region).put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def _client(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        with self._lock:
            if self._session is None:
                # One for all clients: it keeps the services' descriptions, which are what takes memory.
                self._session = boto3.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY)
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,
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
            return self._clients[key]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
