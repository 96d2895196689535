"""What an instance's user data tells the fleet: the files it would find on the node, cluster.env and kubeadm.yaml.

Both forms that the program renders are read: `#cloud-config` (cloud-init's write_files module) and Ignition
(coreos.github.io/ignition, specification v3: storage.files[].contents.source as a data URL).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import yaml

from canal_aws.errors import CanalError

CLUSTER_ENV = "/etc/canal-aws/cluster.env"
KUBEADM_YAML = "/etc/canal-aws/kubeadm.yaml"
REQUIRED_ENV = (
    "CLUSTER_NAME",
    "AWS_REGION",
    "KUBERNETES_VERSION",
    "API_ENDPOINT",
    "KUBECONFIG_PARAMETER",
    "JOIN_PARAMETER",
)
_GZIP_MAGIC = b"\x1f\x8b"
_PLACEHOLDER = re.compile(r"@([A-Z][A-Z0-9_]*)@")


class UserDataRefused(CanalError):
    """The user data would not bring a node up; the message says what is wrong with it."""

    exit_status = 1


def files_of(user_data: bytes) -> dict[str, str]:
    """Path to text of every file that the user data writes on the node.

    `user_data` is what the instance metadata service would serve: raw, or gzipped (cloud-init takes both).
    Raises UserDataRefused when it is neither cloud-config nor Ignition, or cannot be parsed.
    """
    try:
        text = _gunzip(user_data).decode()
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise UserDataRefused(f"user data: neither text nor gzip of text ({error})") from error
    if text.startswith("#cloud-config"):
        return _cloud_config_files(text)
    if text.lstrip().startswith("{"):
        return _ignition_files(text)
    raise UserDataRefused(
        f"user data starts with {text[:40]!r}: expected '#cloud-config' (Ubuntu) or an Ignition document (Flatcar)"
    )


def cluster_environment(files: Mapping[str, str]) -> dict[str, str]:
    """The KEY=value lines of cluster.env; raises UserDataRefused for a bad line or a missing key."""
    text = _file(files, CLUSTER_ENV)
    environment: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, separator, value = stripped.partition("=")
        if not separator or not key.isidentifier():
            raise UserDataRefused(f"{CLUSTER_ENV} line {number}: {line!r} is not KEY=value")
        environment[key] = value.strip("\"'")
    missing = [key for key in REQUIRED_ENV if not environment.get(key)]
    if missing:
        raise UserDataRefused(f"{CLUSTER_ENV} lacks {', '.join(missing)}: the node needs them to bring a cluster up")
    return environment


def kubeadm_text(files: Mapping[str, str], substitutions: Mapping[str, str]) -> str:
    """kubeadm.yaml with what the node fills in itself (`@NAME@`) filled in; an unknown placeholder is refused."""
    text = _file(files, KUBEADM_YAML)
    unknown = sorted({name for name in _PLACEHOLDER.findall(text) if name not in substitutions})
    if unknown:
        raise UserDataRefused(
            f"{KUBEADM_YAML} holds {', '.join(f'@{name}@' for name in unknown)}, which no node fills in; "
            f"known are {', '.join(f'@{name}@' for name in sorted(substitutions))}"
        )
    return _PLACEHOLDER.sub(lambda match: substitutions[match.group(1)], text)


def kubeadm_documents(text: str) -> dict[str, dict[str, Any]]:
    """The YAML documents by kind; raises UserDataRefused for bad YAML or a document without a kind."""
    try:
        loaded = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise UserDataRefused(f"{KUBEADM_YAML} is not YAML: {error}") from error
    documents: dict[str, dict[str, Any]] = {}
    for position, document in enumerate(loaded, 1):
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise UserDataRefused(f"{KUBEADM_YAML} document {position} has no kind")
        if document["kind"] in documents:
            raise UserDataRefused(f"{KUBEADM_YAML} holds two documents of kind {document['kind']}")
        documents[document["kind"]] = document
    return documents


def _file(files: Mapping[str, str], path: str) -> str:
    if path not in files:
        raise UserDataRefused(f"user data writes no {path} (it writes {', '.join(sorted(files)) or 'no file'})")
    return files[path]


def _gunzip(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content


def _cloud_config_files(text: str) -> dict[str, str]:
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserDataRefused(f"user data is not YAML: {error}") from error
    entries = config.get("write_files", []) if isinstance(config, dict) else None
    if not isinstance(entries, list):
        raise UserDataRefused("user data: write_files is not a list")
    files: dict[str, str] = {}
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            raise UserDataRefused(f"user data: write_files[{position}] has no path")
        files[entry["path"]] = _cloud_config_content(entry)
    return files


def _cloud_config_content(entry: Mapping[str, Any]) -> str:
    """cloud-init's encodings of write_files: none, b64/base64, gz/gzip and both."""
    encoding = str(entry.get("encoding", "text/plain")).lower()
    raw = entry.get("content", "")
    content = raw if isinstance(raw, bytes) else str(raw).encode()
    try:
        if "b64" in encoding or "base64" in encoding:
            content = base64.b64decode(content, validate=False)
        if encoding.startswith(("gz", "gzip")):
            content = gzip.decompress(content)
        return content.decode()
    except (binascii.Error, OSError, EOFError, UnicodeDecodeError) as error:
        raise UserDataRefused(f"user data: {entry['path']} is not {encoding} of text ({error})") from error


def _ignition_files(text: str) -> dict[str, str]:
    try:
        config = json.loads(text)
        if replacement := config.get("ignition", {}).get("config", {}).get("replace"):
            return _ignition_files(_ignition_content(replacement))
        entries = config.get("storage", {}).get("files", [])
        return {entry["path"]: _ignition_content(entry.get("contents", {})) for entry in entries}
    except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise UserDataRefused(f"user data is not an Ignition document: {error!r}") from error


def _ignition_content(contents: Mapping[str, Any]) -> str:
    header, separator, data = str(contents.get("source") or "data:,").partition(",")
    if not separator or not header.startswith("data:"):
        return ""  # fetched from elsewhere at boot: nothing that the fleet reads
    content = base64.b64decode(data) if header.endswith(";base64") else urllib.parse.unquote_to_bytes(data)
    if contents.get("compression") == "gzip":
        content = gzip.decompress(content)
    return content.decode(errors="replace")
