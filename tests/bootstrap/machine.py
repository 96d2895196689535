"""A root directory in which a node's own scripts run byte for byte, in a user and mount namespace of their own.

/usr is the host's; /etc, /opt, /run, /var and /usr/local are the machine's. Programs that would change the host or need a
cluster are stand-ins that note their calls; all others are the real ones behind a wrapper that notes their arguments.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

# Runs as root of the namespace; $1 is the machine's root, $2 the folder that becomes its /usr/local.
_ENTER = """
set -e
mount --rbind /usr "$1/usr"
mount --bind "$2" "$1/usr/local"
mount --rbind /dev "$1/dev"
mount --rbind /proc "$1/proc"
root=$1
shift 2
exec chroot "$root" "$@"
"""

_WRAPPED = [
    "awk",
    "cat",
    "grep",
    "head",
    "jq",
    "mkdir",
    "mktemp",
    "openssl",
    "rm",
    "sed",
    "sha256sum",
    "stat",
    "touch",
]
_WRAPPER = """#!/bin/bash
echo "{name} $*" >>/calls
exec {program} "$@"
"""

# The real one; /fixtures/routes says where an address of the VPC is on this machine.
_CURL = """#!/bin/bash
echo "curl $*" >>/calls
routes=()
while read -r route; do routes+=(--connect-to "$route"); done </fixtures/routes
case "$*" in
  *://pkgs.k8s.io/*) exec /usr/bin/cp /fixtures/Release.key "${@: -1}" ;;
esac
exec /usr/bin/curl "${routes[@]}" "$@"
"""

_REAL = """#!/bin/bash
echo "{name} $*" >>/calls
{exceptions}
exec /usr/local/real/{name} "$@"
"""

# /fail/<name>-<first argument, for apt-get its command>: how many of the next calls fail. In files, since each call is a process.
_STAND_IN = """#!/bin/bash
echo "{name} $*" >>/calls
call=$1
{options}
left=$(/usr/bin/cat "/fail/{name}-$call" 2>&- || echo 0)
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) >"/fail/{name}-$call"
  echo "stand-in {name}: $call fails" >&2
  exit 1
fi
{body}
"""

_KUBEADM = r"""
case "$1 $2" in
  "init --config")
    /usr/bin/cp "$3" /captured/init.yaml
    /usr/bin/cp /fixtures/admin.conf /etc/kubernetes/admin.conf ;;
  "init phase")
    for ((i = 1; i < $#; i++)); do [ "${!i}" != --config ] || { ((j = i + 1)); /usr/bin/cp "${!j}" "/captured/$3.yaml"; }; done
    echo "[$3] Storing" ;;
  "join phase")
    case "$3 $4" in
      "control-plane-prepare download-certs") /usr/bin/mkdir -p /etc/kubernetes/pki/etcd ;;
      "control-plane-prepare certs") [ ! -e /fixtures/etcd ] || /usr/bin/cp /fixtures/etcd/* /etc/kubernetes/pki/etcd/ ;;
      "control-plane-prepare kubeconfig") /usr/bin/cp /fixtures/admin.conf /etc/kubernetes/admin.conf ;;
      *) echo "stand-in kubeadm does not model: $*" >&2; exit 64 ;;
    esac ;;
  "join --config")
    /usr/bin/cp "$3" "/captured/join-$(/usr/bin/ls /captured | /usr/bin/wc -l).yaml"
    [ ! -e /fixtures/admin.conf ] || /usr/bin/cp /fixtures/admin.conf /etc/kubernetes/admin.conf ;;
  "config images") echo registry.k8s.io/pause:3.10 ;;
  "token create") echo 012345.0123456789012345 ;;
  "certs certificate-key") echo 1e23456789012345678901234567890123456789012345678901234567890123 ;;
  "reset --force") ;;
  *) echo "stand-in kubeadm does not model: $*" >&2; exit 64 ;;
esac
"""

# No pause; an end to a script that would wait for ever, since its test would too.
_SLEEP = """
[ "$(/usr/bin/grep -c ^sleep /calls)" -lt "$(/usr/bin/cat /fixtures/patience)" ] || { echo "stand-in sleep: the script waits for ever" >&2; exit 1; }
"""

# `patch` prints what reads back; what is deleted raw comes with its options on stdin.
_KUBECTL = r"""
case "$*" in
  "get nodes -o json") /usr/bin/cat /fixtures/nodes.json ;;
  "-n kube-public get configmap cluster-info -o json") /usr/bin/cat /fixtures/cluster-info.json ;;
  "delete --raw /api/v1/nodes/"*) /usr/bin/cat >"/captured/deleted-${3##*/}.json" ;;
  "-n kube-system delete pods -l tier=control-plane --field-selector spec.nodeName="*) ;;
  *patch*) /usr/bin/cat /fixtures/pod-cidr ;;
  "-n kube-system get pods -l component=etcd,tier=control-plane -o jsonpath="*) /usr/bin/cat /fixtures/etcd-urls ;;
  "-n kube-system get configmap kubeadm-config -o jsonpath="*) /usr/bin/cat /fixtures/cluster-configuration ;;
  "-n kube-system get configmap kube-proxy --ignore-not-found -o jsonpath="*) /usr/bin/cat /fixtures/kube-proxy ;;
  "get nodes -l node-role.kubernetes.io/control-plane -o json") /usr/bin/cat /fixtures/nodes.json ;;
  *) echo "stand-in kubectl does not model: $*" >&2; exit 64 ;;
