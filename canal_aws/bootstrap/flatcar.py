"""Flatcar: Ignition writes the files before the system starts, with Kubernetes as a system extension image.

/usr is read-only and there is no package manager. containerd (with systemd cgroups), curl, jq, openssl, socat, conntrack,
ipset, ethtool and Amazon's SSM agent are part of the image; the agent's and containerd's units are started by it.
Sources: flatcar.org/docs, "Getting started with Kubernetes" and "Update strategies"; flatcar/scripts, coreos-base/coreos
and coreos/sysext; flatcar/sysext-bakery, kubernetes.sysext.
"""

from __future__ import annotations

import re
from dataclasses import replace

from canal_aws.bootstrap import butane, ignition
from canal_aws.bootstrap.node_files import SCRIPTS, NodeFile, files, units
from canal_aws.bootstrap.spec import BootstrapSpec
from canal_aws.bootstrap.templates import render

# Flatcar's own collection of extension images. kubelet, kubeadm, kubectl and the CNI plugins are in this one, and
# kubelet.service, which multi-user.target keeps running from the start.
_EXTENSION = "https://extensions.flatcar.org/extensions/{name}"
_EXTENSIONS = "/opt/extensions/kubernetes"
_HERE_DOCUMENT = re.compile(r"(?<!<)<<(\w+)")
_CPU_ARCHITECTURES = {"amd64": "x86-64", "arm64": "arm64"}


def user_data(spec: BootstrapSpec) -> bytes:
    """What EC2 is given: the Ignition configuration of a role."""
    return ignition.packed(butane.to_ignition(document(spec)))


def readable(spec: BootstrapSpec) -> str:
    """The Butane document of a role."""
    return butane.dump(document(spec))


def document(spec: BootstrapSpec) -> butane.Entry:
    """What the first boot of a node of this role writes, links and enables."""
    extension = f"kubernetes-v{spec.kubernetes_version}-{_CPU_ARCHITECTURES[spec.cpu_architecture]}.raw"
    install = NodeFile(f"{SCRIPTS}/install.sh", render("install-flatcar.sh", spec), "0755")
    # The image stays the one that the node was made with, as Flatcar recommends it: update-engine runs on, marks the
    # partition as good, and has nobody to ask for another.
    no_updates = NodeFile("/etc/flatcar/update.conf", "SERVER=disabled\n")
    return butane.document(
        files=[
            *(butane.written(_flush(file)) for file in (*files(spec), install)),
            butane.written(no_updates, overwrite=True),
            butane.fetched(f"{_EXTENSIONS}/{extension}", _EXTENSION.format(name=extension)),
        ],
        links=[
            butane.linked("/etc/extensions/kubernetes.raw", f"{_EXTENSIONS}/{extension}"),
            # Docker, which any use of its socket starts, would set iptables' FORWARD policy to DROP under the pods.
            butane.linked("/etc/extensions/docker-flatcar.raw", "/dev/null", overwrite=True),
        ],
        units=[
            *(butane.unit(unit) for unit in units(spec)),
            # Reboots for OS updates, and newer Kubernetes images: both are `canal-aws roll`'s alone.
            butane.masked("locksmithd.service"),
            butane.masked("systemd-sysupdate.timer"),
        ],
    )


def _flush(file: NodeFile) -> NodeFile:
    """A script without its indentation, other than in a here-document: in base64, which Ignition alone needs, that is 200 bytes."""
    if not file.path.endswith(".sh"):
        return file
    lines, end = [], ""
    for line in file.content.splitlines(keepends=True):
        lines.append(line if end else line.lstrip(" "))
        begun = _HERE_DOCUMENT.search(line)
        end = begun[1] if begun else "" if line.rstrip("\n") == end else end
    return replace(file, content="".join(lines))
