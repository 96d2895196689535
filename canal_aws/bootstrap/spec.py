"""What the user data of a cluster's nodes depends on: the cluster and the role, nothing of the single node."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

from canal_aws.bootstrap.registration import RegistrationError, Taint, check_label, parse_taint
from canal_aws.errors import CanalError

# These values become lines of a file that shell scripts source, and YAML: nothing that either could act on.
_PLAIN = re.compile(r"[A-Za-z0-9._/:-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


class BootstrapError(CanalError):
    """The user data cannot be rendered from what was given, or EC2 would refuse it."""


@dataclass(frozen=True)
class BootstrapSpec:
    """A role's user data, the same for every node of that role.

    What differs between nodes is in instance tags (canal-aws:node, canal-aws:init, canal-aws:pod-cidr) that the node
    reads from its metadata. CIDRs are strings ("10.128.0.0/13"); `api_endpoint` is the DNS name of the internal load
    balancer and `public_api_endpoint` that of the internet-facing one, or "" where there is none; the parameters are
    names of SSM SecureStrings. `stack_tag` is the value of the tag canal-aws:stack on the instances; the snapshot
    bucket is a name, "" where no snapshots are taken, else one is taken every `snapshot_hours`. `node_labels` are
    (key, value), `node_taints` "key=value:Effect", and `external_cloud_provider` says that a cloud controller manager
    will run. Raises BootstrapError when a text holds anything but letters, digits and `._/:-`.
    """

    role: Literal["control-plane", "worker"]
    cluster_name: str
    region: str
    kubernetes_version: str
    pod_cidr: str
    service_cidr: str
    node_pod_cidr_mask: int
    allocate_node_cidrs: bool
    plans_pod_cidrs: bool
    api_endpoint: str
    kubeconfig_parameter: str
    join_parameter: str
    control_plane_join_parameter: str
    public_api_endpoint: str = ""
    control_plane_nodes: int = 1
    operating_system: str = "ubuntu"
    cpu_architecture: Literal["amd64", "arm64"] = "amd64"
    encryption_key_parameter: str = ""
    stack_tag: str = ""
    snapshot_bucket: str = ""
    snapshot_hours: int = 12
    node_labels: tuple[tuple[str, str], ...] = ()
    node_taints: tuple[str, ...] = ()
    external_cloud_provider: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and not _PLAIN.fullmatch(value):
                raise BootstrapError(
                    f"{field.name} = {value!r} cannot go into user data: only letters, digits and . _ / : - are safe "
                    "in the files that the nodes' scripts read; choose another name"
                )
        if not _VERSION.fullmatch(self.kubernetes_version):
            raise BootstrapError(
                f"kubernetes_version = {self.kubernetes_version!r} is not a release: write it as 1.36.3"
            )
        if self.role not in ("control-plane", "worker"):
            raise BootstrapError(f"role = {self.role!r} is none of control-plane, worker")
        if self.snapshot_bucket and self.snapshot_hours < 1:
            raise BootstrapError(
                f"snapshot_hours = {self.snapshot_hours} with a snapshot bucket: give at least 1, or no bucket"
            )
        try:
            for key, value in self.node_labels:
                check_label(key, value)
            for taint in self.node_taints:
                parse_taint(taint)
        except RegistrationError as error:
            raise BootstrapError(str(error)) from None

    @property
    def kubernetes_minor(self) -> str:
        """The minor release ("1.36"), which names the package repository."""
        return self.kubernetes_version.rpartition(".")[0]

    @property
    def taints(self) -> tuple[Taint, ...]:
        """`node_taints`, parsed."""
        return tuple(parse_taint(text) for text in self.node_taints)

    @property
    def takes_snapshots(self) -> bool:
        """Whether these nodes put etcd's snapshots into the bucket."""
        return self.is_control_plane and bool(self.snapshot_bucket)

    @property
    def is_control_plane(self) -> bool:
        """Whether these nodes run the API server and etcd."""
        return self.role == "control-plane"
