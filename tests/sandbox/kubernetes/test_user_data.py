"""Reading user data: what a node would find in it, and what is refused with which words."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
import yaml

from canal_aws.bootstrap import BootstrapSpec, user_data
from canal_aws.sandbox.kubernetes.cluster_shape import ClusterShape
from canal_aws.sandbox.kubernetes.user_data import (
    CLUSTER_ENV,
    KUBEADM_YAML,
    UserDataRefused,
    cluster_environment,
    files_of,
    kubeadm_documents,
    kubeadm_text,
)
from tests.sandbox.kubernetes.user_data_samples import ENVIRONMENT, cloud_config, documents

NODE = {"PRIVATE_IP": "10.0.1.10", "NODE_NAME": "control-plane-1"}


def shape(kubeadm: list[dict[str, Any]]) -> ClusterShape:
    files = files_of(cloud_config(kubeadm))
    return ClusterShape.of(kubeadm_documents(kubeadm_text(files, NODE)))


def test_environment_and_shape() -> None:
    environment = cluster_environment(files_of(cloud_config()))
    assert environment == ENVIRONMENT
    found = shape(documents())
    assert found.pod_cidr == "10.128.0.0/13"
    assert found.service_cidr == "10.96.0.0/16"
    assert found.service_address == "10.96.0.1"
    assert found.kubernetes_version == "1.36.3"
    assert found.allocate_node_cidrs
    assert found.node_cidr_mask_size == 25
    assert found.advertise_address == "10.0.1.10"
    assert set(found.cert_sans) == {"public.example.com", "nodes.example.com"}


def test_what_the_program_renders_is_understood() -> None:
    spec = BootstrapSpec(
        role="control-plane",
        cluster_name="dev",
        region="eu-west-1",
        kubernetes_version="1.36.3",
        pod_cidr="10.128.0.0/13",
        service_cidr="10.96.0.0/16",
        node_pod_cidr_mask=24,
        allocate_node_cidrs=False,
        plans_pod_cidrs=True,
        api_endpoint="nodes.example.com",
        kubeconfig_parameter="/canal-aws/dev/kubeconfig",
        join_parameter="/canal-aws/dev/join",
        control_plane_join_parameter="/canal-aws/dev/control-plane-join",
    )
    files = files_of(user_data(spec))
    assert cluster_environment(files)["AWS_REGION"] == "eu-west-1"
    node = {**NODE, "INSTANCE_ID": "i-0a", "INSTANCE_TYPE": "t3.large", "AVAILABILITY_ZONE": "eu-west-1a"}
    found = ClusterShape.of(kubeadm_documents(kubeadm_text(files, node)))
    assert not found.allocate_node_cidrs
    assert found.advertise_address == "10.0.1.10"


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("b64", base64.b64encode),
        ("gz+b64", lambda content: base64.b64encode(gzip.compress(content))),
    ],
)
def test_encoded_files(encoding: str, encode: Any) -> None:
    entry = {"path": "/a", "encoding": encoding, "content": encode(b"text").decode()}
    text = "#cloud-config\n" + yaml.safe_dump({"write_files": [entry]})
    assert files_of(text.encode()) == {"/a": "text"}


def test_gzipped_user_data() -> None:
    assert files_of(gzip.compress(cloud_config())) == files_of(cloud_config())


def test_ignition() -> None:
    files = [
        {"path": CLUSTER_ENV, "contents": {"source": "data:,CLUSTER_NAME%3Ddev%0A"}},
        {
            "path": KUBEADM_YAML,
            "contents": {
                "source": "data:;base64," + base64.b64encode(gzip.compress(b"kind: X")).decode(),
                "compression": "gzip",
            },
        },
        {"path": "/fetched", "contents": {"source": "https://example.com/x"}},
    ]
    text = json.dumps({"ignition": {"version": "3.4.0"}, "storage": {"files": files}})
    assert files_of(text.encode()) == {CLUSTER_ENV: "CLUSTER_NAME=dev\n", KUBEADM_YAML: "kind: X", "/fetched": ""}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected '#cloud-config'"),
        (b"#!/bin/bash\n", "expected '#cloud-config'"),
        (b"#cloud-config\nwrite_files: [", "not YAML"),
        (b"#cloud-config\nwrite_files: 3\n", "write_files is not a list"),
        (b"#cloud-config\nwrite_files: [{content: a}]\n", r"write_files\[0\] has no path"),
        (b"#cloud-config\nwrite_files: [{path: /a, encoding: gz, content: a}]\n", "/a is not gz of text"),
        (b"{not json", "not an Ignition document"),
        (b"\xff\xfe", "neither text nor gzip"),
        (b"\x1f\x8b broken", "neither text nor gzip"),
    ],
)
def test_unreadable_user_data_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UserDataRefused, match=words):
        files_of(content)


def test_missing_file_names_those_that_are_there() -> None:
    with pytest.raises(UserDataRefused, match=r"writes no /etc/canal-aws/cluster.env .*/other"):
        cluster_environment({"/other": ""})


def test_missing_keys_are_named_together() -> None:
    files = files_of(cloud_config(AWS_REGION="", JOIN_PARAMETER=""))
    with pytest.raises(UserDataRefused, match="lacks AWS_REGION, JOIN_PARAMETER"):
        cluster_environment(files)


def test_bad_environment_line_is_named() -> None:
    with pytest.raises(UserDataRefused, match="line 2: 'oops' is not KEY=value"):
        cluster_environment({CLUSTER_ENV: "CLUSTER_NAME=a\noops\n"})


def test_unknown_placeholder_is_refused() -> None:
    with pytest.raises(UserDataRefused, match="@HOST_IP@, which no node fills in"):
        kubeadm_text({KUBEADM_YAML: "a: '@HOST_IP@'"}, NODE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("- a\n", "document 1 has no kind"),
        ("kind: A\n---\nkind: A\n", "two documents of kind A"),
    ],
)
def test_bad_kubeadm_documents_are_refused(text: str, words: str) -> None:
    with pytest.raises(UserDataRefused, match=words):
        kubeadm_documents(text)


@pytest.mark.parametrize(
    ("document", "path", "value", "words"),
    [
        (1, ("apiVersion",), "kubeadm.k8s.io/v1beta3", "expected kubeadm.k8s.io/v1beta4"),
        (1, ("kubernetesVersion",), None, "lacks kubernetesVersion"),
        (1, ("networking", "podSubnet"), None, "networking lacks podSubnet"),
        (1, ("networking", "serviceSubnet"), None, "networking lacks serviceSubnet"),
        (1, ("networking", "podSubnet"), "10.128.0.1/13", "networking.podSubnet: .*host bits"),
        (1, ("networking",), ["x"], "ClusterConfiguration.networking: .*not a mapping"),
        (1, ("controllerManager", "extraArgs"), {"a": "b"}, "takes a list of"),
        (1, ("controllerManager", "extraArgs"), [{"name": "a"}], "lacks name or value"),
        (
            1,
            ("controllerManager", "extraArgs"),
            [{"name": "allocate-node-cidrs", "value": "yes"}],
            "neither true nor false",
        ),
        (
            1,
            ("controllerManager", "extraArgs"),
            [{"name": "node-cidr-mask-size", "value": "12"}],
            "not between the pod subnet's /13 and 32",
        ),
        (0, ("localAPIEndpoint", "advertiseAddress"), None, "localAPIEndpoint lacks advertiseAddress"),
        (0, ("kind",), "Other", "has no InitConfiguration document"),
    ],
)
def test_wrong_field_is_named(document: int, path: tuple[str, ...], value: object, words: str) -> None:
    kubeadm = documents()
    target: Any = kubeadm[document]
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(UserDataRefused, match=words):
        shape(kubeadm)
