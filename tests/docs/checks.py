"""Programs and data that judge a block's content where it cannot be run: check=NAME in its info string."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name

from architectures import FLANNEL_VXLAN
from canal_aws.manifests import ClusterNetwork, build
from canal_aws.manifests.config_map import cni_network_config
from tests.docs.blocks import PROJECT, Block

# Options that the AWS CLI adds to the API's own (aws-cli, awscli/customizations/ec2/secgroupsimplify.py).
_ADDED = {"authorize-security-group-ingress": {"protocol", "port", "cidr", "source-group", "group-owner"}}
_CANAL = "k8s-pod-network"
# What install-cni fills in on a node.
_FILLED_IN = {
    "__KUBERNETES_NODE_NAME__": "node-1",
    "__CNI_MTU__": "8951",
    "__KUBECONFIG_FILEPATH__": "/etc/cni/net.d/calico-kubeconfig",
}
_NETWORK = ClusterNetwork(pod_cidr="10.244.0.0/16", service_cidr="10.96.0.0/16")
_OUTSIDE_A_POD = ("KUBECONFIG", "CALICO_MANAGE_CNI")


def aws(block: Block, _scratch: Path) -> None:
    """Each `aws SERVICE OPERATION --option …` names an operation and inputs that botocore's model has."""
    lines = [shlex.split(line, comments=True) for line in block.text.replace("\\\n", " ").splitlines()]
    calls = [words for words in lines if words[:1] == ["aws"]]
    assert calls, f"{block.where}: no aws command"
    for _, service, operation, *words in calls:
        model = botocore.session.get_session().get_service_model(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in names, f"{block.where}: aws {service} has no {operation}"
        shape = model.operation_model(names[operation]).input_shape
        assert shape is not None
        known = {xform_name(name, "-"): member for name, member in shape.members.items()}
        for word in words:
            if not word.startswith("--"):
                continue
            option = word[2:].partition("=")[0]
            if option not in known and option not in _ADDED.get(operation, ()):
                member: Any = known.get(option.removeprefix("no-"))
                assert member is not None, f"{block.where}: aws {service} {operation} has no {word}"
                # What the API wraps as {Value: boolean} is a pair of switches on the command line.
                value = getattr(member, "members", {}).get("Value", member)
                assert value.type_name == "boolean", f"{block.where}: {word} is no switch"


def unit(block: Block, scratch: Path) -> None:
    """systemd-analyze verify: sections, settings, values. Executables that this machine lacks become /bin/true."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed on this machine")
    file = scratch / Path(block.marks["file"]).name
    text = re.sub(r"^(Exec\w+=)(-?)/\S+", r"\1\2/bin/true", block.text, flags=re.MULTILINE)
    file.write_text(re.sub(r"^(Requires|After)=.*$", "", text, flags=re.MULTILINE))
    done = subprocess.run([analyze, "verify", "--man=no", str(file)], capture_output=True, text=True, timeout=30)
    said = [line for line in done.stderr.splitlines() if file.name in line]
    assert (done.returncode, said) == (0, []), f"{block.where}: {done.stderr}"


def unit_of_canal(block: Block, scratch: Path) -> None:
    """A unit as `unit` reads it, which runs the DaemonSet's image, with at least the flags that flanneld has there."""
    unit(block, scratch)
    containers = _containers()
    container = containers["kube-flannel" if "flanneld" in block.marks["file"] else "calico-node"]
    assert set(re.findall(r"\S+/\S+:v\d[\w.]*", block.text)) == {container["image"]}, block.where
    missing = [word for word in container.get("command", ()) if word not in block.text.split()]
    assert missing == [], f"{block.where} lacks {missing}"


def settings(block: Block, _scratch: Path) -> None:
    """A stack's configuration: each setting of ours is in Pulumi.yaml."""
    known = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    named = {key.removeprefix("canal-aws:") for key in yaml.safe_load(block.text)["config"]}
    assert named <= set(known), f"{block.where}: no setting {', '.join(named - set(known))}"


def conflist(block: Block, _scratch: Path) -> None:
    """A network configuration list: what section 1 of the CNI specification requires of one."""
    content = json.loads(block.text)
    assert content["cniVersion"] in ("0.3.1", "0.4.0", "1.0.0", "1.1.0"), block.where
    assert re.fullmatch(r"[A-Za-z0-9][\w.-]*", content["name"]), block.where
    assert [plugin["type"] for plugin in content["plugins"]], block.where
    if content["name"] == _CANAL:
        text = cni_network_config(FLANNEL_VXLAN)
        for placeholder, value in _FILLED_IN.items():
            text = text.replace(placeholder, value)
        assert content == json.loads(text), f"{block.where} is not what the DaemonSet writes"


def labels(block: Block, _scratch: Path) -> None:
    """What the plugin `flannel` hands on has labels where Calico's plugin reads them (its pkg/types, Args)."""
    plugin = json.loads(block.text)
    assert plugin["type"] == "flannel", block.where
    handed_on: Any = plugin["delegate"]
    for key in ("args", "org.apache.mesos", "network_info", "labels", "labels"):
        assert key in handed_on, f"{block.where}: no {key} in the delegate's {handed_on}"
        handed_on = handed_on[key]
    assert [set(each) for each in handed_on] == [{"key", "value"}], block.where


def felix(block: Block, _scratch: Path) -> None:
    """calico-node's environment: each variable as in the DaemonSet, but for what a pod gets from Kubernetes."""
    variables = _containers()["calico-node"]["env"]
    fixed = {item["name"]: item.get("value", "") for item in variables if "valueFrom" not in item}
    written = dict(line.split("=", 1) for line in block.text.splitlines())
    assert {name: value for name, value in written.items() if name not in _OUTSIDE_A_POD} == fixed, block.where


def net_conf(block: Block, _scratch: Path) -> None:
    """flannel's network: the one of the ConfigMap."""
    config = next(item for item in build(FLANNEL_VXLAN, _NETWORK) if item["kind"] == "ConfigMap")
    assert json.loads(block.text) == json.loads(config["data"]["net-conf.json"]), block.where


def _containers() -> dict[str, Any]:
    daemon_set = next(item for item in build(FLANNEL_VXLAN, _NETWORK) if item["kind"] == "DaemonSet")
    return {item["name"]: item for item in daemon_set["spec"]["template"]["spec"]["containers"]}


CHECKS: dict[str, Callable[[Block, Path], None]] = {
    "aws": aws,
    "unit": unit_of_canal,
    "settings": settings,
    "conflist": conflist,
    "labels": labels,
    "felix": felix,
    "net-conf": net_conf,
}
