"""How usages of quotas are graded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from canal_aws.quotas import BY_CODE, Grade, Usage

ROUTES = BY_CODE["L-93826ACB"]
COUNTS = st.integers(0, 2000)


@given(COUNTS, COUNTS, st.integers(1, 1000))
def test_grades_follow_the_total(used: int, planned: int, limit: int) -> None:
    usage = Usage(ROUTES, used, planned, limit)
    assert (usage.grade is Grade.OVER_MAXIMUM) == (planned > 0 and used + planned > 1000)
    if usage.grade is Grade.OVER_QUOTA:
        assert limit < used + planned <= 1000
    if usage.grade is Grade.OK:
        assert used + planned < 0.8 * limit


@given(COUNTS, st.integers(1, 1000))
def test_what_the_plan_adds_nothing_to_stops_nothing(used: int, limit: int) -> None:
    assert Usage(ROUTES, used, 0, limit).grade in (Grade.OK, Grade.NEAR)


@given(COUNTS, st.integers(1, 2000), st.integers(1, 1000))
def test_what_is_asked_for_is_enough_or_all_that_there_is(used: int, planned: int, limit: int) -> None:
    usage = Usage(ROUTES, used, planned, limit)
    assert usage.wanted == 1000 or usage.wanted > max(limit, usage.total - 1)
    assert f"--desired-value {usage.wanted}" in usage.request
