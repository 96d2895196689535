"""Waits and retries: they end at a deadline and at once on cancellation, and keep AWS's own error."""

from __future__ import annotations

import threading
import time

import pytest
from botocore.exceptions import ClientError

from canal_aws.sandbox.providers.aws.batch import Batch
from canal_aws.sandbox.providers.aws.clients import Aws
from canal_aws.sandbox.providers.aws.errors import ProviderError, describe
from canal_aws.sandbox.providers.aws.operation import Operation


@pytest.fixture
def aws() -> Aws:
    return Aws("http://127.0.0.1:9", "us-east-1", "sandbox", "sandbox")


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "still\n in use"}}, "DeleteVpc")


def test_a_cancelled_wait_ends_at_once(aws: Aws) -> None:
    operation = Operation(aws)
    threading.Timer(0.1, aws.cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(ProviderError, match="becoming running: cancelled"):
        operation.wait("becoming running", lambda: None, 600)
    assert time.monotonic() - began < 5


def test_a_wait_ends_at_its_deadline_and_the_users_own_wins(aws: Aws) -> None:
    with pytest.raises(ProviderError, match="not so after 0 s"):
        Operation(aws, timeout=0.01).wait("becoming running", lambda: None, 600)


def test_a_retry_ends_with_the_error_of_aws(aws: Aws) -> None:
    def call() -> None:
        raise refusal("DependencyViolation")

    with pytest.raises(ClientError) as caught:
        Operation(aws).retry(call, ("DependencyViolation",), 0.01)
    assert describe(caught.value) == "DeleteVpc: DependencyViolation: still in use"


def test_other_errors_are_not_retried(aws: Aws) -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise refusal("UnauthorizedOperation")

    with pytest.raises(ClientError):
        Operation(aws).retry(call, ("DependencyViolation",), 60)
    assert len(calls) == 1


def test_a_retry_gives_what_succeeds_at_last(aws: Aws) -> None:
    answers = [refusal("DependencyViolation"), None]

    def call() -> str:
        answer = answers.pop(0)
        if answer:
            raise answer
        return "done"

    assert Operation(aws).retry(call, ("DependencyViolation",), 60) == "done"


def test_questions_of_one_moment_are_one_call(aws: Aws) -> None:
    asked: list[list[str]] = []

    def ask(_: Aws, ids: list[str]) -> dict[str, dict[str, str]]:
        asked.append(ids)
        return {resource_id: {"id": resource_id} for resource_id in ids if resource_id != "i-gone"}

    batch = Batch(ask)
    found: dict[str, object] = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: batch.get(aws, name)}))
        for name in ("i-1", "i-2", "i-gone")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert found == {"i-1": {"id": "i-1"}, "i-2": {"id": "i-2"}, "i-gone": None}
    assert len(asked) < 3
    assert sorted(name for ids in asked for name in ids) == ["i-1", "i-2", "i-gone"]


def test_a_failed_question_fails_for_all_who_asked(aws: Aws) -> None:
    def ask(_: Aws, ids: list[str]) -> dict[str, dict[str, str]]:
        raise refusal("RequestLimitExceeded")

    batch = Batch(ask)
    for _ in range(2):
        with pytest.raises(ClientError):
            batch.get(aws, "i-1")
