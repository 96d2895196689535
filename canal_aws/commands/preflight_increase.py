"""`canal-aws preflight --request-increase CODE`: what is said and asked before a request goes to Service Quotas."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report
    from canal_aws.stack.aws_clients import Aws

REQUEST_INCREASE = typer.Option(
    "--request-increase",
    metavar="CODE",
    help="Ask AWS, after asking you, for more of a quota that is near or over; may be given again.",
    rich_help_panel="Quotas",
)


def refuse(inputs_only: bool, destroy: bool) -> None:
    """typer.BadParameter where --request-increase stands with what it cannot go with."""
    if inputs_only:
        raise typer.BadParameter("--request-increase asks AWS, and --inputs-only asks nobody: give one of them")
    if destroy:
        raise typer.BadParameter(
            "--request-increase is about what `pulumi up` needs, --destroy is not: give one of them"
        )


def request(report: Report, aws: Aws, region: str, codes: Iterable[str], yes: bool) -> None:
    """Asks for more of each of `codes`, all or none of which are asked for. Says on stderr what AWS has.

    Raises NotRequested, NotKnown, NotAnswered of canal_aws.preflight.increase and live.asking.
    """
    from canal_aws.preflight import increase
    from canal_aws.preflight.live.asking import Asking, NotAnswered

    usages = increase.wanted(report, codes)
    regions = [increase.region_of(usage.quota, region) for usage in usages]
    with ExitStack() as open_ones:
        askings = {each: open_ones.enter_context(Asking(aws.in_region(each))) for each in dict.fromkeys(regions)}
        found = [
            (askings[each], increase.look(askings[each], usage)) for each, usage in zip(regions, usages, strict=True)
        ]
        for _, each in found:
            print(f"requested already: {each}: {each.open}" if each.open else f"to request: {each}", file=sys.stderr)
        new = [(asking, each) for asking, each in found if each.open is None]
        if new and not _agreed(len(new), yes):
            raise increase.NotRequested("nothing was requested: answer yes on a terminal, or give --yes")
        failed: list[str] = []
        for asking, each in new:
            try:
                print(f"requested: {each}: {increase.file(asking, each)}", file=sys.stderr)
            except NotAnswered as error:
                failed.append(f"{each}: {error}")
        if failed:
            raise increase.NotKnown("not requested:\n  " + "\n  ".join(failed))


def _agreed(count: int, yes: bool) -> bool:
    question = "Send this request to AWS?" if count == 1 else f"Send these {count} requests to AWS?"
    return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))
