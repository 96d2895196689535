"""systemd's unit files and timers, as far as the machines model them."""

from __future__ import annotations

import pytest

from canal_aws.sandbox.machines.inside.timers import Timer
from canal_aws.sandbox.machines.inside.units import UnitRefused, command, parse, span

_SERVICE = "[Service]\nType=oneshot\nExecStart=/bin/a one\n"


def test_drop_ins_add_and_an_empty_value_clears() -> None:
    unit = parse("a.service", [_SERVICE, "[Service]\nExecStart=\nExecStart=/bin/b \\\n  two\nEnvironment=A=1 B=2\n"])
    assert unit.all("Service", "ExecStart") == ["/bin/b    two"]
    assert unit.words("Service", "Environment") == ["A=1", "B=2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Service]\nExecStrat=/bin/a\n", "ExecStrat"),
        (_SERVICE + "Restart=sometimes\n", "Restart=sometimes"),
        (_SERVICE.replace("oneshot", "forking"), "Type=forking"),
        ("[Service]\nType=oneshot\n", "no ExecStart"),
        ("[Serivce]\n", "Serivce"),
        ("ExecStart=/bin/a\n", "neither"),
        ("[Service]\nExecStart\n", "neither"),
        (_SERVICE + "ProtectSystem=strict\n", "ProtectSystem"),
    ],
)
def test_what_is_not_known_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(UnitRefused, match=said):
        parse("a.service", [text])


def test_spans() -> None:
    assert span("30", "RestartSec") == 30
    assert span("1min 30s", "RestartSec") == 90
    assert span("1h", "OnActiveSec") == 3600
    with pytest.raises(UnitRefused, match="RestartSec=soon"):
        span("soon", "RestartSec")


def test_command_lines() -> None:
    assert command("-/bin/a 'b c' $X ${Y}z", "ExecStart", {"X": "1 2", "Y": "y"}) == (
        False,
        ["/bin/a", "b c", "1", "2", "yz"],
    )
    with pytest.raises(UnitRefused, match="absolute path"):
        command("a b", "ExecStart", {})
    with pytest.raises(UnitRefused, match="'!'"):
        command("!/bin/a", "ExecStart", {})


def _timer(text: str) -> Timer:
    timer = Timer(parse("a.timer", [text]), 100.0, lambda name: None, lambda active: None)
    timer._activated = 130.0
    return timer


def test_a_timers_turns() -> None:
    timer = _timer("[Timer]\nOnActiveSec=1h\nOnUnitActiveSec=30min\n")
    assert timer.target == "a.service"
    assert timer.next_turn(130.0) == 130.0 + 3600
    timer._turn = 5000.0
    assert timer.next_turn(5000.0) == 5000.0 + 1800


def test_a_moment_after_boot_that_has_passed_elapses_at_once() -> None:
    timer = _timer("[Timer]\nOnBootSec=10\nUnit=b.service\n")
    assert timer.target == "b.service"
    assert timer.next_turn(130.0) == 130.0
    timer._turn = 130.0
    assert timer.next_turn(131.0) is None
