"""What the first boot leaves on every node, whatever its operating system: files and systemd units.

Ubuntu's cloud-init and Flatcar's Ignition wrap the same ones. Each system adds `install.sh` beside them, which brings
the container runtime, kubelet, kubeadm and kubectl onto the machine, and what only it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from canal_aws.bootstrap import kubeadm
from canal_aws.bootstrap.permissions import SNAPSHOT_PREFIX
from canal_aws.bootstrap.spec import BootstrapSpec
from canal_aws.bootstrap.templates import render

#: Scripts; /opt is writable on both systems, and /usr is not on Flatcar.
SCRIPTS = "/opt/canal-aws"
#: What a node was told.
CONFIGURATION = "/etc/canal-aws"


@dataclass(frozen=True)
class NodeFile:
    """A file on a node: absolute path, text, and its mode in octal ("0755") as cloud-init takes it."""

    path: str
    content: str
    permissions: str = "0644"


@dataclass(frozen=True)
class Unit:
    """A systemd unit of /etc/systemd/system; `enabled` ones start with the machine, the others when a script says so."""

    name: str
    content: str
    enabled: bool = False


def files(spec: BootstrapSpec) -> list[NodeFile]:
    """Every file of a role that both operating systems share, without the units and without install.sh."""
    sourced, scripts, data = ["library.sh"], ["bootstrap.sh"], []
    if spec.is_control_plane:
        sourced += ["control-plane.sh"]
        scripts += [f"{name}.sh" for name in _timers(spec)] + ["renew-certificates.sh"]
        data += [NodeFile(f"{kubeadm.API_SERVER_FILES}/audit-policy.yaml", render("audit-policy.yaml", spec))]
    if spec.takes_snapshots:
        scripts += ["restore.sh"]
    values = {
        "encryption_file": f"{kubeadm.API_SERVER_FILES}/encryption.yaml",
        "snapshot_prefix": SNAPSHOT_PREFIX,
        "timers": [f"canal-aws-{name}.timer" for name in _timers(spec)],
    }
    return [
        NodeFile(f"{CONFIGURATION}/cluster.env", _environment(spec)),
        NodeFile(f"{CONFIGURATION}/kubeadm.yaml", _kubeadm(spec)),
        *data,
        NodeFile("/etc/modules-load.d/canal-aws.conf", "overlay\nbr_netfilter\n"),
        NodeFile("/etc/sysctl.d/90-canal-aws.conf", render("sysctl.conf", spec)),
        NodeFile("/etc/systemd/network/10-flannel.link", render("flannel.link", spec)),
        *(NodeFile(f"{SCRIPTS}/{name}", render(name, spec)) for name in sourced),
        *(NodeFile(f"{SCRIPTS}/{name}", render(name, spec, **values), "0755") for name in scripts),
    ]


def units(spec: BootstrapSpec) -> list[Unit]:
    """The systemd units of a role. The timers start once the node has joined: bootstrap.sh enables them."""
    first = Unit("canal-aws-bootstrap.service", render("bootstrap.service", spec), enabled=True)
    kinds = [f"{name}.{kind}" for name in _timers(spec) for kind in ("service", "timer")]
    return [first, *(Unit(f"canal-aws-{name}", render(name, spec)) for name in kinds)]


def _timers(spec: BootstrapSpec) -> list[str]:
    """What these nodes do again and again: a script, a service and a timer each."""
    if not spec.is_control_plane:
        return []
    return ["publish", "gone", *(["snapshot"] if spec.takes_snapshots else [])]


def _environment(spec: BootstrapSpec) -> str:
    """KEY=value lines, read by the scripts and by whoever wants to know what a node was told."""
    values = {
        "CLUSTER_NAME": spec.cluster_name,
        "STACK_TAG": spec.stack_tag,
        "AWS_REGION": spec.region,
        "KUBERNETES_VERSION": spec.kubernetes_version,
        "API_ENDPOINT": spec.api_endpoint,
        "PUBLIC_API_ENDPOINT": spec.public_api_endpoint,
        "KUBECONFIG_PARAMETER": spec.kubeconfig_parameter,
        "JOIN_PARAMETER": spec.join_parameter,
        "CONTROL_PLANE_JOIN_PARAMETER": spec.control_plane_join_parameter,
        "ENCRYPTION_KEY_PARAMETER": spec.encryption_key_parameter,
        "SNAPSHOT_BUCKET": spec.snapshot_bucket,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _kubeadm(spec: BootstrapSpec) -> str:
    documents = kubeadm.init_documents(spec) if spec.is_control_plane else (kubeadm.join_document(spec),)
    return yaml.safe_dump_all(documents, sort_keys=False, width=1000)
