"""Every guide, followed from its first block to its last, on one machine."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of, documents
from tests.docs.guide import HOME, Guide
from tests.docs.namespace_machine import NamespaceMachine
from tests.docs.network_programs import network_programs
from tests.docs.shells import FolderShell, Shell

pytestmark = pytest.mark.component

# By their text: a block that the convention does not know is test_documents.py's to report.
FOLLOWED = [path for path in documents() if "sh run=" in path.read_text()]


@pytest.mark.parametrize("path", FOLLOWED, ids=lambda path: path.stem)
def test_what_the_guide_says_is_what_happens(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    root = tmp_path / "machine"
    home = root / HOME
    home.mkdir(parents=True)
    started: dict[str, Shell] = {}

    def shell(kind: str) -> Shell:
        if kind not in started:
            started[kind] = _start(kind, root, home, request, stack)
        return started[kind]

    with ExitStack() as stack:
        guide = Guide(root, shell)
        for block in blocks_of(path):
            guide.follow(block)


def _start(kind: str, root: Path, home: Path, request: pytest.FixtureRequest, stack: ExitStack) -> Shell:
    if kind == "api":
        api = request.getfixturevalue("api")
        return FolderShell(home, (api.bin_dir,), {"KUBECONFIG": str(api.kubeconfig)})
    if kind == "cni":
        return stack.enter_context(NamespaceMachine(root, network_programs()))
    return FolderShell(home)
