"""What a preflight is about: a living stack, a file's settings or some on the command line; and the way to its AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from canal_aws import progress
from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.written import Written, from_file, with_arguments
from canal_aws.stack.aws_clients import Aws, region_of
from canal_aws.stack.errors import Locked, StackError

if TYPE_CHECKING:
    from canal_aws.stack.subject import Subject

_WAYS = (
    "name a living stack (--stack, or run this where one is selected), a file (--config Pulumi.<stack>.yaml), "
    "or settings for a new stack (--set architecture=calico-ipip)"
)


class NothingToCheck(CanalError):
    """Neither a stack nor a file nor settings were given, or too many of them; or no Region to check them in."""


@dataclass(frozen=True)
class SubjectOfRun:
    """`written` is what the settings say; `subject` is None where the plan is of a stack that does not exist yet."""

    written: Written
    region: str
    subject: Subject | None = None

    @property
    def kept(self) -> Kept:
        """What the stack's last state decided; nothing for a new one."""
        return self.subject.kept if self.subject else Kept()

    @property
    def target(self) -> Target:
        """Where to look, and what there is the stack's own."""
        if self.subject is None:
            return Target(self.region)
        return Target(self.region, self.subject.name, frozenset(key for _, key in self.subject.state.ids()))

    @contextmanager
    def asking(self) -> Iterator[Asking]:
        """Calls to its AWS, which a person sees under way; NothingToCheck where no Region is known."""
        if not self.region:
            raise NothingToCheck("no Region: give --region, set aws:region, or check with --inputs-only")
        with Asking(self.aws) as asking, progress.for_stream().step(f"asking AWS in {self.region}"):
            yield asking

    @property
    def aws(self) -> Aws:
        """AWS in `region`, as the stack's provider reaches it or will: what it is not told, the environment says.

        UnreadableSettings and StackError where what the provider is told cannot be read.
        """
        self.written.refuse_encrypted()
        return Aws({**self.written.provider, "region": self.region})


def subject_of_run(
    config: Path | None,
    arguments: Sequence[str],
    region: str | None,
    stack: str | None = None,
    folder: Path | None = None,
) -> SubjectOfRun:
    """A stack where one is named or nothing else is; else the file, else `arguments` (KEY=VALUE) alone.

    Arguments go over what the stack or the file says. Raises NothingToCheck, UnreadableSettings, StackError.
    """
    if config and (stack or folder):
        raise NothingToCheck(
            "--config is about a new stack, --stack and --cwd are about a living one: give one of them"
        )
    if config or (arguments and not stack and not folder):
        written = with_arguments(from_file(config) if config else Written({}), arguments)
        return SubjectOfRun(written, region or region_of(written.provider))
    subject = _living(folder or Path(), stack)
    written = with_arguments(Written(subject.settings, subject.provider), arguments)
    if region and written.region and region != written.region:
        raise NothingToCheck(f"--region {region}: stack {subject.name} is in {written.region}, and stays there")
    return SubjectOfRun(written, region or region_of(written.provider), subject)


def _living(folder: Path, stack: str | None) -> Subject:
    from canal_aws.stack.subject import Subject

    try:
        return Subject.read(folder, stack, progress.for_stream())
    except Locked:
        raise
    except StackError as error:
        if stack:
            raise
        raise NothingToCheck(f"there is nothing to check: {error}\n{_WAYS}") from error
