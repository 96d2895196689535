"""Programs that the guides use and that few machines have: the CNI project's plugins, and iptables for portmap.

Taken from where they are installed, else from Debian's packages.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.debian_packages import unpacked

# Debian's and Fedora's own, and where the CNI project's releases are unpacked.
_CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
_PLUGINS = ("bridge", "host-local", "portmap")
# iptables and the libraries that Debian's minimal installation lacks.
_IPTABLES = ("iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnetfilter-conntrack3", "libnfnetlink0")
_IPTABLES_LIBRARIES = ("libnftnl11", "libmnl0")


@dataclass(frozen=True)
class NetworkPrograms:
    """The folder of the CNI plugins; `unpacked` is the / of fetched packages, None where the machine has iptables."""

    plugins: Path
    unpacked: Path | None


def network_programs() -> NetworkPrograms:
    """Where they are; skips, saying why, where they can be had from nowhere."""
    plugins = next((folder for folder in _CNI_FOLDERS if all((folder / name).exists() for name in _PLUGINS)), None)
    iptables = shutil.which("iptables")
    if plugins and iptables:
        return NetworkPrograms(plugins, None)
    fetched = _fetched()
    return NetworkPrograms(plugins or fetched / "usr/lib/cni", None if iptables else fetched)


def _fetched() -> Path:
    packages = ["containernetworking-plugins", *_IPTABLES, *_IPTABLES_LIBRARIES]
    return unpacked("network-programs", packages, _as_update_alternatives)


def _as_update_alternatives(made: Path) -> None:
    for name in ("iptables", "ip6tables"):
        (made / "usr/sbin" / name).symlink_to("xtables-nft-multi")