esac
"""


class Machine:
    """An instance after cloud-init has written its files. `root` is its /."""

    def __init__(self, root: Path, files: dict[str, str], *, installed: bool = True) -> None:
        self.root = root
        self._local = root.parent / "usr-local"
        for folder in ("usr", "dev", "proc", "run", "tmp", "fail", "captured", "fixtures", "etc/kubernetes/pki"):
            (root / folder).mkdir(parents=True)
        for folder in ("bin", "sbin", "lib", "lib64"):
            if Path("/", folder).is_symlink():
                (root / folder).symlink_to(f"usr/{folder}")
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (self._local / "bin").mkdir(parents=True)
        for path, content in files.items():
            self._write(path, content)
        self.fixture("routes", "")
        self.endless_after(30)
        if installed:
            self.mark("installed")
        for name in _WRAPPED:
            # Debian's awk is a link through /etc/alternatives, and /etc is the machine's.
            self._program(name, _WRAPPER.format(name=name, program=Path("/usr/bin", name).resolve()))
        self._program("curl", _CURL)
        stand_ins = {"kubeadm": _KUBEADM, "kubectl": _KUBECTL, "systemctl": "", "hostnamectl": "", "sleep": _SLEEP}
        stand_ins |= dict.fromkeys(("modprobe", "sysctl", "mountpoint", "apt-get", "apt-mark"), "")
        stand_ins["apt-cache"] = "/usr/bin/cat /fixtures/madison"
        for name, body in stand_ins.items():
            # -qy -o DPkg::Lock::Timeout=600 COMMAND
            options = "call=$4" if name == "apt-get" else ""
            self._program(name, _STAND_IN.format(name=name, body=body, options=options))
        self.fixture("nodes.json", '{"items": []}')
        self.fixture("cluster-info.json", '{"data": {"jws-kubeconfig-012345": "signature"}}')
        self.fixture("etcd-urls", "https://10.0.16.11:2379")
        self.fixture("cluster-configuration", "kubernetesVersion: v1.36.3\n")

    def run(self, script: str, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
        """Runs /opt/canal-aws/<script> to its end, which must come within a minute."""
        return self.execute(f"/opt/canal-aws/{script}", *arguments, url=url)

    def library(self, commands: str, url: str) -> subprocess.CompletedProcess[str]:
        """Runs shell commands after the library, as a script of the node would."""
        return self.execute("/bin/bash", "-c", f". /opt/canal-aws/library.sh; {commands}", url=url)

    def execute(self, *command: str, url: str) -> subprocess.CompletedProcess[str]:
        """Runs a command with this machine as / and the stand-in at `url` in AWS's place."""
        enter = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", _ENTER, "enter"]
        environment = {
            # systemd's own for a system service.
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
            **{f"AWS_ENDPOINT_URL_{service}": url for service in ("SSM", "EC2", "S3")},
            "no_proxy": "*",
        }
        return subprocess.run(
            [*enter, str(self.root), str(self._local), *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def calls(self) -> list[str]:
        """Every program that was called, with its arguments, in order."""
        file = self.root / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def called(self, prefix: str) -> list[str]:
        """The calls that begin with `prefix`."""
        return [call for call in self.calls if call.startswith(prefix)]

    def captured(self, pattern: str) -> list[str]:
        """The configurations that kubeadm was given, in order."""
        return [file.read_text() for file in sorted((self.root / "captured").glob(pattern))]

    def fail(self, call: str, times: int) -> None:
        """Makes the next `times` calls of, say, `kubeadm-join` fail."""
        (self.root / "fail" / call).write_text(f"{times}\n")

    def endless_after(self, pauses: int) -> None:
        """Takes it for proven, after so many pauses, that a script waits for ever."""
        self.fixture("patience", f"{pauses}\n")

    def fixture(self, name: str, text: str) -> None:
        """Puts a file where the stand-ins look for it."""
        file = self.root / "fixtures" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def route(self, address: str, port: int) -> None:
        """Lets curl find "10.0.16.11:2379" on a port of this machine's loopback."""
        with (self.root / "fixtures/routes").open("a") as routes:
            routes.write(f"{address}:127.0.0.1:{port}\n")

    def real(self, name: str, binary: Path, exceptions: str = "") -> None:
        """Puts the real program in its stand-in's place; its calls are noted all the same.

        `exceptions` are shell lines that come before it, for what a machine without its own network cannot do.
        """
        folder = self._local / "real"
        folder.mkdir(exist_ok=True)
        shutil.copy2(binary.resolve(), folder / name)
        self._program(name, _REAL.format(name=name, exceptions=exceptions))

    def mark(self, name: str) -> None:
        """Leaves a mark of progress, as an earlier run would have."""
        self._write(f"/var/lib/canal-aws/{name}", "")

    def has_mark(self, name: str) -> bool:
        """Whether the scripts left the mark."""
        return (self.root / "var/lib/canal-aws" / name).exists()

    def _program(self, name: str, text: str) -> None:
        file = self._local / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def _write(self, path: str, content: str) -> None:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        if content.startswith("#!"):
            file.chmod(0o755)


def namespaces_refused() -> str | None:
    """Why this machine lets nobody make namespaces, None where it does."""
    try:
        tried = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "true"],
            env=dict(os.environ),
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return "unshare (util-linux) is not installed"
    return None if tried.returncode == 0 else tried.stderr.strip()
