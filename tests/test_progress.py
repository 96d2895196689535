from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from canal_aws.progress import Lines, Progress, Spinner, for_stream


def test_lines_show_begin_signs_of_life_and_end() -> None:
    stream = io.StringIO()
    progress = Lines(stream, interval=0.01)
    with progress.step("building"):
        while "still running" not in stream.getvalue():
            threading.Event().wait(0.005)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "building ..."
    assert lines[1].startswith("building: still running after ")
    assert lines[-1].startswith("building: done in ")


def terminal() -> tuple[io.StringIO, Progress]:
    stream = io.StringIO()
    return stream, Spinner(Console(file=stream, force_terminal=True, width=100))


def test_the_spinner_keeps_a_line_for_each_step_also_when_they_nest() -> None:
    stream, progress = terminal()
    with progress.step("outer [x]"), progress.step("inner"):
        pass
    with progress.step("later"):
        pass
    text = stream.getvalue()
    for step in ("inner", "outer [x]", "later"):
        assert f"{step} (0.0 s)" in text


def test_the_spinner_takes_steps_of_several_threads() -> None:
    stream, progress = terminal()
    together = threading.Barrier(3)

    def work(number: int) -> None:
        with progress.step(f"step {number}"):
            together.wait(10)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"step {number} (" in stream.getvalue() for number in range(3))


@pytest.mark.parametrize("kind", ["lines", "spinner"])
def test_a_step_that_fails_says_so_and_lets_the_error_through(kind: str) -> None:
    stream, progress = terminal()
    progress = Lines(stream) if kind == "lines" else progress
    with pytest.raises(ValueError, match="why"), progress.step("starting"):
        raise ValueError("why")
    assert "failed" in stream.getvalue()


def test_a_pipe_gets_plain_lines() -> None:
    assert isinstance(for_stream(io.StringIO()), Lines)
