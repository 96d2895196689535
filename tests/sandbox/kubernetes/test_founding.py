"""What the init instance may found, and what is published for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from canal_aws.sandbox.kubernetes.aws import Aws, NotTheSandbox, ParameterMissing
from canal_aws.sandbox.kubernetes.certificates import CertificateAuthority
from canal_aws.sandbox.kubernetes.founding import FoundedBefore, Founding
from canal_aws.sandbox.kubernetes.publication import Publisher, TooLarge, written_by
from tests.sandbox.kubernetes.stand_ins import MemoryAws, instance
from tests.sandbox.kubernetes.user_data_samples import ENVIRONMENT, cloud_config

KUBECONFIG = ENVIRONMENT["KUBECONFIG_PARAMETER"]
INIT = instance("control-plane-1", role="control-plane", init=True, private_ip="10.0.1.10")


@pytest.fixture
def aws() -> MemoryAws:
    return MemoryAws({KUBECONFIG: "placeholder"}, {INIT.id: cloud_config()})


def publisher(aws: MemoryAws, tmp_path: Path, kubeconfig: str = "kind: Config\n") -> Publisher:
    (tmp_path / "admin.conf").write_text(kubeconfig)
    return Publisher(
        aws.as_aws, ENVIRONMENT, tmp_path, tmp_path / "admin.conf", CertificateAuthority.create("kubernetes")
    )


def test_the_node_fills_in_its_own_values(aws: MemoryAws) -> None:
    founding = Founding.read(aws.as_aws, INIT)
    assert founding.shape.advertise_address == "10.0.1.10"
    assert founding.documents["InitConfiguration"]["nodeRegistration"]["name"] == "control-plane-1"


def test_only_a_placeholder_lets_a_new_instance_found_a_cluster(aws: MemoryAws) -> None:
    founding = Founding.read(aws.as_aws, INIT)
    founding.may_found(aws.as_aws, INIT)
    aws.parameters[KUBECONFIG] = f"# written-by: {INIT.id}\nkind: Config\n"
    founding.may_found(aws.as_aws, INIT)
    aws.parameters[KUBECONFIG] = "# written-by: i-before\nkind: Config\n"
    with pytest.raises(FoundedBefore, match="i-before wrote"):
        founding.may_found(aws.as_aws, INIT)
    del aws.parameters[KUBECONFIG]
    with pytest.raises(ParameterMissing):
        founding.may_found(aws.as_aws, INIT)


@pytest.mark.parametrize(("running", "noted"), [("1.36.9", False), ("1.35.4", True)])
def test_another_minor_version_is_noted(aws: MemoryAws, running: str, noted: bool) -> None:
    note = Founding.read(aws.as_aws, INIT).version_note(running)
    assert (note is not None) == noted
    assert note is None or ("1.36.3" in note and "1.35.4" in note)


def test_kubeconfig_is_written_once_an_instance_and_names_it(aws: MemoryAws, tmp_path: Path) -> None:
    subject = publisher(aws, tmp_path)
    assert subject.publish("i-1") == [KUBECONFIG]
    assert aws.parameters[KUBECONFIG] == "# written-by: i-1\nkind: Config\n"
    assert subject.publish("i-1") == []
    assert aws.puts == 1
    assert subject.publish("i-2") == [KUBECONFIG]
    assert written_by(aws.parameters[KUBECONFIG]) == "i-2"


def test_nothing_is_written_before_the_program_made_the_parameter(aws: MemoryAws, tmp_path: Path) -> None:
    del aws.parameters[KUBECONFIG]
    subject = publisher(aws, tmp_path)
    assert subject.publish("i-1") == []
    assert KUBECONFIG not in aws.parameters
    aws.parameters[KUBECONFIG] = "placeholder"
    assert subject.publish("i-1") == [KUBECONFIG]


def test_a_kubeconfig_past_the_parameters_size_is_refused(aws: MemoryAws, tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="a standard parameter holds 4096"):
        publisher(aws, tmp_path, "x" * 4096).publish("i-1")
    assert aws.parameters[KUBECONFIG] == "placeholder"


@pytest.mark.parametrize("value", ["placeholder", "", "kind: Config", "# some other comment"])
def test_other_texts_were_written_by_nobody(value: str) -> None:
    assert written_by(value) is None


@pytest.mark.parametrize("endpoint", ["https://ssm.us-east-1.amazonaws.com", "http://10.0.0.1:5000", "nonsense"])
def test_only_an_endpoint_on_this_machine_is_spoken_to(endpoint: str) -> None:
    with pytest.raises(NotTheSandbox, match="this machine only"):
        Aws(endpoint)
