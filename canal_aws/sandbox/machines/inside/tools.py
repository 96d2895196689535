"""The toolchain's programs where every machine finds them."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

PROGRAMS = (
    *("etcd", "etcdutl", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubeadm", "kubectl"),
    "kubelet",
)
_NEEDED = tuple(name for name in PROGRAMS if name != "etcdutl")


class Tools:
    """`folder` with each program mounted into it, whatever links `bin_dir` consists of.

    Raises OSError for a program that is not there.
    """

    def __init__(self, bin_dir: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        missing = [name for name in _NEEDED if not (bin_dir / name).exists()]
        if missing:
            raise OSError(f"{bin_dir} holds no {', '.join(missing)}")
        for name in PROGRAMS:
            source = bin_dir / name
            if source.exists():
                (folder / name).touch()
                subprocess.run(["mount", "-o", "bind,ro", str(source.resolve()), str(folder / name)], check=True)

    @functools.cached_property
    def _version(self) -> str:
        done = subprocess.run([self.folder / "kubelet", "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]

    def version(self) -> str:
        """The kubelet's, "v1.36.3"."""
        return self._version
