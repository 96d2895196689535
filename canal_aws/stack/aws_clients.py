"""boto3 clients that reach what the stack's aws provider reached: its Region, profile, keys and roles from the state."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Ten threads ask at once.
CONNECTIONS = 10


@dataclass(frozen=True)
class Patience:
    """How long one call may take: seconds to connect and to wait for bytes, None for botocore's own; and attempts.

    Attempts are botocore's standard mode: with jitter between them, after throttling and where no answer came.
    """

    attempts: int = 8
    connect: float | None = None
    read: float | None = None

    def config(self) -> Any:
        """As botocore takes it."""
        from botocore.config import Config

        times: dict[str, Any] = {"connect_timeout": self.connect, "read_timeout": self.read}
        return Config(
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            **{name: seconds for name, seconds in times.items() if seconds is not None},
        )


class Aws:
    """Clients by service. `configuration` is the provider's inputs in the state; what is absent is boto3's own chain.

    `endpoint` serves tests: the environment's is used otherwise, as any AWS SDK does.
    """

    def __init__(
        self, configuration: Mapping[str, Any], endpoint: str | None = None, patience: Patience | None = None
    ) -> None:
        self._configuration = configuration
        self._endpoint = endpoint
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service. Making one is not thread-safe in boto3, using one is."""
        with self._lock:
            if self._session is None:
                self._session = session(self._configuration)
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service, endpoint_url=self._endpoint, config=self._patience.config()
                )
            return self._clients[service]

    def with_patience(self, patience: Patience) -> Aws:
        """The same AWS, waited for as long as `patience` says."""
        return self if patience == self._patience else Aws(self._configuration, self._endpoint, patience)

    def in_region(self, region: str) -> Aws:
        """The same account in another Region."""
        same = region == self._configuration.get("region")
        return self if same else Aws({**self._configuration, "region": region}, self._endpoint, self._patience)

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
