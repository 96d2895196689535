"""boto3 with the credentials that the stack's aws provider uses, for the few things that Pulumi has no resource for."""

from __future__ import annotations

import importlib
import threading
from typing import Any

import pulumi


def load_ahead() -> None:
    """Imports boto3 in a thread: most of a second that passes while the engine starts the aws provider."""
    threading.Thread(target=importlib.import_module, args=("boto3",), daemon=True).start()


def client(service: str, region: str) -> Any:
    """A boto3 client that reads the same `aws:` configuration as the provider: profile, keys, and roles to assume.

    Whoever sets none of them gets boto3's own chain, which is the provider's too.
    """
    import boto3

    config = pulumi.Config("aws")
    session = boto3.Session(
        profile_name=config.get("profile"),
        aws_access_key_id=config.get("accessKey"),
        aws_secret_access_key=config.get("secretKey"),
        aws_session_token=config.get("token"),
        region_name=region,
    )
    for role in [*(config.get_object("assumeRoles") or []), *filter(None, [config.get_object("assumeRole")])]:
        session = _assumed(session, role, region)
    return session.client(service)


def _assumed(session: Any, role: dict[str, str], region: str) -> Any:
    import boto3

    request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "canal-aws")}
    if role.get("externalId"):
        request["ExternalId"] = role["externalId"]
    given = session.client("sts").assume_role(**request)["Credentials"]
    return boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )
