"""The Pulumi command from the outside: in the project's folder, with the user's own environment."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canal_aws.stack import file_backend, locks
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import Locked, PulumiFailed, StackError

_TOLD_LINES = 12
#: What the engine says where --expect-no-changes does not hold.
_CHANGES_WORDS = "no changes were expected but changes were proposed"
#: How often a running command is looked at.
_LOOK_SECONDS = 1.0
#: What the engine says of a lock: DIY backends, and Pulumi Cloud (status 409).
_LOCK_WORDS = ("stack is currently locked", "another update is currently in progress")


@dataclass(frozen=True)
class Pulumi:
    """`pulumi` on PATH, run on one stack. `stack` is organization/project/stack as `find` reads it."""

    command: str
    folder: Path
    stack: str
    backend: str
    environment: Mapping[str, str] | None = None

    @classmethod
    def find(
        cls, folder: Path, stack: str | None, environment: Mapping[str, str] | None = None, mend: bool = False
    ) -> Pulumi:
        """The command, the backend, and the stack: `stack` or the selected one. StackError where one is missing.

        `mend`: remove what a kill left half-written in a backend on files; without it that is a StackError too.
        """
        command = shutil.which("pulumi", path=(environment or {}).get("PATH"))
        if command is None:
            raise StackError("no `pulumi` on PATH: this uses the same command as `pulumi up`")
        bare = cls(command, folder, stack or "", "", environment)
        told = bare._read(["whoami", "--verbose", "--json"], "asking which backend is in use", stack=False)
        backend = str(json.loads(told)["url"])
        _look_for_half_written(backend, stack, mend)
        name = bare._read(["stack", "--show-name", "--fully-qualify-stack-names"], "finding the stack").strip()
        return cls(command, folder, name.splitlines()[-1], backend, environment)

    def export(self, show_secrets: bool = False) -> Deployment:
        """The stack's state. StackError where it cannot be read."""
        shown = ["--show-secrets"] if show_secrets else []
        return Deployment(self._read(["stack", "export", *shown], "reading the stack's state"))

    def config(self) -> dict[str, Any]:
        """The stack's configuration by full key, like aws:region, secrets in plain: they stay in this process. StackError."""
        told = json.loads(self._read(["config", "--json", "--show-secrets"], "reading the stack's configuration"))
        return {key: each.get("objectValue", each.get("value")) for key, each in told.items()}

    def replace_state(self, text: str) -> None:
        """Put an edited state in the place of the present one; Locked where another command holds the stack."""
        self._run(["stack", "import"], "writing the stack's state", text)

    def cancel(self) -> None:
        """Remove the stack's lock."""
        self._run(["cancel", "--yes"], "removing the lock")

    def refresh(self, urns: Sequence[str]) -> None:
        """Read the resources anew, and nothing else."""
        targets = [argument for urn in urns for argument in ("--target", urn)]
        self._run(["refresh", "--yes", "--skip-preview", *targets], "reading the resources")

    def changes_nothing(self) -> bool:
        """Whether `pulumi up` would leave everything as it is. PulumiFailed where it could not be previewed."""
        try:
            self._run(["preview", "--expect-no-changes"], "previewing")
        except PulumiFailed as failed:
            if _CHANGES_WORDS in str(failed):
                return False
            raise
        return True

    def replace(self, urn: str, half_done: bool, meanwhile: Callable[[], None]) -> None:
        """Replace one resource and what depends on it, and touch nothing else, calling `meanwhile` again and again.

        `half_done`: an earlier replacement deleted it, and what is missing is made. An interruption reaches Pulumi as well,
        which finishes the step that it is at; then KeyboardInterrupt goes on.
        """
        target = "--target" if half_done else "--target-replace"
        arguments = ["up", "--yes", "--skip-preview", target, urn, "--target-dependents"]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            process = subprocess.Popen(
                self._command(arguments),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's ^C comes through us, once
            )
            try:
                while not _ends(process):
                    meanwhile()
            except BaseException:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
            said.seek(0)
            self._check(process.returncode, said.read(), f"replacing {urn.rpartition('::')[2]}", arguments)

    def up(self) -> int:
        """`pulumi up` as the user would see it; its exit status."""
        command = [self.command, "up", "--yes", "--skip-preview", "--stack", self.stack]
        return subprocess.run(command, cwd=self.folder, env=self._environment(), check=False).returncode

    def _environment(self) -> dict[str, str] | None:
        return dict(self.environment) if self.environment is not None else None

    def _read(self, arguments: Sequence[str], doing: str, stack: bool = True) -> str:
        """What a command says that changes nothing."""
        try:
            return self._run(arguments, doing, stack=stack)
        except PulumiFailed as failed:
            # Such as no stack of that name: nothing ran that could have found something wrong.
            raise StackError(str(failed)) from None

    def _run(self, arguments: Sequence[str], doing: str, text: str | None = None, stack: bool = True) -> str:
        done = subprocess.run(
            self._command(arguments, stack),
            cwd=self.folder,
            env=self._environment(),
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )
        self._check(done.returncode, done.stdout + done.stderr, doing, arguments)
        return done.stdout

    def _command(self, arguments: Sequence[str], stack: bool = True) -> list[str]:
        chosen = ["--stack", self.stack] if stack and self.stack else []
        return [self.command, *arguments, *chosen, "--non-interactive", "--color", "never"]

    @staticmethod
    def _check(status: int, said: str, doing: str, arguments: Sequence[str]) -> None:
        if status == 0:
            return
        told = "\n".join(_told(said)[-_TOLD_LINES:])
        if any(words in told.lower() for words in _LOCK_WORDS):
            raise Locked(told)
        raise PulumiFailed(f"{doing}: `pulumi {' '.join(arguments[:2])}` failed:\n{told}")


def _told(said: str) -> list[str]:
    """What a command said of its errors: the engine's diagnostics where it got so far, else all lines."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    begins = next((index + 1 for index, line in enumerate(lines) if line == "Diagnostics:"), 0)
    told = lines[begins:]
    ends = next((index for index, line in enumerate(told) if line in ("Outputs:", "Resources:")), len(told))
    return told[: ends if begins else None]


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended, or does within a second."""
    try:
        process.wait(_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _look_for_half_written(backend: str, stack: str | None, mend: bool) -> None:
    """What a kill left half-written of `stack`, or of any, so that no command on it works. Locked where it is being written."""
    for file, found in file_backend.half_written(backend):
        if stack and stack.rpartition("/")[2] != found.rpartition("/")[2]:
            continue
        for holder in locks.in_files(backend, found):
            if not holder.here or holder.alive:
                raise Locked(f"stack {found} is being updated by {holder}: wait until it ends, then run this again")
        if not mend:
            raise StackError(
                f"stack {found}: a command that was killed left {file.name} half-written, and none can read the stack since; "
                f"`canal-aws recover --stack {found}` mends it"
            )
        file.unlink(missing_ok=True)
