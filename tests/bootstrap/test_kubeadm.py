"""kubeadm itself reads what it will read on a node: both files of the user data and what the scripts make of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from canal_aws.sandbox import toolchain
from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.material import ADMIN_CONF, CERTIFICATE_KEY, ENCRYPTION, certificate_authority, join_material
from tests.bootstrap.node import CONTROL_PLANE_JOIN, ENCRYPTION_KEY, JOIN, PLACEHOLDERS
from tests.bootstrap.specs import PLANNED

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def kubeadm() -> Path:
    """The real kubeadm of the toolchain."""
    return toolchain.ensure(["kubeadm"]).path("kubeadm")


def validate(kubeadm: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`kubeadm config validate`, which is strict about unknown fields, on a text."""
    file = folder / "kubeadm.yaml"
    file.write_text(text)
    return subprocess.run(
        [str(kubeadm), "config", "validate", "--config", str(file)], capture_output=True, text=True, timeout=60
    )


def assert_valid(kubeadm: Path, folder: Path, text: str) -> None:
    checked = validate(kubeadm, folder, text)
    assert (checked.returncode, checked.stdout) == (0, "ok\n"), checked.stderr
    # klog's warnings, which is how kubeadm speaks of deprecated and unknown fields: W1123 20:13:08.123456
    assert not re.search(r"(?m)^W\d{4} ", checked.stderr), checked.stderr


@pytest.mark.parametrize("planned", [False, True])
def test_kubeadm_accepts_what_init_and_upload_certs_are_given(
    make_node: MakeNode, kubeadm: Path, tmp_path: Path, planned: bool
) -> None:
    tags = {"init": "true", **({"pod-cidr": "10.128.7.0/24"} if planned else {})}
    node = make_node("control-plane", tags, PLACEHOLDERS, **(PLANNED if planned else {}))
    (node.machine.root / "etc/kubernetes/pki/ca.crt").write_text(certificate_authority().pem)
    node.machine.fixture("admin.conf", ADMIN_CONF)
    node.machine.fixture("pod-cidr", "10.128.7.0/24")
    assert node.boot().returncode == 0
    (init,) = node.machine.captured("init.yaml")
    (upload,) = node.machine.captured("upload-certs.yaml")
    assert_valid(kubeadm, tmp_path, init)
    assert_valid(kubeadm, tmp_path, upload)


def test_kubeadm_accepts_what_a_worker_joins_with(make_node: MakeNode, kubeadm: Path, tmp_path: Path) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    assert node.boot().returncode == 0
    assert_valid(kubeadm, tmp_path, node.machine.captured("join-*.yaml")[0])


def test_kubeadm_accepts_what_a_control_plane_node_joins_with(
    make_node: MakeNode, kubeadm: Path, tmp_path: Path
) -> None:
    # Digits alone, and digits with an exponent: numbers to YAML if they were not quoted.
    parameters = {
        **PLACEHOLDERS,
        JOIN: join_material("012345.0123456789012345"),
        CONTROL_PLANE_JOIN: CERTIFICATE_KEY,
        ENCRYPTION_KEY: ENCRYPTION,
    }
    node = make_node("control-plane", {}, parameters)
    (node.machine.root / "etc/kubernetes/pki/ca.crt").write_text(certificate_authority().pem)
    node.machine.fixture("admin.conf", ADMIN_CONF)
    assert node.boot().returncode == 0
    (join,) = node.machine.captured("join-*.yaml")
    assert yaml.safe_load(join)["discovery"]["bootstrapToken"]["token"] == "012345.0123456789012345"
    assert_valid(kubeadm, tmp_path, join)


def test_a_field_that_kubeadm_does_not_know_fails_here_and_not_on_aws(
    make_node: MakeNode, kubeadm: Path, tmp_path: Path
) -> None:
    """That the validation above can fail at all."""
    node = make_node("worker", {}, {JOIN: join_material()})
    assert node.boot().returncode == 0
    (join,) = node.machine.captured("join-*.yaml")
    checked = validate(kubeadm, tmp_path, join.replace("nodeRegistration:", "nodeRegistrations:"))
    assert checked.returncode != 0
    assert "nodeRegistrations" in checked.stderr


def test_admin_conf_fits_its_parameter_with_the_certificates_of_the_real_kubeadm(
    make_node: MakeNode, kubeadm: Path, tmp_path: Path
) -> None:
    """kubeadm's own certificates and kubeconfig phases under --rootfs, from the configuration that init gets."""
    node = make_node("control-plane", {"init": "true"}, PLACEHOLDERS)
    (node.machine.root / "etc/kubernetes/pki/ca.crt").write_text(certificate_authority().pem)
    node.machine.fixture("admin.conf", ADMIN_CONF)
    assert node.boot().returncode == 0
    root = tmp_path / "rootfs"
    root.mkdir()
    (root / "init.yaml").write_text(node.machine.captured("init.yaml")[0])
    for phase in (["certs", "ca"], ["certs", "apiserver"], ["kubeconfig", "admin"]):
        command = [str(kubeadm), "init", "phase", *phase, "--config", "/init.yaml", "--rootfs", str(root)]
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", *command], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
    (node.machine.root / "etc/kubernetes/admin.conf").write_bytes((root / "etc/kubernetes/admin.conf").read_bytes())
    done = node.machine.run("publish.sh", "kubeconfig", url=node.services.url)
    assert done.returncode == 0, done.stderr
    published = [len(value.encode()) for name, value in node.services.parameters.items() if "kubeconfig" in name]
    assert 1_500 < published[0] <= 4_096
