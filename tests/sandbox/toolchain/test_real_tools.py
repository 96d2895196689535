"""The tools of this machine, prepared for real. On a machine that has none of them yet this builds for minutes."""

from __future__ import annotations

import sys

import pytest

from canal_aws.progress import Lines
from canal_aws.sandbox.toolchain import ensure, version
from canal_aws.sandbox.toolchain.pins import all_tools, names_for


@pytest.mark.component
@pytest.mark.timeout(3600)
def test_every_tool_answers_with_its_pinned_version() -> None:
    toolchain = ensure(names_for("tests"), progress=Lines(sys.stderr))
    for tool in all_tools().values():
        answer, said = version.answer(toolchain.bin_dir / tool.name, tool.version_arguments)
        if toolchain.tools[tool.name].source == "PATH":
            assert answer == toolchain.tools[tool.name].version
        else:
            assert answer == tool.version, said
    assert ensure(names_for("tests")) == toolchain
