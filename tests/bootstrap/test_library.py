"""The shell library for real, against stand-ins of the metadata service and SSM."""

from __future__ import annotations

import pytest

from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.node import JOIN, KUBECONFIG, PLACEHOLDERS

pytestmark = pytest.mark.component


def test_metadata_is_read_with_a_session_token_and_tried_again(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {})
    node.services.metadata_failures = 3
    done = node.machine.library('fact ID instance-id; echo "$ID"', node.services.url)
    assert (done.returncode, done.stdout) == (0, "i-0123456789abcdef0\n")
    assert done.stderr.count("canal-aws: instance metadata instance-id: failed, again in") == 3
    assert node.machine.called("sleep") == ["sleep 1", "sleep 2", "sleep 4"]
    node.assert_nothing_leaked(done.stdout + done.stderr)


def test_the_pause_stops_growing_at_ten_seconds(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {})
    node.services.metadata_failures = 8
    node.machine.library("fact ID instance-id", node.services.url)
    pauses = [int(call.split()[1]) for call in node.machine.called("sleep")]
    assert pauses == [1, 2, 4, 8, 10, 10, 10, 10]


def test_a_tag_that_is_missing_is_empty_and_not_waited_for(make_node: MakeNode) -> None:
    node = make_node("worker", {"pod-cidr": "10.128.7.0/24"}, {})
    done = node.machine.library('echo "<$(tag pod-cidr)> <$(tag init)> <$(tag pod)>"', node.services.url)
    assert done.stdout == "<10.128.7.0/24> <> <>\n"
    assert node.machine.called("sleep") == []


def test_a_parameter_is_read_with_a_signature_that_aws_accepts(make_node: MakeNode) -> None:
    value = 'multi\nline "text" with $signs and \\'
    node = make_node("worker", {}, {JOIN: value})
    done = node.machine.library(f"ssm_get {JOIN}", node.services.url)
    assert (done.returncode, done.stdout) == (0, value + "\n")
    node.assert_nothing_leaked(done.stderr, "multi")


def test_a_request_signed_for_another_region_is_refused_and_says_so(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: "value"})
    done = node.machine.library(f"AWS_REGION=eu-west-1; ssm_get {JOIN}", node.services.url)
    assert done.returncode != 0
    assert "ssm GetParameter: HTTP 400 InvalidSignatureException" in done.stderr


def test_each_failure_of_ssm_is_logged_with_its_reason_and_repeated(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: "value"})
    node.services.failures = [(400, "ThrottlingException"), (500, "InternalServerError")]
    done = node.machine.library(f"retry reading ssm_get {JOIN}", node.services.url)
    assert done.stdout == "value\n"
    assert "ssm GetParameter: HTTP 400 ThrottlingException stand-in refuses" in done.stderr
    assert "ssm GetParameter: HTTP 500 InternalServerError" in done.stderr
    assert done.stderr.count("reading: failed, again") == 2


def test_an_endpoint_that_does_not_answer_is_a_failure_with_a_log_line(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {})
    done = node.machine.library(
        f"AWS_ENDPOINT_URL_SSM=http://127.0.0.1:1; ssm_get {JOIN} || echo failed", node.services.url
    )
    assert done.stdout == "failed\n"
    assert "ssm GetParameter: HTTP 000" in done.stderr


def test_a_parameter_is_written_byte_for_byte_and_its_value_shown_nowhere(make_node: MakeNode) -> None:
    value = "# written-by: i-1\nkey: 'te$t'\n\"quoted\"\n"
    node = make_node("control-plane", {}, PLACEHOLDERS)
    node.machine.fixture("value", value)
    done = node.machine.library(f"ssm_put {KUBECONFIG} /fixtures/value", node.services.url)
    assert done.returncode == 0, done.stderr
    assert node.services.parameters[KUBECONFIG] == value
    node.assert_nothing_leaked(done.stdout + done.stderr, "te$t")


def test_a_value_that_the_parameter_cannot_hold_is_never_sent(make_node: MakeNode) -> None:
    node = make_node("control-plane", {}, PLACEHOLDERS)
    node.machine.fixture("value", "x" * 4097)
    done = node.machine.library(f"ssm_put {KUBECONFIG} /fixtures/value", node.services.url)
    assert done.returncode == 1
    assert f"{KUBECONFIG}: 4097 bytes do not fit into 4096" in done.stderr
    assert node.services.calls == []


def test_files_with_secrets_are_readable_by_root_alone(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: "value"})
    done = node.machine.library(f"fetch {JOIN} $RUN/join; stat -c %a $RUN $RUN/join", node.services.url)
    assert done.stdout.split() == ["700", "600"]
