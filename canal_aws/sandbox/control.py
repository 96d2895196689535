"""A client for the embedded AWS's own URLs (/_canal/…), and the question whose account answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from canal_aws.sandbox.aws import ACCOUNT_ID
from canal_aws.sandbox.errors import SandboxProcessError

#: Without proxies: the loopback address is never reached through one, whatever the environment says.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Control:
    """The control URLs of the embedded AWS at `endpoint`; SandboxProcessError where it does not answer."""

    endpoint: str

    def ready(self) -> bool:
        """Whether it serves requests."""
        try:
            self._ask("GET", "ready", seconds=2)
        except SandboxProcessError:
            return False
        return True

    def calls(self) -> dict[str, int]:
        """AWS API calls so far, by "service:Operation", without the fleet's own."""
        return {str(name): int(count) for name, count in self._ask("GET", "calls").items()}

    def reset_calls(self) -> None:
        """Count from zero."""
        self._ask("POST", "calls/reset", {})

    def set_quota(self, service: str, code: str, value: float) -> None:
        """Give a quota another applied value."""
        self._ask("POST", "quota", {"service": service, "code": code, "value": value})

    def newer_images(self) -> None:
        """Publish a newer image of every family."""
        self._ask("POST", "ami", {"newer": True})

    def deny(self, *actions: str) -> None:
        """Take away the permission for these IAM actions, like "servicequotas:GetServiceQuota", and for no others."""
        self._ask("POST", "deny", {"actions": list(actions)})

    def set_zone_state(self, zone: str, state: str) -> None:
        """Let DescribeAvailabilityZones call a zone available, unavailable, …."""
        self._ask("POST", "zone", {"zone": zone, "state": state})

    def reset(self) -> None:
        """Forget everything that was created, and go back to AWS's quotas."""
        self._ask("POST", "reset", {})

    def leftovers(self) -> list[str]:
        """Everything there beyond a fresh account, as "type id"."""
        return [str(entry) for entry in self._ask("GET", "leftovers")]

    def require_own_account(self) -> None:
        """Refuse to go on unless STS at the endpoint answers with the sandbox's own account.

        The request is what an SDK sends for GetCallerIdentity (AWS STS API reference), signed with nothing: an AWS
        that checks signatures refuses it, which is as good an answer as a foreign account.
        """
        request = urllib.request.Request(
            self.endpoint + "/",
            data=b"Action=GetCallerIdentity&Version=2011-06-15",
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "Accept": "application/json",
                "User-Agent": "canal-fleet canal-aws/sandbox",  # not counted among the program's calls
                "X-Amz-Date": "20260101T000000Z",
                "Authorization": "AWS4-HMAC-SHA256 Credential=sandbox/20260101/us-east-1/sts/aws4_request, "
                "SignedHeaders=host;x-amz-date, Signature=0",
            },
        )
        answer = self._send(request, 10).decode(errors="replace")
        if ACCOUNT_ID not in answer:
            raise SandboxProcessError(
                f"{self.endpoint} is not this sandbox: STS GetCallerIdentity there does not answer account "
                f"{ACCOUNT_ID}. Nothing was done; run `canal-aws sandbox stop` and `canal-aws sandbox start`"
            )

    def _ask(self, method: str, name: str, body: dict[str, Any] | None = None, seconds: float = 30) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_canal/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        return json.loads(self._send(request, seconds) or b"{}")

    def _send(self, request: urllib.request.Request, seconds: float) -> bytes:
        try:
            with _DIRECT.open(request, timeout=seconds) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            refused = error.read().decode(errors="replace")[:300]
            raise SandboxProcessError(
                f"the embedded AWS refused {request.full_url} ({error.code}): {refused}"
            ) from None
        except (OSError, ValueError) as error:
            raise SandboxProcessError(
                f"the embedded AWS does not answer at {self.endpoint} ({error}): "
                "look at `canal-aws sandbox status`, or start it again"
            ) from None
