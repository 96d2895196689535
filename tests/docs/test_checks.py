"""Blocks that nobody can run here, judged by somebody who knows their language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import PROJECT, Block, blocks_of, documents
from tests.docs.checks import CHECKS, aws


def _checked() -> list[Block]:
    named = [path for path in documents() if "check=" in path.read_text()]
    return [block for path in named for block in blocks_of(path) if "check" in block.marks]


@pytest.mark.parametrize("block", _checked(), ids=lambda block: block.where)
def test_a_block_passes_its_check(block: Block, tmp_path: Path) -> None:
    assert block.marks["check"] in CHECKS, f"{block.where}: checks are {', '.join(CHECKS)}"
    CHECKS[block.marks["check"]](block, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 make-route --route-table-id rtb-0",
        "aws ec2 create-route --route-table rtb-0",
        "aws ec2 modify-instance-attribute --no-instance-id",
    ],
)
def test_an_aws_command_that_is_none_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"README\.md:1"):
        aws(Block(PROJECT / "README.md", 1, "sh", {}, line), tmp_path)
