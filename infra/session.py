"""boto3 with the credentials that the stack's aws provider uses, for the few things that Pulumi has no resource for."""

from __future__ import annotations

import importlib
import threading
from typing import Any

import pulumi

from canal_aws.stack.aws_clients import session


def load_ahead() -> None:
    """Imports boto3 in a thread: most of a second that passes while the engine starts the aws provider."""
    threading.Thread(target=importlib.import_module, args=("boto3",), daemon=True).start()


def client(service: str, region: str) -> Any:
    """A boto3 client that reads the same `aws:` configuration as the provider: profile, keys, and roles to assume.

    Whoever sets none of them gets boto3's own chain, which is the provider's too.
    """
    config = pulumi.Config("aws")
    given = {
        key: config.get(key) for key in ("profile", "accessKey", "secretKey", "token", "assumeRoles", "assumeRole")
    }
    return session({**given, "region": region}).client(service)
