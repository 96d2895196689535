"""The table of figures: of several architectures the worst counts, and what was not reached is not a figure."""

from __future__ import annotations

from bench.figures import of_demo
from canal_aws.sandbox.demo.result import Result


def _measured(results: list[Result]) -> dict[str, float | None]:
    return {figure.name: figure.measured for figure in of_demo(results, 100.0)}


def test_the_worst_architecture_counts() -> None:
    quick = Result("a", seconds=10.0, destroy_seconds=5.0, aws_calls=100, nodes=7, sandbox_memory_peak_bytes=2**30)
    slow = Result("b", seconds=20.0, destroy_seconds=3.0, aws_calls=140, nodes=7, sandbox_memory_peak_bytes=2**29)
    measured = _measured([quick, slow])
    assert measured["up of the default shape"] == 20.0
    assert measured["destroy"] == 5.0
    assert measured["AWS calls of up, 7 nodes"] == 140
    assert measured["sandbox memory, peak"] == 1.0


def test_a_refused_up_has_no_seconds() -> None:
    measured = _measured([Result("a", error="refused")])
    assert measured["up of the default shape"] is None
    assert measured["sandbox memory, peak"] is None
