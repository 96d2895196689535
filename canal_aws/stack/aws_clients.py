"""boto3 clients that reach what the stack's aws provider reaches: its Region, profile, keys and roles."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.stack.errors import StackError

#: Ten threads ask at once.
CONNECTIONS = 10
_ROLE = '{"roleArn": "arn:aws:iam::123456789012:role/deploy"}'


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
    """Clients by service. `configuration` is what `session` takes; StackError where its roles cannot be read.

    `endpoint` serves tests: the environment's is used otherwise, as any AWS SDK does.
    """

    def __init__(
        self, configuration: Mapping[str, Any], endpoint: str | None = None, patience: Patience | None = None
    ) -> None:
        # Now and not at the first call: it is no failure of that call's.
        roles_of(configuration)
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

    `configuration` is the provider's inputs in the state, or a stack's `aws:` configuration by keys without the namespace;
    its lists and maps may be JSON text. What is absent is boto3's own chain, which is the provider's too; the Region is
    `region_of`'s. StackError where the roles cannot be read.
    """
    import boto3

    region = region_of(configuration) or None
    made = boto3.Session(
        profile_name=configuration.get("profile"),
        aws_access_key_id=configuration.get("accessKey"),
        aws_secret_access_key=configuration.get("secretKey"),
        aws_session_token=configuration.get("token"),
        region_name=region,
    )
    for role in roles_of(configuration):
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


def region_of(configuration: Mapping[str, Any]) -> str:
    """The Region as the aws provider finds it: configured, else AWS_REGION, else AWS_DEFAULT_REGION; "" where none says.

    boto3 by itself reads the last of them only (pulumi-aws 7, config/vars.py; botocore, configprovider.py).
    """
    return str(
        configuration.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    )


def roles_of(configuration: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The roles to assume, in their order: `assumeRoles`, and `assumeRole` of older versions. StackError."""
    several, single = (_decoded(configuration.get(key)) for key in ("assumeRoles", "assumeRole"))
    found = [*(several if isinstance(several, list) else [several] if several else []), *([single] if single else [])]
    for role in found:
        if not isinstance(role, Mapping) or not isinstance(role.get("roleArn"), str):
            key, way_out = ("assumeRole", _ROLE) if role is single else ("assumeRoles", f"[{_ROLE}]")
            # Without the value: external ids are secrets to some, and are decrypted here.
            raise StackError(f"aws:{key}: names no role by a roleArn; write it like {way_out}")
    return found


def _decoded(value: Any) -> Any:
    """Neither the state nor `pulumi config set` without --path keeps lists and maps other than as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "null")
    except ValueError:
        return value
