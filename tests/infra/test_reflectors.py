"""The pause before the mesh goes, in the real engine: once, when it is first switched off, and never on the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.engine import Engine

PROGRAM = """
import pulumi
from infra import reflectors

reflectors._SESSIONS_UP_SECONDS = 0.0


class MeshOff(pulumi.ComponentResource):
    def __init__(self):
        hooks = reflectors._once_sessions_are_up()
        super().__init__("trial:index:MeshOff", "mesh", None, pulumi.ResourceOptions(hooks=hooks))
        self.register_outputs({})


MeshOff()
"""
SAID = "for the BGP sessions with the reflectors"


@pytest.mark.lifecycle
def test_the_mesh_is_held_up_once(tmp_path: Path) -> None:
    engine = Engine(tmp_path, PROGRAM)
    assert SAID not in engine.run("preview")
    assert SAID in engine.up()
    assert SAID not in engine.up()
    # Without the program, as `pulumi destroy` is: a hook on the deletion would end it with an error.
    assert SAID not in engine.run("destroy", "--yes", "--skip-preview")
