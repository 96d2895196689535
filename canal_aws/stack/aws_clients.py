"""boto3 clients that reach what the stack's aws provider reached: its Region, profile, keys and roles from the state."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

#: Ten threads ask at once.
CONNECTIONS = 10


class Aws:
    """Clients by service. `configuration` is the provider's inputs in the state; what is absent is boto3's own chain.

    `endpoint` serves tests: the environment's is used otherwise, as any AWS SDK does.
    """

    def __init__(self, configuration: Mapping[str, Any], endpoint: str | None = None) -> None:
        self._configuration = configuration
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service. Making one is not thread-safe in boto3, using one is."""
        from botocore.config import Config

        with self._lock:
            if self._session is None:
                self._session = session(self._configuration)
            if service not in self._clients:
                settings = Config(max_pool_connections=CONNECTIONS, retries={"mode": "standard", "max_attempts": 8})
                self._clients[service] = self._session.client(service, endpoint_url=self._endpoint, config=settings)
            return self._clients[service]

    @property
    def ec2(self) -> Any:
        """EC2."""
        return self.client("ec2")

    @property
    def elb(self) -> Any:
        """Elastic Load Balancing, version 2."""
        return self.client("elbv2")

    @property
    def iam(self) -> Any:
        """IAM."""
        return self.client("iam")

    @property
    def ssm(self) -> Any:
        """Systems Manager."""
        return self.client("ssm")


def session(configuration: Mapping[str, Any]) -> Any:
    """A boto3 session as the aws provider's configuration asks for it: profile, keys, and roles assumed one after the other.

    What is absent is boto3's own chain, which is the provider's too.
    """
    import boto3

    region = configuration.get("region")
    made = boto3.Session(
        profile_name=configuration.get("profile"),
        aws_access_key_id=configuration.get("accessKey"),
        aws_secret_access_key=configuration.get("secretKey"),
        aws_session_token=configuration.get("token"),
        region_name=region,
    )
    # A provider's inputs that are no plain texts stand in the state as JSON.
    roles = configuration.get("assumeRoles") or []
    for role in json.loads(roles) if isinstance(roles, str) else roles:
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "canal-aws")}
        if role.get("externalId"):
            request["ExternalId"] = role["externalId"]
        given = made.client("sts").assume_role(**request)["Credentials"]
        made = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=region,
        )
    return made
