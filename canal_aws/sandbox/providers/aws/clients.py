"""The AWS clients of one provider process, and who they turned out to talk to."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

from canal_aws.sandbox.providers.aws import SANDBOX_ACCOUNT
from canal_aws.sandbox.providers.aws.errors import ProviderError, describe

CONNECTIONS = 32
"""Requests in flight at once; the engine works on some tens of resources in parallel."""

USER_AGENT = "canal-stand-in-pulumi-aws"


def check_endpoint(endpoint: str | None) -> str:
    """`endpoint` itself where it is a loopback address, else a ProviderError: the stand-in must never
    reach AWS, whose addresses are not loopback."""
    if not endpoint:
        raise ProviderError(
            "this is the stand-in for pulumi-aws and works against the sandbox alone: AWS_ENDPOINT_URL is "
            'not set. Start the sandbox (canal-aws sandbox start; eval "$(canal-aws sandbox env)"), or '
            "install the official aws plugin for a real account"
        )
    parts = urlsplit(endpoint)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ProviderError(
            f"AWS_ENDPOINT_URL={endpoint} is refused: this is the stand-in for pulumi-aws, which speaks only "
            "to http://127.0.0.1:<port>. Install the official aws plugin for a real account"
        )
    return endpoint


class Aws:
    """Clients for one Region and one pair of keys, made when first used and shared by all threads.

    `cancelled` is set when the engine cancels: waits end then, while requests under way complete.
    """

    partition = "aws"

    def __init__(self, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self.endpoint = check_endpoint(endpoint)
        self.region = region
        self.account = ""
        self.caller: dict[str, str] = {}
        self.cancelled = threading.Event()
        self._keys = (access_key, secret_key)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session: Any = None

    def client(self, service: str) -> Any:
        """The boto3-style client of `service`, such as `ec2` or `elbv2`."""
        client = self._clients.get(service)
        if client is None:
            with self._lock:
                client = self._clients.get(service) or self._make(service)
                self._clients[service] = client
        return client

    def _make(self, service: str) -> Any:
        import botocore.session
        from botocore.config import Config

        if self._session is None:
            self._session = botocore.session.Session()
            # No profile, no file and no metadata service may add credentials or a proxy.
            self._session.set_config_variable("profile", None)
        return self._session.create_client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self._keys[0],
            aws_secret_access_key=self._keys[1],
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 6},
                max_pool_connections=CONNECTIONS,
                user_agent_extra=USER_AGENT,
                proxies={},
                connect_timeout=5,
                read_timeout=60,
            ),
        )

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    @property
    def elb(self) -> Any:
        return self.client("elbv2")

    @property
    def iam(self) -> Any:
        return self.client("iam")

    @property
    def ssm(self) -> Any:
        return self.client("ssm")

    @property
    def s3(self) -> Any:
        return self.client("s3")

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """The ARN of a resource of this account, `arn:aws:<service>:<region>:<account>:<resource>`."""
        region = self.region if regional else ""
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def identify(self) -> None:
        """Ask STS who answers, and refuse every account but the sandbox's own."""
        try:
            caller = self.client("sts").get_caller_identity()
        except Exception as error:
            raise ProviderError(
                f"the stand-in for pulumi-aws could not ask {self.endpoint} for its account: {describe(error)}. "
                "Is the sandbox running? canal-aws sandbox status"
            ) from error
        if caller["Account"] != SANDBOX_ACCOUNT:
            raise ProviderError(
                f"account {caller['Account']} at {self.endpoint} is refused: the stand-in for pulumi-aws works on "
                f"the sandbox's account {SANDBOX_ACCOUNT} alone. Install the official aws plugin for a real account"
            )
        self.account = caller["Account"]
        self.caller = {key: caller[key] for key in ("Account", "Arn", "UserId")}
