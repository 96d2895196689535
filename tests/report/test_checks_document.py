"""docs/checks.md and the report's schema are what the checks and reports really are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from canal_aws.preflight.inputs import check_inputs
from canal_aws.preflight.registry import destroy_checks, doctor_checks, input_checks, live_checks
from canal_aws.report.checks_document import document
from canal_aws.report.preflight_formats import as_json

_DOCS = Path(__file__).parents[2] / "docs"
_CHECKS = (*input_checks(), *live_checks(), *destroy_checks(), *doctor_checks())


def test_the_page_is_what_make_docs_writes() -> None:
    assert (_DOCS / "checks.md").read_text() == document(), "run `make docs`"


@pytest.mark.parametrize("check", _CHECKS, ids=lambda check: check.name)
def test_every_check_says_what_it_is_for_and_where_its_rule_is_from(check: Any) -> None:
    assert len(check.summary) > 20, "the first paragraph of its docstring"
    assert check.source
    assert check.needs


_GOOD: dict[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"]}


@pytest.mark.parametrize(
    "settings",
    [
        _GOOD,
        {"architecture": "vxlan"},
        {**_GOOD, "architecture": "native-routes", "availabilityZones": 6, "workersPerZone": 200},
        {"apiAllowedCidrs": ["0.0.0.0/0"], "architecture": "calico-ipip", "workersPerZone": 40},
    ],
)
def test_a_report_is_valid_by_its_schema(settings: dict[str, Any]) -> None:
    schema = json.loads((_DOCS / "preflight-report.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    shown = json.loads(json.dumps(as_json(check_inputs(settings), strict=True)))
    validator.validate(shown)
    shown["checks"][0]["findings"].append({"outcome": "fine"})
    assert not validator.is_valid(shown)
