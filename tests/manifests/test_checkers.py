"""What checkov and kubernetes-validate say of every manifest: nothing that is not accepted, with its reason, in a file."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from architectures import ARCHITECTURES, CALICO_IPIP
from canal_aws.manifests import ClusterNetwork, Manifest, build, pod_cidr_policy, render_yaml
from canal_aws.manifests.add_ons import cloud_controller_manager, ebs_csi_driver
from canal_aws.manifests.route_reflectors import route_reflectors
from tests.manifests.checkers import checker

pytestmark = pytest.mark.component

ACCEPTED = Path(__file__).with_name("checkov_accepted.yaml")
CALICO_GROUP = "crd.projectcalico.org/"
# Nothing to fetch, nothing to send.
OFFLINE = {
    "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false",
    "BC_SKIP_MAPPING": "TRUE",
    "NO_PROXY": "",
    "HTTPS_PROXY": "127.0.0.1:9",
}


def everything() -> dict[str, list[Manifest]]:
    network = ClusterNetwork("10.128.0.0/13", "10.96.0.0/16")
    sets = {architecture.name: list(build(architecture, network)) for architecture in ARCHITECTURES}
    reflectors = route_reflectors(CALICO_IPIP, 101, ("control-plane-0",))
    assert reflectors
    sets["beside"] = [
        *pod_cidr_policy({"node-a": "10.128.1.0/24"}),
        *reflectors.nodes,
        *cloud_controller_manager(kubernetes_version="1.36.3", cluster_name="dev"),
        *ebs_csi_driver(cluster_name="dev", control_plane_nodes=3),
    ]
    return sets


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything as YAML, but for CustomResourceDefinitions and resources of Calico's own kinds: neither program
    knows those, and the API server judges them."""
    path = tmp_path_factory.mktemp("manifests")
    for name, objects in everything().items():
        known = [
            item
            for item in objects
            if item["kind"] != "CustomResourceDefinition" and not item["apiVersion"].startswith(CALICO_GROUP)
        ]
        Path(path, f"{name}.yaml").write_text(render_yaml(known))
    return path


@pytest.mark.parametrize("version", ["1.36", "1.35"])
def test_kubernetes_validate_finds_no_unknown_field(folder: Path, version: str) -> None:
    command: list[str | Path] = [
        checker("kubernetes-validate"),
        "--strict",
        "--quiet",
        "-k",
        version,
        *sorted(folder.glob("*.yaml")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_checkov_finds_what_is_accepted_and_nothing_else(folder: Path) -> None:
    found: dict[str, set[str]] = {}
    for finding in findings(folder):
        # Pod.kube-system.canal.k8s-app-canal is the DaemonSet's template as a graph check names it.
        found.setdefault(finding["check_id"], set()).add(finding["resource"].split(".")[2])
    accepted = yaml.safe_load(ACCEPTED.read_text())
    assert {check: sorted(names) for check, names in sorted(found.items())} == {
        check: sorted(entry["workloads"]) for check, entry in sorted(accepted.items())
    }, "checkov_accepted.yaml is no longer what checkov says: mend the manifest, or give a reason"
    assert all(len(entry["reason"]) > 40 for entry in accepted.values())


def findings(folder: Path) -> list[dict[str, Any]]:
    command: list[str | Path] = [
        checker("checkov"),
        "--framework",
        "kubernetes",
        "--directory",
        folder,
        "--skip-download",
    ]
    done = subprocess.run(
        [*command, "--quiet", "--compact", "--soft-fail", "--output", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **OFFLINE},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert not report["summary"]["parsing_errors"]
    assert report["summary"]["resource_count"] > 60
    failed: list[dict[str, Any]] = report["results"]["failed_checks"]
    return failed
