"""The timeline: steps fall due in order, and only when somebody looks."""

from __future__ import annotations

from canal_aws.sandbox.aws.timeline import Timeline


def test_steps_happen_when_due_and_in_their_order() -> None:
    now, seen = [0.0], list[str]()
    timeline = Timeline(lambda: now[0])
    timeline.after(2, lambda: seen.append("later"))
    timeline.after(1, lambda: seen.append("sooner"))
    timeline.after(1, lambda: seen.append("sooner too"))
    timeline.catch_up()
    assert seen == []
    now[0] = 1.5
    timeline.catch_up()
    assert seen == ["sooner", "sooner too"]
    now[0] = 9
    timeline.catch_up()
    timeline.catch_up()
    assert seen == ["sooner", "sooner too", "later"]


def test_a_step_may_schedule_another() -> None:
    now, seen = [0.0], list[str]()
    timeline = Timeline(lambda: now[0])
    timeline.after(1, lambda: timeline.after(0, lambda: seen.append("second")))
    now[0] = 1
    timeline.catch_up()
    assert seen == ["second"]


def test_nothing_happens_after_a_clear() -> None:
    timeline, seen = Timeline(lambda: 0.0), list[str]()
    timeline.after(0, lambda: seen.append("never"))
    timeline.clear()
    timeline.catch_up()
    assert seen == []
