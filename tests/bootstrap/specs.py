"""Specs that the tests of this folder render."""

from __future__ import annotations

from typing import Any, Literal, cast

import yaml

from canal_aws.bootstrap import BootstrapSpec, readable

Role = Literal["control-plane", "worker"]

_DEFAULTS: dict[str, Any] = {
    "cluster_name": "canal",
    "region": "us-east-1",
    "kubernetes_version": "1.36.3",
    "pod_cidr": "10.128.0.0/13",
    "service_cidr": "10.96.0.0/16",
    "node_pod_cidr_mask": 24,
    "allocate_node_cidrs": True,
    "plans_pod_cidrs": False,
    "api_endpoint": "canal-dev-api-0123456789abcdef.elb.us-east-1.amazonaws.com",
    "public_api_endpoint": "canal-dev-public-0123456789abcdef.elb.us-east-1.amazonaws.com",
    "kubeconfig_parameter": "/canal-aws/organization/canal-aws/dev/kubeconfig",
    "join_parameter": "/canal-aws/organization/canal-aws/dev/join",
    "control_plane_join_parameter": "/canal-aws/organization/canal-aws/dev/control-plane-join",
    "encryption_key_parameter": "/canal-aws/organization/canal-aws/dev/encryption-key",
    "stack_tag": "organization/canal-aws/dev",
    "snapshot_bucket": "canal-dev-snapshots-0123456789ab",
}
PLANNED = {"allocate_node_cidrs": False, "plans_pod_cidrs": True}


def spec(role: str, **changes: Any) -> BootstrapSpec:
    """The default cluster's spec for a role, with `changes`."""
    return BootstrapSpec(role=cast(Role, role), **{**_DEFAULTS, **changes})


def written_files(role: str, **changes: Any) -> dict[str, str]:
    """What cloud-init would write on a node: text by path."""
    return {entry["path"]: entry["content"] for entry in config(role, **changes)["write_files"]}


def config(role: str, **changes: Any) -> dict[str, Any]:
    """The user data as cloud-init parses it."""
    parsed: dict[str, Any] = yaml.safe_load(readable(spec(role, **changes)))
    return parsed


def kubeadm_documents(role: str, **changes: Any) -> dict[str, Any]:
    """The documents of /etc/canal-aws/kubeadm.yaml by kind."""
    text = written_files(role, **changes)["/etc/canal-aws/kubeadm.yaml"]
    return {document["kind"]: document for document in yaml.safe_load_all(text)}
