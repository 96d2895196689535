"""Whether this host lets the user make namespaces, and which of its settings forbids it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from canal_aws.sandbox.machines.errors import NamespacesForbidden, ProgramMissing

UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child")
"""A new user, mount and PID namespace, in which the caller is root; its processes end with the first one of them."""

# What a VPC does first: a namespace that may be entered and then changes nothing is of no use.
_PROBE = "ip link add type bridge && mount -t tmpfs tmpfs /mnt"

# Beside what the VPC itself needs, what Ubuntu's and Flatcar's images hold and the nodes' scripts call.
_PROGRAMS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
    "bash": "bash",
    "chroot": "coreutils",
    "hostname": "hostname",
    "curl": "curl",
    "jq": "jq",
    "openssl": "openssl",
}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# sysctl, the value that forbids, what allows. Sources: user_namespaces(7) for the first; Debian's kernel patch
# "add sysctl to disallow unprivileged CLONE_NEWUSER"; Ubuntu 24.04's release notes, "unprivileged user namespace
# restrictions". A new network namespace is made inside the user namespace and has a limit of its own.
_SETTINGS = (
    ("user.max_user_namespaces", "0", "user.max_user_namespaces=15000"),
    ("user.max_net_namespaces", "0", "user.max_net_namespaces=15000"),
    ("user.max_mnt_namespaces", "0", "user.max_mnt_namespaces=15000"),
    ("user.max_pid_namespaces", "0", "user.max_pid_namespaces=15000"),
    ("kernel.unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
)


def require(proc_sys: Path = Path("/proc/sys"), unshare: Sequence[str] = UNSHARE) -> None:
    """Returns where machines can be made on this host.

    Raises ProgramMissing or NamespacesForbidden.
    """
    missing = missing_programs()
    if missing:
        raise ProgramMissing(
            f"{', '.join(missing)} not found on this host, whose programs the sandbox's machines use; "
            f"install {' '.join(sorted(set(missing.values())))} (names of Debian's and Ubuntu's packages)"
        )
    tried = subprocess.run(
        [*unshare, "--net", "bash", "-c", _PROBE],
        env={"PATH": _PATH, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if tried.returncode != 0:
        raise NamespacesForbidden(explanation((tried.stderr or tried.stdout).strip(), proc_sys))


def missing_programs() -> dict[str, str]:
    """Programs that machines use and this host has not, each with Debian's and Ubuntu's package of it."""
    return {name: package for name, package in _PROGRAMS.items() if shutil.which(name, path=_PATH) is None}


def explanation(said: str, proc_sys: Path) -> str:
    """The message for a refusal: what `unshare` said, which setting is behind it, and the way out."""
    reason = said.splitlines()[-1] if said else "no reason given"
    head = f"the sandbox's machines need user and network namespaces, and this host refuses them ({reason})"
    for name, forbidding, allowing in _SETTINGS:
        try:
            value = (proc_sys / name.replace(".", "/")).read_text().strip()
        except OSError:
            continue
        if value == forbidding:
            return f"{head}: {name} is {value}. Allow them with `sudo sysctl -w {allowing}`"
    return (
        f"{head}, though no sysctl forbids it: inside a container its seccomp or AppArmor profile does. Start it with "
        "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN` or on the host"
    )
