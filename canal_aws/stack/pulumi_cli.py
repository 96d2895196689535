"""The Pulumi command from the outside: in the project's folder, with the user's own environment."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from canal_aws.stack import file_backend, locks
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import Locked, PulumiFailed, StackError

_TOLD_LINES = 12
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
    def find(cls, folder: Path, stack: str | None, environment: Mapping[str, str] | None = None) -> Pulumi:
        """The command, the backend, and the stack: `stack` or the selected one. StackError where one is missing."""
        command = shutil.which("pulumi", path=(environment or {}).get("PATH"))
        if command is None:
            raise StackError("no `pulumi` on PATH: this uses the same command as `pulumi up`")
        bare = cls(command, folder, stack or "", "", environment)
        told = bare._run(["whoami", "--verbose", "--json"], "asking which backend is in use", stack=False)
        backend = str(json.loads(told)["url"])
        _mend(backend)
        name = bare._run(["stack", "--show-name", "--fully-qualify-stack-names"], "finding the stack").strip()
        return cls(command, folder, name.splitlines()[-1], backend, environment)

    def export(self, show_secrets: bool = False) -> Deployment:
        """The stack's state."""
        shown = ["--show-secrets"] if show_secrets else []
        return Deployment(self._run(["stack", "export", *shown], "reading the stack's state"))

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

    def up(self) -> int:
        """`pulumi up` as the user would see it; its exit status."""
        command = [self.command, "up", "--yes", "--skip-preview", "--stack", self.stack]
        return subprocess.run(command, cwd=self.folder, env=self._environment(), check=False).returncode

    def _environment(self) -> dict[str, str] | None:
        return dict(self.environment) if self.environment is not None else None

    def _run(self, arguments: Sequence[str], doing: str, text: str | None = None, stack: bool = True) -> str:
        chosen = ["--stack", self.stack] if stack and self.stack else []
        command = [self.command, *arguments, *chosen, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
        told = "\n".join([line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-_TOLD_LINES:])
        if any(words in told.lower() for words in _LOCK_WORDS):
            raise Locked(told)
        raise PulumiFailed(f"{doing}: `pulumi {' '.join(arguments[:2])}` failed:\n{told}")


def _mend(backend: str) -> None:
    """Remove what a kill left half-written, with which no command on the stack would work. Locked where it is being written."""
    for file, stack in file_backend.half_written(backend):
        for holder in locks.in_files(backend, stack):
            if not holder.here or holder.alive:
                raise Locked(f"stack {stack} is being updated by {holder}: wait until it ends, then run this again")
        file.unlink(missing_ok=True)
