"""`canal-aws preflight --nodes N`: whether so many nodes fit, and up to how many each architecture is carried."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from canal_aws.commands.report_options import Shown

if TYPE_CHECKING:
    from canal_aws.preflight.capacity import Capacity
    from canal_aws.preflight.choice import Choice
    from canal_aws.preflight.subject_of_run import SubjectOfRun


def refuse_others(shown: Shown, destroy: bool, increases: list[str] | None) -> None:
    """BadParameter for options that would have no effect beside --nodes."""
    given = {
        "--destroy and --delete": destroy,
        "--request-increase": increases,
        "--strict": shown.strict,
        "--all": shown.everything,
        "--junit": shown.junit,
        "--sarif": shown.sarif,
    }
    for option, value in given.items():
        if value:
            raise typer.BadParameter(f"--nodes answers with a table or with --json, and does not go with {option}")


def answer(about: SubjectOfRun, wanted: int, inputs_only: bool, as_json: bool) -> int:
    """Prints it; the exit status: 0 where `wanted` nodes fit the settings' architecture, 10 not, 11 could not be checked.

    Raises SettingsError where that architecture is none.
    """
    from canal_aws.preflight.capacity import smallest
    from canal_aws.report import capacity_table
    from canal_aws.settings import Settings, SettingsError

    raw = about.written.settings
    chosen = raw.get("architecture") or Settings.architecture
    plan = smallest(raw, chosen)
    if unknown := tuple(each for each in plan.violations if each.key == "architecture"):
        raise SettingsError(unknown)
    found = _of_inputs(about) if inputs_only or plan.settings is None else _of_account(about, plan)
    status = next(each.exit_status(wanted) for each in found if each.architecture == chosen)
    if as_json:
        print(json.dumps(capacity_table.as_json(found, wanted, chosen, status), indent=2))
    else:
        from rich.console import Console

        capacity_table.show(found, wanted, chosen, Console())
    return status


def _of_inputs(about: SubjectOfRun) -> tuple[Capacity, ...]:
    from canal_aws.preflight.capacity import capacities
    from canal_aws.preflight.inputs import input_facts
    from canal_aws.preflight.registry import input_checks

    kept = about.kept
    return capacities(
        about.written.settings, input_checks(), lambda choice: input_facts(choice, about.region, kept=kept)
    )


def _of_account(about: SubjectOfRun, plan: Choice) -> tuple[Capacity, ...]:
    from canal_aws.preflight.live.capacity import account_capacities

    with about.asking() as asking:
        return account_capacities(about.written.settings, plan, asking, about.target, about.kept)
