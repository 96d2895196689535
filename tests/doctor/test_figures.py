"""Figures that stand in templates too: doctor and the nodes go by the same."""

from __future__ import annotations

import re
from importlib.resources import files

from canal_aws.doctor.checks.join import LIVES, RENEWED_EVERY


def _template(name: str) -> str:
    return (files("canal_aws.bootstrap.templates") / f"{name}.j2").read_text(encoding="utf-8")


def test_tokens_live_as_long_as_the_nodes_ask_for_and_are_renewed_as_often() -> None:
    assert re.findall(r"kubeadm token create --ttl (\S+?)\)", _template("publish.sh")) == [f"{LIVES['join']}h0m0s"]
    assert re.findall(r"OnUnitActiveSec=(\S+)", _template("publish.timer")) == [f"{RENEWED_EVERY}h"]


def test_the_first_snapshot_comes_within_the_hour_that_doctor_gives_it() -> None:
    assert re.findall(r"OnActiveSec=(\d+)min", _template("snapshot.timer")) == ["15"]
