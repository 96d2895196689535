"""The provider's own configuration (`aws:region` and so on): what is modelled, and where it comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.sandbox.providers.aws import SANDBOX_ACCOUNT
from canal_aws.sandbox.providers.aws.check import Failure
from canal_aws.sandbox.providers.values import UNKNOWN

MODELLED = ("region", "accessKey", "secretKey", "allowedAccountIds")
ENGINE_OWN = ("version", "pluginDownloadURL", "__internal", "urn")
REFUSED = {
    "profile": "a profile may lead to a real account; the stand-in takes the sandbox's keys from the environment",
    "token": "a session token belongs to a real account",
    "assumeRoles": "a role to assume belongs to a real account",
    "endpoints": "the endpoint comes from AWS_ENDPOINT_URL alone",
    "defaultTags": "default tags are not modelled: give tags to each resource",
    "ignoreTags": "ignored tags are not modelled",
}


@dataclass(frozen=True)
class Config:
    """Region and keys of one configured provider."""

    region: str
    access_key: str
    secret_key: str
    allowed_account_ids: tuple[str, ...] = ()


def check_config(news: Mapping[str, Any]) -> list[Failure]:
    """Everything in the configuration that the stand-in refuses."""
    failures: list[Failure] = []
    for key, value in news.items():
        if key in MODELLED or key in ENGINE_OWN or value in (None, "", [], {}, "[]", "{}"):
            continue
        failures.append((key, REFUSED.get(key, "is not modelled by the stand-in for pulumi-aws")))
    allowed = decoded(news.get("allowedAccountIds"))
    if allowed and allowed is not UNKNOWN and SANDBOX_ACCOUNT not in allowed:
        failures.append(
            (
                "allowedAccountIds",
                f"does not hold {SANDBOX_ACCOUNT}, the sandbox's account, so nothing may be done here",
            )
        )
    return failures


def read_config(values: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Config | list[Failure]:
    """The configuration completed from the environment, as the official provider does, or what is missing."""
    env = os.environ if environment is None else environment
    failures = check_config(values)
    region = values.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""
    if not region or region is UNKNOWN:
        failures.append(("region", "no AWS Region: pulumi config set aws:region REGION, or set AWS_REGION"))
    if failures:
        return failures
    return Config(
        region=str(region),
        access_key=str(values.get("accessKey") or env.get("AWS_ACCESS_KEY_ID") or "sandbox"),
        secret_key=str(values.get("secretKey") or env.get("AWS_SECRET_ACCESS_KEY") or "sandbox"),
        allowed_account_ids=tuple(decoded(values.get("allowedAccountIds")) or ()),
    )


def decoded(value: Any) -> Any:
    """SDKs pass lists and objects of a provider's configuration as JSON text."""
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value
