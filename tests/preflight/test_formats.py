"""The report for people and for machines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.inputs import check_inputs
from canal_aws.preflight.written import UnreadableSettings, from_file, with_arguments
from canal_aws.report import preflight_table
from canal_aws.report.preflight_formats import as_json, as_junit, as_sarif

BAD = check_inputs(
    {"apiAllowedCidrs": ["0.0.0.0/0"], "architecture": "native-routes", "availabilityZones": 6, "workersPerZone": 100}
)


def test_failures_come_first_and_what_is_ok_only_when_asked_for() -> None:
    def shown(everything: bool) -> str:
        out = io.StringIO()
        preflight_table.show(BAD, Console(file=out, width=200), everything)
        return out.getvalue()

    brief = shown(False)
    assert brief.index("FAIL") < brief.index("WARN")
    assert "kubernetes-version" not in brief
    assert "kubernetes-version" in shown(True)
    assert "\x1b" not in brief


def test_a_reason_is_said_once_with_every_check_that_it_left_unchecked() -> None:
    out = io.StringIO()
    report = check_inputs({"architecture": "vxlan"})
    preflight_table.show(report, Console(file=out, width=1000))
    reason = "there is no plan to check until the settings can be used"
    (line,) = [line for line in out.getvalue().splitlines() if reason in line]
    unchecked = [check.name for check, _ in report.of(Outcome.UNCHECKED)]
    assert len(unchecked) > 5
    assert f"({', '.join(unchecked)})" in line
    assert out.getvalue().index("FAIL") < out.getvalue().index(reason)


def test_json_has_the_numbers_and_the_exit_status() -> None:
    document = json.loads(json.dumps(as_json(BAD, strict=False)))
    assert document["exitStatus"] == 10
    (check,) = (each for each in document["checks"] if each["name"] == "routes-per-table")
    quota = check["findings"][0]["quota"]
    assert (quota["used"], quota["planned"], quota["limit"], quota["grade"]) == (2, 601, 500, "over_quota")
    assert quota["request"].startswith("aws service-quotas request-service-quota-increase")


def test_junit_has_a_failure_for_what_does_not_fit() -> None:
    suites = ElementTree.fromstring(as_junit(BAD))
    failed = [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert failed == ["routes-per-table"]
    assert sum(int(suite.get("failures", "0")) for suite in suites) == 1


def test_sarif_names_rule_level_and_file() -> None:
    (run,) = as_sarif(BAD, "1.0", "Pulumi.dev.yaml")["runs"]
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["routes-per-table"] == "error"
    assert levels["api-access"] == "warning"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert set(levels) <= rules
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert places == {"Pulumi.dev.yaml"}


def test_sarif_is_as_its_standard_says() -> None:
    """SARIF 2.1.0: rules' ids unique (3.49.3), ruleIndex (3.27.6), level (3.27.10), uri (3.4.3, RFC 3986)."""
    (run,) = as_sarif(BAD, "1.0", "my stacks/Pulumi.dev.yaml")["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "my%20stacks/Pulumi.dev.yaml"
        assert place["region"]["startLine"] == 1


def test_settings_are_read_from_a_stacks_file_and_from_a_plain_one(tmp_path: Path) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("config:\n  aws:region: eu-west-1\n  canal-aws:architecture: calico-ipip\n")
    written = from_file(stack)
    assert (written.settings, written.region) == ({"architecture": "calico-ipip"}, "eu-west-1")
    plain = tmp_path / "plan.yaml"
    plain.write_text("architecture: native-routes\nworkersPerZone: 3\n")
    changed = with_arguments(from_file(plain), ["workersPerZone=5", 'apiAllowedCidrs=["203.0.113.0/24"]'])
    assert changed.settings == {
        "architecture": "native-routes",
        "workersPerZone": 5,
        "apiAllowedCidrs": ["203.0.113.0/24"],
    }


@pytest.mark.parametrize("text", ["[1, 2]", "config: 3", "a: [", "\x00"])
def test_what_is_no_settings_file_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    with pytest.raises(UnreadableSettings, match=r"Pulumi\.dev\.yaml"):
        from_file(file)
    with pytest.raises(UnreadableSettings, match="no such file"):
        from_file(tmp_path / "none.yaml")
