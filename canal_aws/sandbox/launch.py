"""Starting the sandbox's parts in order, each one waited for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import canal_aws
from canal_aws.progress import Progress
from canal_aws.sandbox import environment, processes
from canal_aws.sandbox.control import Control
from canal_aws.sandbox.state import ProcessRecord, Record, StateFolder

AWS = "embedded AWS"
FLEET = "fleet"
_READY_SECONDS = 60.0


@dataclass(frozen=True)
class Parts:
    """What a sandbox is made of: `python` runs the modules that the two commands name."""

    python: str = sys.executable
    aws_module: str = "canal_aws.sandbox.aws"
    fleet_module: str = "canal_aws.sandbox.fleet"

    def ensure(self, progress: Progress) -> None:
        """Have every binary; builds what is missing, which takes minutes once, on a host that can hold machines only."""
        from canal_aws.sandbox import toolchain
        from canal_aws.sandbox.machines import namespaces

        namespaces.require()
        toolchain.ensure(progress=progress)

    def install(self, folder: StateFolder) -> None:
        """Put the launchers of the stand-in providers and of the language host where only the sandbox looks."""
        from canal_aws.sandbox import plugins, toolchain

        pulumi = toolchain.ensure(["pulumi"]).path("pulumi")
        plugins.install(folder.pulumi_home, folder.bin, Path(self.python), pulumi)

    def bin_dir(self) -> Path:
        """Where the toolchain's binaries are."""
        from canal_aws.sandbox import toolchain

        return Path(toolchain.ensure().bin_dir)


def start(folder: StateFolder, parts: Parts, progress: Progress, aws_port: int) -> Record:
    """Start the embedded AWS, then the fleet; the record is saved after each, so that a kill loses no pid.

    SandboxProcessError, with the end of the log, where one ends early or is not ready within a minute.
    """
    with progress.step("starting the embedded AWS"):
        record = _start_aws(folder, parts, aws_port)
    with progress.step("starting the fleet, which plays the instances"):
        return _start_fleet(folder, parts, record)


def _start_aws(folder: StateFolder, parts: Parts, port: int) -> Record:
    described = folder.aws / "aws.json"
    described.unlink(missing_ok=True)
    command = (parts.python, "-m", parts.aws_module, "--port", str(port), "--state", str(folder.aws))
    aws, log = _spawn(folder, AWS, command, {})
    folder.save(Record(aws_port=0, processes=(aws,)))
    way_out = "If the port is taken, choose another one with --aws-port."
    processes.wait_until(aws, lambda: read(described).get("pid") == aws.pid, _READY_SECONDS, log, way_out)
    record = Record(int(read(described)["port"]), (aws,))
    folder.save(record)
    control = Control(record.endpoint)
    processes.wait_until(aws, control.ready, _READY_SECONDS, log, way_out)
    control.require_own_account()
    return record


def _start_fleet(folder: StateFolder, parts: Parts, record: Record) -> Record:
    described = folder.kubernetes / "fleet.json"
    described.unlink(missing_ok=True)
    binaries = parts.bin_dir()
    options = {"--aws-endpoint": record.endpoint, "--state": folder.kubernetes, "--bin": binaries}
    flat = [str(word) for option in options.items() for word in option]
    variables = environment.variables(folder, record.endpoint, binaries, os.environ)
    fleet, log = _spawn(folder, FLEET, (parts.python, "-m", parts.fleet_module, *flat), variables)
    record = Record(record.aws_port, (*record.processes, fleet))
    folder.save(record)
    way_out = "`canal-aws sandbox start` tries again."
    processes.wait_until(fleet, lambda: read(described).get("pid") == fleet.pid, _READY_SECONDS, log, way_out)
    return record


def _spawn(
    folder: StateFolder, name: str, command: Sequence[str], variables: Mapping[str, str]
) -> tuple[ProcessRecord, Path]:
    log = folder.logs / f"{name.replace(' ', '-').lower()}.log"
    log.unlink(missing_ok=True)
    env = environment.applied(variables, os.environ)
    # The checkout need not be installed in the interpreter for its own processes to find it.
    checkout = str(Path(canal_aws.__file__).resolve().parents[1])
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (checkout, env.get("PYTHONPATH"))))
    return processes.spawn(name, command, env, log), log


def read(path: Path) -> dict[str, Any]:
    """What a process wrote about itself; empty while the file is absent or half-written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
