"""The Pulumi command as the demo runs it: in the sandbox's environment, timed, and interrupted gently."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

import psutil
from pulumi.automation import PulumiCommand
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error

from canal_aws.sandbox import processes

OnOutput = Callable[[str], Any]
_AFTER_INTERRUPT_SECONDS = 120.0


class SandboxPulumi(PulumiCommand):
    """Pulumi's command with three differences from the Automation API's own.

    The environment is exactly `env`: the stock one hands the caller's variables on, an AWS_PROFILE among them. The
    seconds of each command are kept (`seconds`, by its first word), since `Stack.up` asks for outputs and history too. And Ctrl-C
    reaches the engine once, as a request to finish what it is doing, with its plugins left alone for that.
    """

    def __init__(self, command: str, env: Mapping[str, str]) -> None:
        # The stock constructor looks for `pulumi` on the caller's PATH and runs it there, so it is not called.
        from semver import VersionInfo

        self.command = command
        self.env = {**env, "PULUMI_AUTOMATION_API": "true"}
        said = subprocess.check_output([command, "version"], env=self.env, text=True)
        self.version = VersionInfo.parse(said.strip().removeprefix("v"))
        self.seconds: dict[str, float] = {}
        self._running: psutil.Process | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run one command; CommandError where it fails, KeyboardInterrupt (after it ended) where it was interrupted."""
        began = time.monotonic()
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            env={**self.env, **additional_env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with contextlib.suppress(psutil.NoSuchProcess):
            self._running = psutil.Process(process.pid)
        out: list[str] = []
        err: list[str] = []
        readers = [_reader(process.stdout, out, on_output), _reader(process.stderr, err, on_error)]
        try:
            process.wait()
        except KeyboardInterrupt:
            _end_gently(process)
            raise
        finally:
            self.seconds[args[0]] = time.monotonic() - began
            self._running = None
            for reader in readers:
                reader.join(timeout=5)
        result = CommandResult(stdout="\n".join(out), stderr="\n".join(err), code=process.returncode)
        if process.returncode:
            raise create_command_error(result)
        return result

    def memory_bytes(self) -> int:
        """Resident memory of the running engine, its plugins and the program; 0 between commands."""
        running = self._running
        return processes.resident_bytes(processes.family([running])) if running else 0


def _reader(stream: IO[str] | None, lines: list[str], callback: OnOutput | None) -> threading.Thread:
    def read() -> None:
        for line in stream or ():
            lines.append(line.rstrip())
            if callback:
                callback(line.rstrip())

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _end_gently(process: subprocess.Popen[str]) -> None:
    """Ask the engine to stop after what it is doing; a second Ctrl-C, or two minutes, end it with its plugins."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_AFTER_INTERRUPT_SECONDS)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
