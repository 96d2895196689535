"""The real kubeadm, run for what it would do on the first node."""

from __future__ import annotations

import subprocess
from pathlib import Path

from canal_aws.errors import CanalError

_TIMEOUT_SECONDS = 30


class KubeadmRefused(CanalError):
    """kubeadm ended with an error; the message is its own."""

    exit_status = 1


def run(bin_dir: Path, *arguments: str) -> str:
    """kubeadm's standard output; raises KubeadmRefused with what it wrote to standard error."""
    binary = bin_dir / "kubeadm"
    try:
        done = subprocess.run(
            [str(binary), *arguments], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KubeadmRefused(f"kubeadm {' '.join(arguments)}: {error}") from error
    if done.returncode != 0:
        raise KubeadmRefused(f"kubeadm {' '.join(arguments)} refused: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def validate(bin_dir: Path, config: Path) -> None:
    """`kubeadm config validate`: an unknown field or a deprecated API version is an error."""
    run(bin_dir, "config", "validate", "--config", str(config))


def complete_init(bin_dir: Path, config: Path, kubeconfig: Path) -> None:
    """The phases of `kubeadm init` that only talk to the API, by the real kubeadm.

    upload-config makes the ConfigMap kubeadm-config (which Calico reads), bootstrap-token what joining needs, addon
    CoreDNS and kube-proxy.
    """
    for phase in (("upload-config", "kubeadm"), ("bootstrap-token",), ("addon", "all")):
        arguments = [*phase, "--config", str(config), "--kubeconfig", str(kubeconfig)]
        if phase == ("bootstrap-token",):
            arguments.append("--skip-token-print")
        run(bin_dir, "init", "phase", *arguments)
