"""Exported states for tests: what `pulumi stack export` prints after a kill, as v3.259.0 writes it."""

from __future__ import annotations

import json
from typing import Any

STACK = "organization/canal-aws/dev"
PROVIDER = "urn:pulumi:dev::canal-aws::pulumi:providers:aws::default_7_51_1"
PROVIDER_ID = "6ac8d932-cd84-4f58-91d4-3488112839d6"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:dev::canal-aws::{token}::{name}"


def tags(name: str, stack: str = STACK) -> dict[str, str]:
    return {"canal-aws:stack": stack, "canal-aws:name": name}


def resource(token: str, name: str, inputs: dict[str, Any], resource_id: str = "") -> dict[str, Any]:
    made = {
        "urn": urn(token, name),
        "custom": True,
        "type": token,
        "inputs": inputs,
        "provider": f"{PROVIDER}::{PROVIDER_ID}",
    }
    return made | ({"id": resource_id, "outputs": dict(inputs)} if resource_id else {})


def operation(kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "resource": subject}


def secret(text: str, shown: bool) -> dict[str, str]:
    """How an export writes a secret text, with its secrets shown or not."""
    kept = {"plaintext": json.dumps(text)} if shown else {"ciphertext": "v1:x"}
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"} | kept


def export(
    resources: list[dict[str, Any]], pending: list[dict[str, Any]], configured: dict[str, Any] | None = None
) -> str:
    """`configured` is what the aws provider was given besides the Region."""
    provider = {
        "urn": PROVIDER,
        "custom": True,
        "id": PROVIDER_ID,
        "type": "pulumi:providers:aws",
        "inputs": {"region": "us-east-1"} | (configured or {}),
    }
    deployment: dict[str, Any] = {"manifest": {}, "resources": [provider, *resources], "metadata": {}}
    if pending:
        deployment["pending_operations"] = pending
    return json.dumps({"version": 3, "deployment": deployment})
