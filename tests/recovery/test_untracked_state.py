"""Reading the state while the engine writes it: a moment's EOF is waited out, anything else is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canal_aws.recovery import untracked


def reader(answers: Iterator[object]) -> object:
    answer = next(answers)
    if isinstance(answer, Exception):
        raise answer
    return answer


def test_a_checkpoint_that_is_being_written_is_read_again() -> None:
    answers = iter([untracked.StateUnread("failed to load checkpoint: EOF"), "state"])
    assert untracked.read_again_while_written(lambda: reader(answers)) == "state"


def test_one_that_stays_broken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untracked, "_WRITTEN_SECONDS", 0.1)
    answers = iter([untracked.StateUnread("failed to load checkpoint: EOF")] * 100)
    with pytest.raises(untracked.StateUnread, match="EOF"):
        untracked.read_again_while_written(lambda: reader(answers))


def test_another_failure_is_said_at_once() -> None:
    answers = iter([untracked.StateUnread("no passphrase"), "state"])
    with pytest.raises(untracked.StateUnread, match="no passphrase"):
        untracked.read_again_while_written(lambda: reader(answers))
