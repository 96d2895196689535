"""`canal-aws manifests ARCH`: the same bytes each time, and no custom resource with --one-pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import architectures
from canal_aws.manifests import ClusterNetwork, build, render_yaml

COMMAND = Path(sys.executable).with_name("canal-aws")
NETWORK = ClusterNetwork("10.128.0.0/13", "10.96.0.0/16")


def printed(*arguments: str) -> str:
    return subprocess.run([COMMAND, "manifests", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", architectures.names())
def test_what_the_program_deploys_is_printed(name: str) -> None:
    assert printed(name) == render_yaml(build(architectures.get(name), NETWORK))


def test_one_pass_leaves_the_custom_resource_out() -> None:
    kinds = [item["kind"] for item in yaml.load_all(printed("calico-ipip", "--one-pass"), yaml.CSafeLoader)]
    assert "IPPool" not in kinds
    assert kinds.count("CustomResourceDefinition") == 23
