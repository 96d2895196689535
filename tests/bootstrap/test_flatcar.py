from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from architectures import names
from canal_aws.bootstrap import BootstrapSpec, check_size, readable, user_data
from canal_aws.bootstrap.node_files import files, units
from canal_aws.bootstrap.of_group import longest_size
from canal_aws.bootstrap.render import TARGET_BYTES
from canal_aws.settings import Settings
from tests.bootstrap.ignition_reader import meaning, replaced
from tests.bootstrap.specs import PLANNED, spec

ROLES = ("control-plane", "worker")


def _spec(role: str, **changes: Any) -> BootstrapSpec:
    return spec(role, operating_system="flatcar", **changes)


def _node(role: str, **changes: Any) -> dict[str, Any]:
    return meaning(replaced(user_data(_spec(role, **changes))))


@pytest.mark.parametrize("role", ROLES)
def test_a_node_has_every_shared_file_and_unit_as_it_is(role: str) -> None:
    node = _node(role)
    for file in files(_spec(role)):
        written = node["files"][file.path]
        text = written["content"].decode()
        # bash reads both alike; the YAML of the here-document among them is as it was.
        script = file.path.endswith(".sh")
        assert [line.lstrip() if script else line for line in text.splitlines()] == [
            line.lstrip() if script else line for line in file.content.splitlines()
        ]
        assert ("\n  providers:\n" in text) is ("\n  providers:\n" in file.content)
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


@pytest.mark.parametrize("architecture", names())
def test_with_names_of_the_greatest_length_too(architecture: str) -> None:
    settings = Settings.from_mapping(
        {"operatingSystem": "flatcar", "architecture": architecture, "apiAllowedCidrs": ["203.0.113.0/24"]}
    )
    for group in settings.instance_types:
        assert longest_size(group, settings, "organization/canal-aws/production", "", "amd64") <= TARGET_BYTES


@pytest.mark.parametrize(
    ("kubeadm", "said"),
    [
        ("echo v1.36.3", None),
        ("echo v1.36.2", "/etc/extensions/kubernetes.raw brings kubeadm v1.36.2"),
        ("return 127", "/etc/extensions/kubernetes.raw brings kubeadm nowhere"),
    ],
)
def test_install_wants_the_extension_image_merged_and_of_the_version(
    tmp_path: Path, kubeadm: str, said: str | None
) -> None:
    library = tmp_path / "library.sh"
    library.write_text(
        "set -euo pipefail\nKUBERNETES_VERSION=1.36.3\n"
        f'die() {{ echo "$*" >&2; exit 1; }}\nkubeadm() {{ [ "$*" = "version -o short" ] && {kubeadm}; }}\n'
    )
    text = _node("worker")["files"]["/opt/canal-aws/install.sh"]["content"].decode()
    text = text.replace("/opt/canal-aws/library.sh", str(library))
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == ((1, f"{said}\n") if said else (0, ""))


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
