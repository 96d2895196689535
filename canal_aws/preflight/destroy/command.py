"""`canal-aws preflight --destroy`: reports, and with --delete takes away what is in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from canal_aws.errors import CanalError

if TYPE_CHECKING:
    from canal_aws.preflight.destroy.stack_facts import StackFacts
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.preflight.live.gathering import Facts
    from canal_aws.preflight.report import Report
    from canal_aws.progress import Progress
    from canal_aws.stack.aws_clients import Aws

Ask = Callable[[str], bool]


class NotConfirmed(CanalError):
    """Nobody said yes; nothing was deleted."""


class SomethingLeft(CanalError):
    """Not all that was to be deleted is gone."""

    exit_status = 1


def of_stack(
    folder: Path,
    stack: str | None,
    delete: bool,
    show: Callable[[Report], None],
    ask: Ask,
) -> Report:
    """Looks at a stack, shows the report, and with `delete` acts on it; the report of what there is at the end."""
    from canal_aws import progress
    from canal_aws.preflight.destroy.stack_facts import StackFacts
    from canal_aws.stack.subject import Subject

    shown = progress.for_stream()
    subject = Subject.read(folder, stack, shown)
    return examine(subject.aws, StackFacts.of(subject.name, subject.state), delete, show, ask, shown)


def examine(
    aws: Aws, stack: StackFacts, delete: bool, show: Callable[[Report], None], ask: Ask, shown: Progress
) -> Report:
    """The same for a stack's facts. NotConfirmed where nobody said yes, SomethingLeft where not all could be deleted."""
    from canal_aws.preflight.destroy.run import look, report_of
    from canal_aws.preflight.live.asking import Asking

    with Asking(aws) as asking:
        with shown.step(f"looking in AWS for what stands in the way of {stack.name}"):
            facts = look(asking, stack)
        report = report_of(facts)
        if not delete:
            show(report)
            return report
        if not _deleted(asking, stack, facts, report, show, ask, shown):
            return report
        with shown.step("looking again"):
            report = _present(asking, stack)
        show(report)
        return report


def _deleted(
    asking: Asking,
    stack: StackFacts,
    facts: Facts,
    report: Report,
    show: Callable[[Report], None],
    ask: Ask,
    shown: Progress,
) -> bool:
    from canal_aws.preflight.destroy.deleting import deletable, delete

    wanted = deletable(facts)
    if not wanted:
        show(report)
        return False
    for thing in wanted:
        print(f"to delete: {thing}: {thing.owner.who}", file=sys.stderr)
    if not ask(f"Delete these {len(wanted)}?"):
        show(report)
        raise NotConfirmed("nothing was deleted: answer yes on a terminal, or give --yes")
    failed = delete(asking, stack, facts, shown)
    if failed:
        show(_present(asking, stack))
        raise SomethingLeft("not deleted:\n  " + "\n  ".join(failed))
    return True


def _present(asking: Asking, stack: StackFacts) -> Report:
    """What there is after the deletions."""
    from canal_aws.preflight.destroy.run import look, report_of

    return report_of(look(asking, stack))
