"""The wait takes the kubeconfig of the instance that it was asked for, and says where to look when none comes."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from canal_aws.kubeconfig_wait import PLACEHOLDER, KubeconfigTimeout, wait_for_kubeconfig

REGION, PARAMETER, INSTANCE = "us-east-1", "/canal-aws/dev/kubeconfig", "i-0aa"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    with mock_aws():
        yield


def publish(value: str) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name=PARAMETER, Value=value, Type="SecureString", Overwrite=True
    )


def wait(timeout: float = 0.1) -> str:
    return wait_for_kubeconfig(PARAMETER, INSTANCE, REGION, timeout, lambda text: None)


def test_what_the_instance_itself_wrote_is_taken() -> None:
    text = f"# written-by: {INSTANCE}\napiVersion: v1\n"
    publish(text)
    assert wait() == text


@pytest.mark.parametrize("prefix_of_another", ["i-0bb", "i-0aaf"])
def test_a_replaced_control_planes_kubeconfig_is_never_taken(prefix_of_another: str) -> None:
    publish(f"# written-by: {prefix_of_another}\napiVersion: v1\n")
    with pytest.raises(KubeconfigTimeout, match=rf"founded|{prefix_of_another}") as caught:
        wait()
    assert "put-parameter" in str(caught.value)


def test_the_placeholder_is_waited_out_and_the_message_says_where_to_look() -> None:
    publish(PLACEHOLDER)
    with pytest.raises(KubeconfigTimeout) as caught:
        wait()
    for part in (INSTANCE, PARAMETER, "placeholder", "start-session", "get-console-output", "kubeconfigTimeout"):
        assert part in str(caught.value)


def test_a_missing_parameter_is_said_with_awss_own_words() -> None:
    with pytest.raises(KubeconfigTimeout, match="ParameterNotFound"):
        wait()
