"""`python -m bench.figures [ARCH…]`: the project's figures, measured now on this machine, beside what was asked.

One run of the demo gives most of them; of several architectures the slowest or largest counts. Times hang on the
machine and on what else it does: they are asked of two idle cores with everything cached.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

import architectures

if TYPE_CHECKING:
    from canal_aws.sandbox.demo.result import Result

_GIB = 2**30
_REPEATS = 3
_ENSURE = """
import time
began = time.perf_counter()
from canal_aws.sandbox import toolchain
toolchain.ensure()
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Figure:
    """One line of the table; `measured` is None where the run did not get there."""

    name: str
    asked: str
    measured: float | None
    unit: str

    def __str__(self) -> str:
        said = "-" if self.measured is None else f"{self.measured:,.{0 if self.unit == '' else 2}f} {self.unit}"
        return f"{self.name:<44} {self.asked:>12} {said.strip():>14}"


def of_demo(results: Sequence[Result], seconds: float) -> list[Figure]:
    """The figures that a run of the demo gives."""

    def worst(value: Callable[[Result], float | None]) -> float | None:
        known = [found for result in results if (found := value(result)) is not None]
        return max(known) if known else None

    sandbox = worst(lambda result: result.sandbox_memory_peak_bytes)
    engine = worst(lambda result: result.engine_memory_peak_bytes)
    return [
        Figure("up of the default shape", "<= 30 s", worst(lambda result: result.seconds), "s"),
        Figure("unchanged up", "<= 10 s", worst(lambda result: result.second_up_seconds), "s"),
        Figure("refresh", "", worst(lambda result: result.refresh_seconds), "s"),
        Figure("destroy", "<= 20 s", worst(lambda result: result.destroy_seconds), "s"),
        Figure(f"demo of {len(results)} architectures", "<= 180 s", seconds, "s"),
        Figure("sandbox memory, peak", "<= 3 GiB", sandbox and sandbox / _GIB, "GiB"),
        Figure("engine, plugins and program, peak", "", engine and engine / _GIB, "GiB"),
        Figure(f"AWS calls of up, {_nodes(results)} nodes", "< 348", worst(lambda result: result.aws_calls), ""),
    ]


def of_boots() -> list[Figure]:
    """The figures of control planes that boot from user data: one run each."""
    from bench.boots import boot_seconds

    return [
        Figure("boot 1: user data to ready API", "<= 15 s", boot_seconds(1), "s"),
        Figure("boot 3: user data to ready API", "<= 40 s", boot_seconds(3), "s"),
    ]


def of_commands() -> list[Figure]:
    """The figures of single commands: medians of three, of the slowest architecture."""
    manifests = max(_median(partial(_seconds, "manifests", name)) for name in architectures.names())
    return [
        Figure("canal-aws --help", "<= 0.5 s", _median(partial(_seconds, "--help")), "s"),
        Figure("canal-aws manifests ARCH", "<= 1 s", manifests, "s"),
        Figure("toolchain.ensure(), everything there", "<= 0.3 s", _median(_ensure_seconds), "s"),
    ]


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    print(f"{'figure':<44} {'asked':>12} {'measured':>14}")
    for figure in figures:
        print(figure)


def _nodes(results: Sequence[Result]) -> int:
    return max((result.nodes or 0 for result in results), default=0)


def _median(measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(_REPEATS))


def _seconds(*words: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "canal_aws", *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _ensure_seconds() -> float:
    said = subprocess.run([sys.executable, "-c", _ENSURE], capture_output=True, text=True, check=True)
    return float(said.stdout)


def main() -> None:
    """Measure and print; exit status 1 where the demo's results were not as expected, whatever the times."""
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ARCH", help="architectures; all three by default")
    names = parser.parse_args().names or list(architectures.names())

    from rich.console import Console

    from canal_aws import progress
    from canal_aws.errors import CanalError
    from canal_aws.sandbox.demo import run
    from canal_aws.sandbox.demo.board import board

    try:
        chosen = [architectures.get(name) for name in names]
    except KeyError as error:
        parser.error(error.args[0])
    before = os.getloadavg()[0]
    try:
        outcome = run.run(run.Options(chosen), progress.for_stream(), board(names, Console(stderr=True)))
    except CanalError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
    show([*of_demo(outcome.results, outcome.seconds), *of_boots(), *of_commands()])
    print(
        f"Load average (1 min) {before:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()} CPUs: "
        "above their number, the seconds are too long."
    )
    print(
        "Measured in one run on this machine; `python -m bench.cold` measures a first one, its toolchain built from source."
    )
    complaints = [f"{each.name}: {said}" for each in outcome.results for said in each.complaints()]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
