"""The demo as a whole: a sandbox of its own, one architecture after the other, and everything removed at the end."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architectures import Architecture
from canal_aws import manifests
from canal_aws.errors import CanalError
from canal_aws.manifests.network import ClusterNetwork
from canal_aws.progress import Progress
from canal_aws.route_budget import QUOTA_CODE
from canal_aws.sandbox import environment, toolchain
from canal_aws.sandbox.aws import DEFAULT_REGION
from canal_aws.sandbox.demo import folders, project
from canal_aws.sandbox.demo.engine import SandboxPulumi
from canal_aws.sandbox.demo.lifecycle import Board, Lifecycle, Place
from canal_aws.sandbox.demo.result import Result
from canal_aws.sandbox.errors import SandboxProcessError
from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.sandbox.state import STATE_VARIABLE
from canal_aws.settings import Settings

if TYPE_CHECKING:
    from types import FrameType


class Interrupted(CanalError):
    """The demo was ended in the middle; the message says what is left, and how to remove it."""

    exit_status = 130


@dataclass(frozen=True)
class Options:
    """What the user may choose. `route_quota` is what the embedded AWS applies to routes per table."""

    architectures: Sequence[Architecture]
    workers_per_zone: int | None = None
    route_quota: int | None = None


@dataclass(frozen=True)
class Outcome:
    """The results in order, the seconds of the whole, and the folder with the logs where something went wrong."""

    results: tuple[Result, ...]
    seconds: float
    kept: Path | None


def run(options: Options, progress: Progress, board: Any) -> Outcome:
    """Run the demo. `board` is a context manager that is the `Board` of the run.

    It uses a sandbox of its own, so that one that runs already is never disturbed. Raises Interrupted on Ctrl-C or
    SIGTERM, and what the sandbox and the toolchain raise.
    """
    checkout = project.find()
    began = time.monotonic()
    folder = folders.new()
    sandbox = Sandbox(folder / "sandbox")
    with _terminate_as_interrupt():
        try:
            sandbox.start(progress)
        except BaseException:
            folders.discard_unstarted(folder)
            raise
        results: list[Result] = []
        try:
            if options.route_quota is not None:
                sandbox.control().set_quota("vpc", QUOTA_CODE, options.route_quota)
            place = _place(sandbox, project.view(checkout, folder / "project"))
            with board as shown:
                results.extend(_each(options, place, shown))
        except KeyboardInterrupt:
            raise Interrupted(_what_is_left(sandbox, folder)) from None
        except BaseException:
            sandbox.stop(force=True)
            raise
    clean = all(result.error is None and not result.leftovers for result in results)
    sandbox.stop(force=True)
    if clean:
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(tuple(results), time.monotonic() - began, None if clean else sandbox.folder.logs)


def _each(options: Options, place: Place, board: Board) -> Iterator[Result]:
    defaults = Settings()
    network = ClusterNetwork(str(defaults.pod_cidr), str(defaults.service_cidr), defaults.node_pod_cidr_mask)
    for architecture in options.architectures:
        canal = manifests.build(architecture, network)
        yield Lifecycle(place, board, architecture, canal, options.workers_per_zone).run()


def _place(sandbox: Sandbox, view: Path) -> Place:
    tools = toolchain.ensure()
    env = environment.applied(sandbox.env(), os.environ)
    engine = SandboxPulumi(str(tools.path("pulumi")), env)
    return Place(
        project=view,
        engine=engine,
        control=sandbox.control(),
        region=DEFAULT_REGION,
        kubectl=tools.path("kubectl"),
        env=env,
        sandbox_memory=sandbox.memory_bytes,
        engine_memory=engine.memory_bytes,
        seconds=engine.seconds,
    )


def _what_is_left(sandbox: Sandbox, folder: Path) -> str:
    try:
        left = f"{len(sandbox.control().leftovers())} resources in the embedded AWS"
    except (CanalError, SandboxProcessError):
        left = "a sandbox that no longer answers"
    stacks = ", ".join(sandbox.folder.stacks()) or "no stack"
    variable = f"{STATE_VARIABLE}={shlex.quote(str(sandbox.folder.root))}"
    view = shlex.quote(str(folder / "project"))
    return (
        f"interrupted; nothing was destroyed. Left: {stacks}, {left}, and the sandbox itself, which still runs.\n"
        f"  remove all of it:  {variable} canal-aws sandbox reset && rm -r {shlex.quote(str(folder))}\n"
        f'  or look at it:     eval "$({variable} canal-aws sandbox env)" && pulumi -C {view} stack'
    )


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """SIGTERM, which CI jobs send at their time limit, ends the demo in the same orderly way as Ctrl-C."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
