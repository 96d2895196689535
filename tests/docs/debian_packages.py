"""Programs that the guides use and that few machines have: the CNI project's plugins, and iptables for portmap.

Taken from where they are installed; else fetched with apt, unpacked in the user's cache folder and installed nowhere.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

# Debian's and Fedora's own, and where the CNI project's releases are unpacked.
_CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
_PLUGINS = ("bridge", "host-local", "portmap")
# iptables and the libraries that Debian's minimal installation lacks.
_IPTABLES = ("iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnetfilter-conntrack3", "libnfnetlink0")
_IPTABLES_LIBRARIES = ("libnftnl11", "libmnl0")
_SECONDS = 120


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
    unpacked = _fetched()
    return NetworkPrograms(plugins or unpacked / "usr/lib/cni", None if iptables else unpacked)


def _fetched() -> Path:
    cache = user_cache_path("canal-aws") / "test-packages"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        root = cache / "root"
        if not root.exists():
            if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
                pytest.skip("this machine has no CNI plugins, and no apt to fetch them with")
            _unpack(cache, root)
    return root


def _unpack(cache: Path, root: Path) -> None:
    packages = ["containernetworking-plugins", *_IPTABLES, *_IPTABLES_LIBRARIES]
    folder, made = cache / "packages", cache / "unpacking"
    for old in (folder, made):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir()
    done = _apt(folder, "download", *packages)
    if done.returncode != 0:
        # No lists on this machine, or old ones: lists of our own, which need no root.
        own = [f"-oDir::State={cache}/apt", f"-oDir::Cache={cache}/apt", "-oAPT::Sandbox::User="]
        (cache / "apt/lists/partial").mkdir(parents=True, exist_ok=True)
        _apt(folder, *own, "update")
        done = _apt(folder, *own, "download", *packages)
    if done.returncode != 0:
        pytest.skip(f"apt cannot fetch the CNI plugins: {done.stderr.strip().splitlines()[-1]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, made], check=True, timeout=_SECONDS)
    for name in ("iptables", "ip6tables"):  # what update-alternatives does at installation
        (made / "usr/sbin" / name).symlink_to("xtables-nft-multi")
    made.replace(root)


def _apt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["apt-get", *arguments], cwd=folder, capture_output=True, text=True, timeout=_SECONDS)
