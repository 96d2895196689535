"""Ubuntu's installation script for real, with the real gpg: which key and which packages it takes, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from canal_aws.bootstrap.ubuntu import PACKAGE_KEY_FINGERPRINT
from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.node import Node
from tests.bootstrap.package_key import PackageKeys

pytestmark = pytest.mark.component

MADISON = (
    " kubelet | 1.36.3-1.1 | https://pkgs.k8s.io Packages\n kubelet | 1.36.10-1.1 | https://pkgs.k8s.io Packages\n"
)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[PackageKeys]:
    made = PackageKeys(tmp_path / "gnupg")
    yield made
    made.close()


def ubuntu(make_node: MakeNode, release_key: str, pinned: str, **changes: str) -> Node:
    """A machine before its installation, whose script pins `pinned` and whose repository serves `release_key`."""
    node = make_node("worker", {}, {}, **changes)
    script = node.machine.root / "opt/canal-aws/install.sh"
    script.write_text(script.read_text().replace(PACKAGE_KEY_FINGERPRINT, pinned))
    (node.machine.root / "etc/apt/keyrings").mkdir(parents=True)
    (node.machine.root / "etc/apt/sources.list.d").mkdir()
    node.machine.fixture("Release.key", release_key)
    node.machine.fixture("madison", MADISON)
    node.machine.endless_after(3)
    return node


def test_packages_of_the_release_are_installed_from_the_pinned_key_and_held(
    make_node: MakeNode, keys: PackageKeys
) -> None:
    pinned = keys.make("good", made="20260101T000000", lives="10y")
    node = ubuntu(make_node, keys.armored(pinned), pinned)
    node.machine.fail("apt-get-update", 1)
    done = node.machine.run("install.sh", url=node.services.url)
    assert done.returncode == 0, done.stderr
    assert "ended" not in done.stderr
    assert (node.machine.root / "etc/apt/keyrings/kubernetes.gpg").read_bytes()[:1] > b"\x7f", "not binary"
    (installed,) = [call for call in node.machine.called("apt-get") if "kubelet=" in call]
    assert installed.endswith("kubelet=1.36.3-* kubeadm=1.36.3-* kubectl=1.36.3-*")
    assert node.machine.called("apt-mark") == ["apt-mark hold kubelet kubeadm kubectl"]
    assert (
        'sandbox_image = "registry.k8s.io/pause:3.10"' in (node.machine.root / "etc/containerd/config.toml").read_text()
    )
    assert node.machine.called("systemctl")[-1] == "systemctl restart containerd"


def test_a_key_that_ended_is_named_with_its_day_and_fetched_again(make_node: MakeNode, keys: PackageKeys) -> None:
    """The repository's key ends on a day that its owners move from time to time; until they do, apt refuses."""
    pinned = keys.make("old", made="20200101T000000", lives="1y")
    node = ubuntu(make_node, keys.armored(pinned), pinned)
    node.machine.fixture("madison", "")
    done = node.machine.run("install.sh", url=node.services.url)
    assert done.returncode != 0
    assert "the key of https://pkgs.k8s.io/core:/stable:/v1.36/deb/ ended on 2020-12-31" in done.stderr
    assert len([call for call in node.machine.called("curl") if "Release.key" in call]) > 1


@pytest.mark.parametrize("beside", [False, True])
def test_another_key_stops_the_node_even_beside_the_pinned_one(
    make_node: MakeNode, keys: PackageKeys, beside: bool
) -> None:
    pinned = keys.make("good", made="20260101T000000", lives="10y")
    other = keys.make("other", made="20260101T000000", lives="10y")
    node = ubuntu(make_node, keys.armored(*([pinned] if beside else []), other), pinned)
    done = node.machine.run("install.sh", url=node.services.url)
    assert done.returncode != 0
    assert "unknown key at https://pkgs.k8s.io/core:/stable:/v1.36/deb/" in done.stderr
    assert other in done.stderr
    assert not [call for call in node.machine.called("apt-get") if "kubelet=" in call]


def test_a_release_that_is_not_there_is_named_with_those_that_are(make_node: MakeNode, keys: PackageKeys) -> None:
    pinned = keys.make("good", made="20260101T000000", lives="10y")
    node = ubuntu(make_node, keys.armored(pinned), pinned, kubernetes_version="1.36.1")
    done = node.machine.run("install.sh", url=node.services.url)
    assert done.returncode != 0
    assert "no Kubernetes 1.36.1 at https://pkgs.k8s.io" in done.stderr
    assert "only 1.36.3-1.1 1.36.10-1.1" in done.stderr


def test_a_minor_without_a_repository_is_named(make_node: MakeNode) -> None:
    node = ubuntu(make_node, "", "", kubernetes_version="1.99.0")
    (node.machine.root / "fixtures/Release.key").unlink()
    done = node.machine.run("install.sh", url=node.services.url)
    assert done.returncode != 0
    assert "no key at https://pkgs.k8s.io/core:/stable:/v1.99/deb/: is there a Kubernetes 1.99?" in done.stderr
