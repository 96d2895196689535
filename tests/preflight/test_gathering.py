"""Facts from sources: what waits, what fails, what goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from canal_aws.errors import CanalError
from canal_aws.preflight.live.gathering import gather


@dataclass(frozen=True)
class A:
    value: int


@dataclass(frozen=True)
class B:
    value: int


@dataclass(frozen=True)
class C:
    value: int


def test_a_source_runs_once_its_needs_are_known() -> None:
    def b(a: A) -> B:
        return B(a.value + 1)

    def c(b: B, a: A) -> C:
        return C(a.value + b.value)

    facts = gather((c, b), {A: A(1)}, {})
    assert facts.known[C] == C(3)
    assert not facts.missing


def test_independent_sources_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def b(a: A) -> B:
        meeting.wait()
        return B(0)

    def c(a: A) -> C:
        meeting.wait()
        return C(0)

    assert set(gather((b, c), {A: A(1)}, {}).known) == {A, B, C}


def test_a_failure_takes_only_what_rests_on_it() -> None:
    def a() -> A:
        raise CanalError("ec2:DescribeVpcs: AccessDenied")

    def b(a: A) -> B:
        return B(a.value)

    def c() -> C:
        return C(3)

    facts = gather((a, b, c), {}, {})
    assert facts.known == {C: C(3)}
    assert facts.missing == {A: "ec2:DescribeVpcs: AccessDenied", B: "ec2:DescribeVpcs: AccessDenied"}


def test_a_need_that_nobody_meets_is_a_fault() -> None:
    def c(b: B) -> C:
        return C(b.value)

    with pytest.raises(LookupError, match="no source gives B, which C needs"):
        gather((c,), {}, {})
