from __future__ import annotations

import os

import pytest

from canal_aws.sandbox.toolchain import on_path
from canal_aws.sandbox.toolchain.errors import UnusablePulumiError
from canal_aws.sandbox.toolchain.pins import all_tools
from tests.sandbox.toolchain.conftest import Machine

PULUMI = all_tools()["pulumi"]
ETCD = all_tools()["etcd"]


@pytest.fixture(autouse=True)
def _sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_path, "sdk_version", lambda: "3.259.0")


@pytest.mark.parametrize("answer", ["v3.259.0", "v3.259.7", "v3.300.1", "v3.260.0-dev.0"])
def test_a_pulumi_of_the_sdks_minor_line_or_newer_is_taken(machine: Machine, answer: str) -> None:
    path = machine.answering("pulumi", answer)
    assert on_path.find(PULUMI, machine.cache) == (path, answer[1:])


@pytest.mark.parametrize(
    ("answer", "why"), [("v3.258.9", "older"), ("v2.999.0", "older"), ("v4.0.0", "newer in its major version")]
)
def test_another_pulumi_is_refused_with_what_is_needed_and_ways_out(machine: Machine, answer: str, why: str) -> None:
    path = machine.answering("pulumi", answer)
    with pytest.raises(UnusablePulumiError) as refused:
        on_path.find(PULUMI, machine.cache)
    for part in (str(path), answer[1:], why, "3.259 or newer, below 4", "CANAL_AWS_OWN_TOOLS=1"):
        assert part in str(refused.value)


@pytest.mark.parametrize(("answer", "status"), [("no version set for this folder", 126), ("", 0)])
def test_a_pulumi_that_gives_no_version_is_refused(machine: Machine, answer: str, status: int) -> None:
    machine.answering("pulumi", answer, status)
    with pytest.raises(UnusablePulumiError, match="does not answer with a version"):
        on_path.find(PULUMI, machine.cache)


def test_own_tools_passes_over_what_is_on_path(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.answering("pulumi", "v3.1.0")
    monkeypatch.setenv(on_path.OWN_TOOLS, "1")
    assert on_path.find(PULUMI, machine.cache) is None
    assert machine.starts("pulumi") == 0


@pytest.mark.parametrize(("answer", "taken"), [("etcd Version: 3.6.16", True), ("etcd Version: 3.6.17", False)])
def test_other_tools_are_taken_at_exactly_their_version(machine: Machine, answer: str, taken: bool) -> None:
    path = machine.answering("etcd", answer)
    assert on_path.find(ETCD, machine.cache) == ((path, "3.6.16") if taken else None)


def test_the_caches_own_links_are_not_the_users_path(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = machine.cache.folder(PULUMI)
    inside.mkdir(parents=True)
    machine.cache.link("pulumi", machine.executable("pulumi", "print('v3.259.0')", inside))
    monkeypatch.setenv("PATH", f"{machine.cache.bin_folder()}{os.pathsep}{machine.bin}")
    assert on_path.first_on_path("pulumi", machine.cache) is None
    users = machine.answering("pulumi", "v3.260.0")
    assert on_path.first_on_path("pulumi", machine.cache) == users


def test_an_executable_is_asked_once_until_it_changes(machine: Machine) -> None:
    machine.answering("pulumi", "v3.259.0")
    for _ in range(3):
        on_path.find(PULUMI, machine.cache)
    assert machine.starts("pulumi") == 1
    machine.answering("pulumi", "v3.258.0 ")
    with pytest.raises(UnusablePulumiError):
        on_path.find(PULUMI, machine.cache)
    assert machine.starts("pulumi") == 2


def test_a_damaged_memory_of_versions_only_costs_the_question(machine: Machine) -> None:
    machine.cache.root.mkdir(parents=True)
    machine.cache.versions.write_text('{"half": ')
    path = machine.answering("pulumi", "v3.259.0")
    assert on_path.find(PULUMI, machine.cache) == (path, "3.259.0")
