"""The environment that points at the sandbox: complete, quoted, and the same however often it is applied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from canal_aws.sandbox import environment
from canal_aws.sandbox.state import StateFolder

TOOLS = Path("/tools/bin")


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path / "state")
    made.prepare()
    return made


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_ENDPOINT_URL_STS",
        "AWS_SOME_SETTING_OF_NEXT_YEAR",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    ],
)
def test_what_could_lead_to_a_real_account_is_gone(folder: StateFolder, name: str) -> None:
    caller = {"PATH": "/bin", name: "x"}
    ours = environment.variables(folder, "http://127.0.0.1:1", TOOLS, caller)
    assert name not in environment.applied(ours, caller)
    assert f"unset {name}" in environment.shell_lines(ours, caller)


def test_what_is_not_ours_stays(folder: StateFolder) -> None:
    caller = {"PATH": "/bin", "HOME": "/home/me", "PULUMI_OPTION_COLOR": "never"}
    ours = environment.variables(folder, "http://127.0.0.1:1", TOOLS, caller)
    after = environment.applied(ours, caller)
    assert (after["HOME"], after["PULUMI_OPTION_COLOR"]) == ("/home/me", "never")


def test_applied_twice_is_applied_once(folder: StateFolder) -> None:
    caller = {"PATH": "/usr/bin:/bin", "NO_PROXY": "internal.example"}
    once = environment.applied(environment.variables(folder, "http://127.0.0.1:1", TOOLS, caller), caller)
    twice = environment.applied(environment.variables(folder, "http://127.0.0.1:1", TOOLS, once), once)
    assert twice == once
    assert once["PATH"] == os.pathsep.join((str(folder.bin), str(TOOLS), "/usr/bin", "/bin"))
    assert once["NO_PROXY"] == "internal.example,127.0.0.0/8,127.0.0.1,localhost"


def test_no_name_that_a_shell_would_run_is_printed(folder: StateFolder) -> None:
    caller = {"PATH": "/bin", "AWS_X; touch /tmp/owned": "1"}
    ours = environment.variables(folder, "http://127.0.0.1:1", TOOLS, caller)
    assert not any("touch" in line for line in environment.shell_lines(ours, caller))


def test_only_from_inside_the_vpcs_https_goes_by_their_proxy(folder: StateFolder) -> None:
    outside = environment.variables(folder, "http://127.0.0.1:1", TOOLS, {})
    inside = environment.variables(folder, "http://127.0.0.1:1", TOOLS, {}, "http://127.0.0.1:2")
    assert {name: value for name, value in inside.items() if name not in outside} == {
        "HTTPS_PROXY": "http://127.0.0.1:2",
        "https_proxy": "http://127.0.0.1:2",
    }
    assert "127.0.0.0/8" in inside["NO_PROXY"]
