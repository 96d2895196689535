"""A machine's root folder: what an image would hold, as far as scripts, kubeadm and the kubelet look at it.

/usr is the host's, read-only (as Flatcar's is); everything else is the machine's own. The stand-ins shadow the host's
programs in /usr/local/sbin, first on systemd's PATH.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from canal_aws.sandbox.machines.first_boot import FirstBoot
from canal_aws.sandbox.machines.inside.network import RESOLVER
from canal_aws.sandbox.machines.instance import Instance

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""systemd's own for system services (systemd.exec(5), "Environment Variables in Spawned Processes")."""

INSTALLED = "/var/lib/canal-aws/installed"
"""The scripts' mark that packages are installed, which they are not: the programs are the toolchain's."""

TOOLCHAIN = "/usr/local/libexec/toolchain"
STAND_INS = Path(__file__).parent / "stand_ins"

_FOLDERS = (
    *("usr", "dev", "proc", "sys", "run/systemd", "run/lock", "tmp", "root", "opt", "home", "mnt", "var/tmp"),
    *("var/lib/kubelet", "var/log/pods", "etc/systemd/system", "etc/kubernetes", "etc/alternatives", "etc/ssl"),
    *(".usr-local/bin", ".usr-local/sbin", ".usr-local/lib", ".usr-local/libexec/toolchain", "run/systemd/resolve"),
)
_OWN = ("systemctl", "kubeadm", "hostnamectl", "ctr", "sleep")
_WAKE = "/run/sandbox/wake"
_NOT_RUN = ("apt-get", "apt-mark", "modprobe", "sysctl", "containerd", "systemd-sysext", "update-ca-certificates")
_FROM_TOOLCHAIN = ("kubectl", "kubelet", "etcdutl")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_IDENTITY = {
    "ubuntu": 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 (sandbox)"\n',
    "flatcar": 'NAME="Flatcar Container Linux by Kinvolk"\nID=flatcar\nPRETTY_NAME="Flatcar (sandbox)"\n',
}


class Root:
    """`folder` is the machine's /, as the VPC process sees it; `path` leads to a file of the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, inside: str) -> Path:
        """Where a file of the machine lies. /usr/local is a folder of the machine's own, mounted over the host's.

        Symbolic links are the machine's: one that leads to an absolute path is not followed here.
        """
        if inside == "/usr/local" or inside.startswith("/usr/local/"):
            return self.folder / f".usr-local{inside.removeprefix('/usr/local')}"
        return self.folder / inside.lstrip("/")

    def make(self, instance: Instance, system: str) -> None:
        """Everything that is there before the first boot."""
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").chmod(0o1777)
        self._usr_links()
        for device in _DEVICES:
            (self.folder / "dev" / device).touch()
        for name in ("fd", "stdin", "stdout", "stderr"):
            target = "/proc/self/fd" + {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}[name]
            (self.folder / "dev" / name).symlink_to(target)
        resolver = f"nameserver {RESOLVER}\n"
        self._write("/etc/resolv.conf", resolver)
        self._write("/run/systemd/resolve/resolv.conf", resolver)
        self._write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        self._write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n")
        self._write("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
        self._write("/etc/hosts", "127.0.0.1 localhost\n")
        self._write("/etc/hostname", f"{instance.local_hostname}\n")
        self._write("/etc/os-release", _IDENTITY[system])
        self._write("/etc/machine-id", instance.id.removeprefix("i-").rjust(32, "0") + "\n")
        self._write(INSTALLED, "")
        if Path("/etc/ld.so.cache").exists():
            shutil.copy("/etc/ld.so.cache", self.folder / "etc/ld.so.cache")
        self._programs()
        self.make_run()

    def write_first_boot(self, plan: FirstBoot) -> None:
        """What cloud-init or Ignition writes. OSError where a path leads through a file."""
        for name in plan.folders:
            self.path(name).mkdir(parents=True, exist_ok=True)
        for file in plan.files:
            target = self.path(file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("ab" if file.append else "wb") as output:
                output.write(file.content)
            target.chmod(file.mode)
        for link in plan.links:
            where = self.path(link.path)
            where.parent.mkdir(parents=True, exist_ok=True)
            where.unlink(missing_ok=True)
            where.symlink_to(link.target)

    def wake(self) -> None:
        """Ends the pauses of the scripts that sleep in this moment."""
        try:
            fifo = os.open(self.path(_WAKE), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return  # nobody sleeps
        with contextlib.suppress(OSError):
            os.write(fifo, b"\n\n\n\n")  # for as many sleepers; what none reads goes with the last of them
        os.close(fifo)

    def make_run(self) -> None:
        """What /run holds from the boot on."""
        wake = self.path(_WAKE)
        wake.parent.mkdir(exist_ok=True)
        if not wake.exists():
            os.mkfifo(wake)

    def clear_run(self) -> None:
        """/run after a reboot."""
        for entry in (self.folder / "run").iterdir():
            if entry.name != "systemd":
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink()
        self.make_run()

    def remove(self) -> None:
        """All of it; nothing may run in it any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _usr_links(self) -> None:
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            host = Path("/", name)
            if host.is_symlink():
                (self.folder / name).symlink_to(f"usr/{name}")
            elif host.is_dir():
                (self.folder / name).mkdir()

    def _programs(self) -> None:
        sbin = self.path("/usr/local/sbin")
        for name in _OWN:
            shutil.copy(STAND_INS / name, sbin / name)
            (sbin / name).chmod(0o755)
        for name in _NOT_RUN:
            shutil.copy(STAND_INS / "quiet", sbin / name)
            (sbin / name).chmod(0o755)
        for name in _FROM_TOOLCHAIN:
            (sbin / name).symlink_to(f"{TOOLCHAIN}/{name}")

    def _write(self, path: str, text: str) -> None:
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o644)
