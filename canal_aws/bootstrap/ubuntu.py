"""Ubuntu 24.04: cloud-init writes the files, a systemd unit runs the scripts until the machine is a node."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from canal_aws.bootstrap import kubeadm
from canal_aws.bootstrap.cloud_config import NodeFile, cloud_config, dump
from canal_aws.bootstrap.spec import BootstrapSpec

# The key that signs pkgs.k8s.io (uid isv:kubernetes OBS Project), one for all minors. Its expiry is extended from time
# to time, its fingerprint stays: `curl -fsSL <repository>/Release.key | gpg --show-keys`.
PACKAGE_KEY_FINGERPRINT = "DE15B14486CD377B9E876E1A234654DA9A296436"

_LIBRARY = "/usr/local/lib/canal-aws"
_UNITS = "/etc/systemd/system"

# `{#` opens comments elsewhere, and is how bash writes a length (${#name}).
_TEMPLATES = Environment(
    loader=PackageLoader("canal_aws.bootstrap"),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    comment_start_string="<#",
    comment_end_string="#>",
)


def user_data(spec: BootstrapSpec) -> str:
    """The #cloud-config of a role."""
    return cloud_config(
        files(spec),
        # The scripts give the host its name: cloud-init must not put EC2's back at each boot.
        preserve_hostname=True,
        # Without waiting: the unit goes on, with retries, after cloud-init has ended.
        commands=["systemctl enable --now --no-block canal-aws-bootstrap.service"],
    )


def files(spec: BootstrapSpec) -> list[NodeFile]:
    """Every file that cloud-init writes on a node of this role."""
    common = [
        NodeFile("/etc/canal-aws/cluster.env", _environment(spec)),
        NodeFile("/etc/canal-aws/kubeadm.yaml", _kubeadm(spec)),
        NodeFile("/etc/canal-aws/containerd.toml", _render("containerd.toml", spec)),
        NodeFile("/etc/modules-load.d/canal-aws.conf", "overlay\nbr_netfilter\n"),
        NodeFile("/etc/sysctl.d/90-canal-aws.conf", _render("sysctl.conf", spec)),
        NodeFile("/etc/systemd/network/10-flannel.link", _render("flannel.link", spec)),
        NodeFile(f"{_LIBRARY}/library.sh", _render("library.sh", spec)),
        NodeFile(f"{_LIBRARY}/install.sh", _render("install.sh", spec), "0755"),
        NodeFile(f"{_LIBRARY}/bootstrap.sh", _render("bootstrap.sh", spec), "0755"),
        NodeFile(f"{_UNITS}/canal-aws-bootstrap.service", _render("bootstrap.service", spec)),
    ]
    if not spec.is_control_plane:
        return common
    return [
        *common,
        NodeFile(f"{_LIBRARY}/publish.sh", _render("publish.sh", spec), "0755"),
        NodeFile(f"{_UNITS}/canal-aws-publish.service", _render("publish.service", spec)),
        NodeFile(f"{_UNITS}/canal-aws-publish.timer", _render("publish.timer", spec)),
    ]


def _environment(spec: BootstrapSpec) -> str:
    """KEY=value lines, read by the scripts and by whoever wants to know what a node was told."""
    values = {
        "CLUSTER_NAME": spec.cluster_name,
        "AWS_REGION": spec.region,
        "KUBERNETES_VERSION": spec.kubernetes_version,
        "API_ENDPOINT": spec.api_endpoint,
        "PUBLIC_API_ENDPOINT": spec.public_api_endpoint,
        "KUBECONFIG_PARAMETER": spec.kubeconfig_parameter,
        "JOIN_PARAMETER": spec.join_parameter,
        "CONTROL_PLANE_JOIN_PARAMETER": spec.control_plane_join_parameter,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _kubeadm(spec: BootstrapSpec) -> str:
    documents = kubeadm.init_documents(spec) if spec.is_control_plane else (kubeadm.join_document(spec),)
    return dump(*documents)


def _render(name: str, spec: BootstrapSpec) -> str:
    return _TEMPLATES.get_template(f"{name}.j2").render(
        api_version=kubeadm.API_VERSION,
        control_plane=spec.is_control_plane,
        plans_pod_cidrs=spec.plans_pod_cidrs,
        kubernetes_minor=spec.kubernetes_minor,
        key_fingerprint=PACKAGE_KEY_FINGERPRINT,
        placeholders=kubeadm.PLACEHOLDERS,
    )
