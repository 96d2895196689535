"""A preflight report for machines: JSON of our own schema (docs/preflight-report.schema.json), JUnit's XML, and SARIF 2.1.0."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.registry import Check
from canal_aws.preflight.report import Report

#: Raised with every change that a reader of the JSON could notice.
SCHEMA_VERSION = 1
# OASIS, Static Analysis Results Interchange Format 2.1.0, section 3.27.10: level.
_LEVELS = {Outcome.FAILS: "error", Outcome.UNCHECKED: "warning", Outcome.WARNING: "warning", Outcome.OK: "none"}
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_json(report: Report, strict: bool) -> dict[str, Any]:
    """The report as JSON takes it, with the exit status that goes with it."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "exitStatus": report.exit_status(strict),
        "counts": {outcome.name.lower(): len(report.of(outcome)) for outcome in Outcome},
        "checks": [
            {
                "name": result.check.name,
                "group": result.check.group,
                "outcome": result.outcome.name.lower(),
                "findings": [finding_as_json(finding) for finding in result.findings],
            }
            for result in report.results
        ],
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One finding, with its quota where one was graded."""
    shown: dict[str, Any] = {"outcome": finding.outcome.name.lower(), "what": finding.what}
    if finding.way_out:
        shown["wayOut"] = finding.way_out
    if (usage := finding.usage) is not None:
        shown["quota"] = {
            **asdict(usage.quota),
            "subject": usage.subject,
            "used": usage.used,
            "planned": usage.planned,
            "limit": usage.limit,
            "grade": usage.grade.name.lower(),
            "request": usage.request,
        }
    return shown


def as_junit(report: Report, tool: str = "preflight") -> str:
    """A test suite a group, a test case a check: what fails is a failure, what could not be checked an error."""
    suites = ElementTree.Element("testsuites", name=f"canal-aws {tool}")
    for group in dict.fromkeys(result.check.group for result in report.results):
        results = [result for result in report.results if result.check.group == group]
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=group,
            tests=str(len(results)),
            failures=str(sum(result.outcome is Outcome.FAILS for result in results)),
            errors=str(sum(result.outcome is Outcome.UNCHECKED for result in results)),
        )
        for result in results:
            case = ElementTree.SubElement(suite, "testcase", classname=f"{tool}.{group}", name=result.check.name)
            for outcome, tag in ((Outcome.FAILS, "failure"), (Outcome.UNCHECKED, "error")):
                said = [str(finding) for finding in result.findings if finding.outcome is outcome]
                if said:
                    ElementTree.SubElement(case, tag, message=said[0]).text = "\n".join(said)
            others = [finding for finding in result.findings if finding.outcome in (Outcome.OK, Outcome.WARNING)]
            if others:
                ElementTree.SubElement(case, "system-out").text = "\n".join(map(str, others))
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def as_sarif(report: Report, version: str, file: str, tool: str = "preflight") -> dict[str, Any]:
    """Every finding that is not ok, as a result against `file`, where the settings are written."""
    # A URI reference (3.4.3); code scanning shows no result without a line.
    place = {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": 1}}
    indexes = {result.check.name: index for index, result in enumerate(report.results)}
    results = [
        {
            "ruleId": check.name,
            "ruleIndex": indexes[check.name],
            "level": _LEVELS[finding.outcome],
            "message": {"text": str(finding)},
            "locations": [{"physicalLocation": place}],
        }
        for outcome in (Outcome.FAILS, Outcome.UNCHECKED, Outcome.WARNING)
        for check, finding in report.of(outcome)
    ]
    driver = {
        "name": f"canal-aws {tool}",
        "version": version,
        "rules": [_rule(result.check) for result in report.results],
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(check: Check) -> dict[str, Any]:
    return {"id": check.name, "shortDescription": {"text": check.summary}, "help": {"text": f"Source: {check.source}"}}
