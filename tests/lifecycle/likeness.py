"""Whether two stacks' states say the same: with every id and chosen name replaced by what it is the id of."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from typing import Any

from tests.lifecycle.stacks import Stack

#: What AWS or Kubernetes chooses anew each time, beside ids.
_CHOSEN = {
    "associationId",
    "createDate",
    "defaultNetworkAclId",
    "defaultRouteTableId",
    "defaultSecurityGroupId",
    "kubeconfig",
    "mainRouteTableId",
    "networkInterface",
    "networkInterfaceId",
    "primaryNetworkInterfaceId",
    "privateDns",
    "publicDns",
    "publicIp",
    "uniqueId",
    "valueWo",
}
_NAT_ADDRESS = "privateIp"
_KUBERNETES = "kubernetes:"
_GZIP = b"\x1f\x8b"


def picture(stack: Stack) -> dict[str, Any]:
    """URN → inputs, outputs (of AWS's types; of an object only that there are some) and what it depends on."""
    resources = stack.resources()
    names = _names(stack, resources)
    return {_plain(each["urn"], names): _said(each, names) for each in resources}


def _names(stack: Stack, resources: list[dict[str, Any]]) -> dict[str, str]:
    """What to replace, the longest first, so that no name is taken for the beginning of another."""
    found: dict[str, str] = {}
    for each in resources:
        what = "<" + each["urn"].split("::", 2)[2] + ">"
        if each["type"].startswith(_KUBERNETES) or not each.get("id"):
            continue
        outputs = each.get("outputs") or {}
        for key in ("arnSuffix", "dnsName", "name", "primaryNetworkInterfaceId"):
            if outputs.get(key):
                found[str(outputs[key])] = f"{what}.{key}"
        # The first one: what is set on a bucket has the bucket's id, and comes after it.
        found.setdefault(str(each["id"]), what)
    ordered = dict(sorted(found.items(), key=lambda item: -len(item[0])))
    return {**ordered, f"canal-aws-{stack.name}": "<project-stack>", stack.name: "<stack>"}


def _plain(text: str, names: dict[str, str]) -> str:
    for found, name in names.items():
        text = re.sub(rf"(?<![\w-]){re.escape(found)}(?![\w])", name, text)
    return text


def _said(resource: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        key: _replaced(resource.get(key), names)
        for key in ("type", "custom", "parent", "deletedWith", "protect", "delete", "initErrors")
    }
    said["inputs"] = _replaced(resource.get("inputs"), names)
    said["dependencies"] = sorted(_replaced(resource.get("dependencies") or [], names))
    said["propertyDependencies"] = {
        key: sorted(_replaced(value or [], names))
        for key, value in (resource.get("propertyDependencies") or {}).items()
    }
    outputs = resource.get("outputs") or {}
    if resource["type"].startswith("aws:"):
        said["outputs"] = _replaced(outputs, names)
    else:
        said["outputs"] = sorted(outputs)
    if resource["type"].endswith(":NatGateway"):
        said["outputs"].pop(_NAT_ADDRESS)
    return said


def _replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: "<chosen>" if key in _CHOSEN and item else _replaced(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_replaced(item, names) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return _plain(_decoded(value), names)
    return value


def _decoded(text: str) -> str:
    """User data, which is one long line of base64, gzipped for cloud-init, as text."""
    if len(text) < 200 or " " in text:
        return text
    try:
        data = base64.b64decode(text, validate=True)
        return (gzip.decompress(data) if data.startswith(_GZIP) else data).decode()
    except (binascii.Error, gzip.BadGzipFile, UnicodeDecodeError):
        return text
