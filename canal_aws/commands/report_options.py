"""The options of every command that ends in a report, and what they make of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from canal_aws.commands.output_files import in_a_folder, write

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report

_OUTPUT = "Output"
STRICT = typer.Option("--strict", help="Warnings end with exit status 1.")
ALL = typer.Option("--all", help="Show what is ok, too.", rich_help_panel=_OUTPUT)
JSON = typer.Option("--json", help="JSON on stdout.", rich_help_panel=_OUTPUT)
JUNIT = typer.Option(
    help="Also write JUnit XML here.", dir_okay=False, writable=True, callback=in_a_folder, rich_help_panel=_OUTPUT
)
SARIF = typer.Option(
    help="Also write SARIF here.", dir_okay=False, writable=True, callback=in_a_folder, rich_help_panel=_OUTPUT
)


@dataclass(frozen=True)
class Shown:
    """How a report is shown and written. `tool` names the command in files, `fails` is its word for what fails."""

    as_json: bool
    strict: bool
    everything: bool
    junit: Path | None
    sarif: Path | None
    tool: str = "preflight"
    fails: str = "does not fit"

    def show(self, report: Report, file: str = "") -> None:
        """Print it and write the files that are wanted, or NotWritten; `file` is the one that the settings are from."""
        if self.as_json:
            from canal_aws.report.preflight_formats import as_json

            print(json.dumps(as_json(report, self.strict), indent=2))
        else:
            from rich.console import Console

            from canal_aws.report import preflight_table

            preflight_table.show(report, Console(), self.everything, fails=self.fails)
        if self.junit or self.sarif:
            self._write(report, file or "Pulumi.yaml")

    def _write(self, report: Report, file: str) -> None:
        from importlib.metadata import version

        from canal_aws.report.preflight_formats import as_junit, as_sarif

        if self.junit:
            write("--junit", self.junit, as_junit(report, self.tool))
        if self.sarif:
            document = as_sarif(report, version("canal-aws"), file, self.tool)
            write("--sarif", self.sarif, json.dumps(document, indent=2) + "\n")
