"""Ubuntu 24.04: cloud-init writes the files, a systemd unit runs the scripts until the machine is a node."""

from __future__ import annotations

import gzip
from io import BytesIO

from canal_aws.bootstrap.cloud_config import cloud_config
from canal_aws.bootstrap.node_files import CONFIGURATION, SCRIPTS, NodeFile, files, units
from canal_aws.bootstrap.spec import BootstrapSpec
from canal_aws.bootstrap.templates import render

# The key that signs pkgs.k8s.io (uid isv:kubernetes OBS Project), one for all minors. Its expiry is extended from time
# to time, its fingerprint stays: `curl -fsSL <repository>/Release.key | gpg --show-keys`.
PACKAGE_KEY_FINGERPRINT = "DE15B14486CD377B9E876E1A234654DA9A296436"

_UNITS = "/etc/systemd/system"


def user_data(spec: BootstrapSpec) -> bytes:
    """What EC2 is given: the #cloud-config as one gzip member, which cloud-init unpacks before it looks at it.

    The same bytes each time (no time of day, no system in gzip's header): other bytes are a new launch template.
    """
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as member:
        member.write(readable(spec).encode())
    return packed.getvalue()


def readable(spec: BootstrapSpec) -> str:
    """The #cloud-config of a role."""
    started = [unit.name for unit in units(spec) if unit.enabled]
    return cloud_config(
        written_files(spec),
        # The scripts give the host its name: cloud-init must not put EC2's back at each boot.
        preserve_hostname=True,
        # Without waiting: the unit goes on, with retries, after cloud-init has ended.
        commands=[f"systemctl enable --now --no-block {' '.join(started)}"],
    )


def written_files(spec: BootstrapSpec) -> list[NodeFile]:
    """Every file that cloud-init writes on a node of this role."""
    return [
        *files(spec),
        NodeFile(f"{CONFIGURATION}/containerd.toml", render("containerd.toml", spec)),
        NodeFile(f"{SCRIPTS}/install.sh", render("install.sh", spec, key_fingerprint=PACKAGE_KEY_FINGERPRINT), "0755"),
        *(NodeFile(f"{_UNITS}/{unit.name}", unit.content) for unit in units(spec)),
    ]
