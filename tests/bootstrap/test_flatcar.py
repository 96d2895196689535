from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from canal_aws.bootstrap import BootstrapSpec, check_size, readable, user_data
from canal_aws.bootstrap.node_files import files, units
from canal_aws.bootstrap.render import TARGET_BYTES
from tests.bootstrap.ignition_reader import meaning, replaced
from tests.bootstrap.specs import PLANNED, spec

ROLES = ("control-plane", "worker")
PROGRAMS = ("kubeadm", "kubectl", "kubelet")


def _spec(role: str, **changes: Any) -> BootstrapSpec:
    return spec(role, operating_system="flatcar", **changes)


def _node(role: str, **changes: Any) -> dict[str, Any]:
    return meaning(replaced(user_data(_spec(role, **changes))))


@pytest.mark.parametrize("role", ROLES)
def test_a_node_has_every_shared_file_and_unit_as_it_is(role: str) -> None:
    node = _node(role)
    for file in files(_spec(role)):
        written = node["files"][file.path]
        assert written["content"].decode() == file.content
        assert written["mode"] == int(file.permissions, 8)
    for unit in units(_spec(role)):
        assert node["units"][unit.name]["contents"] == unit.content
        assert node["units"][unit.name].get("enabled", False) is unit.enabled


@pytest.mark.parametrize("role", ROLES)
def test_people_review_what_the_node_gets(role: str) -> None:
    document = yaml.safe_load(readable(_spec(role)))
    texts = {file["path"]: file["contents"].get("inline") for file in document["storage"]["files"]}
    for path, file in _node(role)["files"].items():
        assert file["content"].decode() == (texts[path] or file["content"].decode())
    assert {file["path"]: file.get("mode", 0o644) for file in document["storage"]["files"]} == {
        path: file["mode"] for path, file in _node(role)["files"].items()
    }


@pytest.mark.parametrize(("cpu_architecture", "name"), [("amd64", "x86-64"), ("arm64", "arm64")])
def test_kubernetes_is_the_extension_image_of_the_version_and_the_cpu(cpu_architecture: str, name: str) -> None:
    node = _node("worker", cpu_architecture=cpu_architecture, kubernetes_version="1.35.7")
    link = node["links"]["/etc/extensions/kubernetes.raw"]["target"]
    assert node["files"][link]["content"].decode() == (
        f"https://extensions.flatcar.org/extensions/kubernetes-v1.35.7-{name}.raw"
    )
    assert f"/linux/{cpu_architecture}/" in node["files"]["/opt/canal-aws/install.sh"]["content"].decode()


@pytest.mark.parametrize("role", ROLES)
def test_only_roll_changes_the_system_or_kubernetes(role: str) -> None:
    node = _node(role)
    assert node["files"]["/etc/flatcar/update.conf"]["content"] == b"SERVER=disabled\n"
    assert node["files"]["/etc/flatcar/update.conf"]["overwrite"] is True
    for unit in ("locksmithd.service", "systemd-sysupdate.timer"):
        assert node["units"][unit] == {"name": unit, "mask": True}
    assert not [path for path in node["files"] if path.startswith("/etc/sysupdate")]
    assert "update-engine.service" not in node["units"], "it marks the booted partition as good"


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_written_where_flatcar_is_read_only(role: str) -> None:
    node = _node(role)
    for path in (*node["files"], *node["links"]):
        assert path.startswith(("/etc/", "/opt/")), path


@pytest.mark.parametrize("role", ROLES)
def test_scripts_call_nothing_that_flatcar_lacks(role: str) -> None:
    for path, file in _node(role)["files"].items():
        if path.endswith(".sh"):
            for absent in ("python", "apt-get", "dpkg", "netplan", "/usr/local/"):
                assert absent not in file["content"].decode(), path


@pytest.mark.parametrize("role", ROLES)
def test_leaves_room_below_the_limit_of_ec2(role: str) -> None:
    assert check_size(user_data(_spec(role, **PLANNED))) <= TARGET_BYTES


def _install(folder: Path, published: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    """Run the node's install.sh on programs in `folder`; dl.k8s.io answers with the checksums of `published`."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in published.items()}
    library = folder / "library.sh"
    cases = "\n".join(f"*/linux/amd64/{name}.sha256) printf %s {digest} ;;" for name, digest in sums.items())
    library.write_text(
        f"set -euo pipefail\nRUN={folder}\nKUBERNETES_VERSION=1.36.3\n"
        'retry() { shift; "$@"; }\ndie() { echo "$*" >&2; exit 1; }\n'
        f"request() {{ case ${{!#}} in\n{cases}\n*) return 22 ;;\nesac; }}\n"
    )
    text = _node("worker")["files"]["/opt/canal-aws/install.sh"]["content"].decode()
    text = text.replace("/opt/canal-aws/library.sh", str(library)).replace("/usr/bin/", f"{folder}/")
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True)


def test_install_accepts_the_programs_that_kubernetes_published(tmp_path: Path) -> None:
    programs = {name: name.encode() for name in PROGRAMS}
    for name, content in programs.items():
        (tmp_path / name).write_bytes(content)
    done = _install(tmp_path, programs)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("wrong", ["another build", "no extension image"])
def test_install_refuses_any_other_program_with_the_reason(tmp_path: Path, wrong: str) -> None:
    programs = {name: name.encode() for name in PROGRAMS}
    for name, content in programs.items():
        if wrong == "another build" or name != "kubelet":
            (tmp_path / name).write_bytes(content)
    if wrong == "another build":
        (tmp_path / "kubelet").write_bytes(b"not the kubelet")
    done = _install(tmp_path, programs)
    assert done.returncode == 1
    assert "kubelet: FAILED" in done.stdout
    assert "/etc/extensions/kubernetes.raw does not hold Kubernetes 1.36.3" in done.stderr


def test_install_fails_and_is_tried_again_where_the_checksums_cannot_be_had(tmp_path: Path) -> None:
    done = _install(tmp_path, {})
    assert done.returncode != 0
    assert "does not hold" not in done.stderr


def test_shellcheck_has_nothing_to_say_about_install(tmp_path: Path) -> None:
    beside = Path(sys.executable).parent / "shellcheck"
    if not beside.exists():
        pytest.skip("shellcheck is not installed beside this Python")
    node = _node("worker")["files"]
    library = node["/opt/canal-aws/library.sh"]["content"].decode()
    library = library.replace(". /etc/canal-aws/cluster.env\n", node["/etc/canal-aws/cluster.env"]["content"].decode())
    text = node["/opt/canal-aws/install.sh"]["content"].decode()
    whole = text.replace(". /opt/canal-aws/library.sh\n", library)
    assert whole != text
    # As in test_checkers.py: what the library offers to others, and functions that `retry` calls by name.
    checked = subprocess.run(
        [beside, "--exclude=SC2034,SC2317,SC2329", "-"], input=whole, capture_output=True, text=True, env=os.environ
    )
    assert checked.returncode == 0, checked.stdout
