"""A machine made of namespaces: root of its own / and network, with nothing of the host's but /usr.

/usr is the host's; /etc, /opt, /run and /var begin empty, save for the CNI plugins in /opt/cni/bin. The machine ends,
with everything that runs in it, when it is closed or the test is killed.
"""

from __future__ import annotations

import selectors
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.docs.guide import HOME
from tests.docs.network_programs import NetworkPrograms
from tests.docs.shells import SECONDS, STRICT, Ran, as_in_a_terminal

# $1 the machine's root, $2 the plugins, $3 fetched packages or nothing.
_START = """
set -e
# `ip netns exec` changes how / is shared, which only a mount point has.
mount --bind "$1" "$1"
mount --rbind /usr "$1/usr"
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"
mount -t sysfs sysfs "$1/sys" 2>/dev/null || mount --rbind /sys "$1/sys"
# Debian's /usr/bin/which and others are links into it.
[ ! -d /etc/alternatives ] || mount --bind /etc/alternatives "$1/etc/alternatives"
mount --bind "$2" "$1/opt/cni/bin"
[ -z "$3" ] || mount --bind "$3" "$1/opt/packages"
ip link set lo up
exec chroot "$1" bash --noprofile --norc /loop
"""
# One script a line; its output goes to a file beside it, its status to us.
_LOOP = """
cd /{home}
echo ready
while read -r script; do
  {strict} "$script" >"$script.out" 2>&1 </dev/null && status=0 || status=$?
  echo "$status"
done
"""
_FOLDERS = (
    "usr",
    "dev",
    "proc",
    "sys",
    "etc/alternatives",
    "run/netns",
    "tmp",
    "var/lib",
    "opt/cni/bin",
    "opt/packages",
    "steps",
    HOME,
)


class NamespaceMachine:
    """A Shell (shells.py) whose scripts are root's on such a machine. `root` may hold files already."""

    def __init__(self, root: Path, programs: NetworkPrograms) -> None:
        self._root = root
        self._programs = programs
        self._steps = 0

    def __enter__(self) -> Self:
        for folder in _FOLDERS:
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        for folder in ("bin", "sbin", "lib", "lib64"):
            if Path("/", folder).is_symlink():
                (self._root / folder).symlink_to(f"usr/{folder}")
        (self._root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (self._root / "loop").write_text(_LOOP.format(home=HOME, strict=" ".join(STRICT)))
        unpacked = self._programs.unpacked
        self._process = subprocess.Popen(
            [
                *("unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child"),
                *("bash", "-c", _START, "start"),
                *(str(self._root), str(self._programs.plugins), str(unpacked or "")),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(unpacked),
        )
        said = self._line()
        if said != "ready":
            self._process.kill()
            pytest.skip(f"this machine lets nobody make a machine of namespaces: {said}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # The loop ends with its input, and its namespace of processes with it.
        self._process.communicate(timeout=SECONDS)

    def run(self, script: str) -> Ran:
        self._steps += 1
        name = f"/steps/{self._steps}"
        (self._root / name.lstrip("/")).write_text(as_in_a_terminal(script, "/steps/state"))
        assert self._process.stdin
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        status = int(self._line())
        return Ran(status, (self._root / f"{name}.out".lstrip("/")).read_text())

    def _line(self) -> str:
        assert self._process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(SECONDS), f"no answer within {SECONDS} s"
        return self._process.stdout.readline().strip()

    @staticmethod
    def _environment(unpacked: Path | None) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {"PATH": path, "HOME": f"/{HOME}", "LC_ALL": "C.UTF-8"}
        if unpacked:
            libraries = next((unpacked / "usr/lib").glob("*-linux-gnu")).name
            environment["PATH"] = f"{path}:/opt/packages/usr/sbin"
            environment["LD_LIBRARY_PATH"] = f"/opt/packages/usr/lib/{libraries}"
            environment["XTABLES_LIBDIR"] = f"/opt/packages/usr/lib/{libraries}/xtables"
        return environment
