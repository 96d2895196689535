"""A stack's configuration and identity, as the engine hands them to the program."""

from __future__ import annotations

import pytest

from tests.infra.program import ALLOWED_CIDR, Refused, run

_PUBLIC = {"apiAllowedCidrs": [ALLOWED_CIDR]}


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="workerPerZone = 3: no such setting"):
        run({**_PUBLIC, "workerPerZone": 3})


def test_configuration_arrives_as_the_engine_writes_it() -> None:
    program = run({"apiAllowedCidrs": '["198.51.100.0/24"]', "tags": '{"team":"network"}', "workersPerZone": "1"})
    assert "api-public-from-198.51.100.0-24-tcp-6443-6443" in program.of("SecurityGroupIngressRule")
    assert len(program.of("Instance")) == 4
