"""What the real kubeadm says of the user data of nodes that join."""

from __future__ import annotations

from pathlib import Path

import pytest

from canal_aws.bootstrap import user_data
from canal_aws.sandbox.kubernetes.joining import Admission, join_document
from canal_aws.sandbox.kubernetes.user_data import UserDataRefused
from tests.bootstrap.specs import spec
from tests.sandbox.kubernetes.stand_ins import MemoryAws, instance
from tests.sandbox.kubernetes.user_data_samples import cloud_config, documents
from tests.sandbox.kubernetes.user_data_samples import join_document as sample

KUBELET_ONLY = [{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1"}]


def test_documents_without_a_node_registration_are_refused() -> None:
    with pytest.raises(UserDataRefused, match="neither a JoinConfiguration nor an InitConfiguration"):
        join_document({"KubeletConfiguration": KUBELET_ONLY[0]})


def test_a_control_plane_node_joins_with_its_own_part_of_the_init_configuration() -> None:
    found = join_document({document["kind"]: document for document in documents()})
    assert found["nodeRegistration"]["name"] == "@NODE_NAME@"
    assert found["controlPlane"] == {"localAPIEndpoint": {"advertiseAddress": "@PRIVATE_IP@"}}


@pytest.mark.component
@pytest.mark.parametrize("role", ["worker", "control-plane"])
def test_kubeadm_takes_what_the_program_renders(kubernetes_bin: Path, tmp_path: Path, role: str) -> None:
    notes: list[str] = []
    node = instance("node", role=role)
    aws = MemoryAws(user_data_of={node.id: user_data(spec(role))})
    assert Admission(aws.as_aws, kubernetes_bin, tmp_path, notes.append).admits(node), notes


@pytest.mark.component
def test_what_kubeadm_refuses_is_judged_once_and_named_for_each_node(kubernetes_bin: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    wrong = cloud_config([{**sample(), "nodeRegistrations": {}}])
    nodes = [instance("worker-1"), instance("worker-2")]
    aws = MemoryAws(user_data_of={node.id: wrong for node in nodes})
    admission = Admission(aws.as_aws, kubernetes_bin, tmp_path, notes.append)
    assert not any(admission.admits(node) for node in nodes)
    assert not any(admission.admits(node) for node in nodes)
    assert [note.split(" ")[0] for note in notes] == ["worker-1", "worker-2"]
    assert all('unknown field "nodeRegistrations"' in note for note in notes)
