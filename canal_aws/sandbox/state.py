"""The sandbox's folder on disk: where everything lives, and the record of what runs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from canal_aws.sandbox.errors import SandboxStateError

#: The variable that names another state folder, so that several sandboxes can run side by side.
STATE_VARIABLE = "CANAL_AWS_SANDBOX"
_MARKER = ".canal-aws-sandbox"


def default_folder() -> Path:
    """$CANAL_AWS_SANDBOX, else `sandbox` in the user's state folder."""
    chosen = os.environ.get(STATE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_state_path("canal-aws") / "sandbox"


@dataclass(frozen=True)
class ProcessRecord:
    """One process of the sandbox. `started` tells it from a later owner of its pid (`processes.started`)."""

    name: str
    pid: int
    started: str


@dataclass(frozen=True)
class Record:
    """sandbox.json: the port of the embedded AWS (0 until it is known) and every process started so far."""

    aws_port: int
    processes: tuple[ProcessRecord, ...]

    @property
    def endpoint(self) -> str:
        """The embedded AWS's address, as AWS_ENDPOINT_URL takes it."""
        return f"http://127.0.0.1:{self.aws_port}"


@dataclass(frozen=True)
class StateFolder:
    """The paths below the sandbox's state folder, and what is kept in them."""

    root: Path

    @property
    def record_file(self) -> Path:
        return self.root / "sandbox.json"

    @property
    def lock_file(self) -> Path:
        """Beside the folder and not in it, since `reset` removes the folder while it holds the lock."""
        return self.root.with_name(self.root.name + ".lock")

    @property
    def aws(self) -> Path:
        return self.root / "aws"

    @property
    def kubernetes(self) -> Path:
        return self.root / "kubernetes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def pulumi_home(self) -> Path:
        return self.root / "pulumi-home"

    @property
    def backend(self) -> Path:
        return self.root / "backend"

    @property
    def aws_config(self) -> Path:
        return self.root / "aws-config"

    @property
    def aws_credentials(self) -> Path:
        return self.root / "aws-credentials"

    def prepare(self) -> None:
        """Create the folders and the empty AWS configuration; SandboxStateError where that cannot be done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.root / _MARKER).touch()
            for folder in (self.aws, self.kubernetes, self.logs, self.bin, self.pulumi_home, self.backend):
                folder.mkdir(exist_ok=True)
            for empty in (self.aws_config, self.aws_credentials):
                empty.write_text("", encoding="utf-8")
        except OSError as error:
            raise SandboxStateError(
                f"the sandbox's state folder {self.root} cannot be written ({error.strerror}): "
                f"name another one in {STATE_VARIABLE}"
            ) from error

    def passphrase(self) -> str:
        """What encrypts the secrets of the sandbox's stacks: made at first use, readable by its user alone."""
        path = self.root / "passphrase"
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            made = secrets.token_urlsafe(24)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(made)
            return made

    def load(self) -> Record | None:
        """The record of the last start; None where there is none, or where it cannot be read."""
        try:
            read = json.loads(self.record_file.read_text(encoding="utf-8"))
            return Record(int(read["aws_port"]), tuple(ProcessRecord(**entry) for entry in read["processes"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            # Half-written records cannot happen (see save); somebody's edit is worth no more than no record.
            return None

    def save(self, record: Record) -> None:
        """Replace the record as a whole, so that no reader ever meets half of one."""
        draft = self.record_file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
        draft.replace(self.record_file)

    def forget(self) -> None:
        """Remove the record."""
        self.record_file.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether there is anything to remove."""
        return self.root.is_dir() and any(self.root.iterdir())

    def remove(self) -> None:
        """Remove the folder; SandboxStateError where it is not a sandbox's, so that no other folder is ever lost."""
        if not self.exists():
            return
        if not (self.root / _MARKER).exists():
            raise SandboxStateError(
                f"{self.root} holds files and was not made by canal-aws: it is left alone; "
                f"correct {STATE_VARIABLE}, or remove the folder yourself"
            )
        shutil.rmtree(self.root)

    def stacks(self) -> tuple[str, ...]:
        """Names of the stacks in the sandbox's backend (Pulumi's file backend: .pulumi/stacks/PROJECT/STACK.json)."""
        found = (self.backend / ".pulumi" / "stacks").glob("**/*.json")
        return tuple(sorted(path.stem for path in found))

    def update_locks(self) -> Iterator[tuple[str, int]]:
        """(stack, pid) of every lock that Pulumi's file backend holds (.pulumi/locks/organization/PROJECT/STACK/)."""
        for path in sorted((self.backend / ".pulumi" / "locks").glob("**/*.json")):
            try:
                yield path.parent.name, int(json.loads(path.read_text(encoding="utf-8"))["pid"])
            except (OSError, ValueError, KeyError):
                continue  # released or being written at this moment
