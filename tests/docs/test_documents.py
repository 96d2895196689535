"""What README and docs/ name exists: blocks have marks, links lead somewhere, commands parse, settings and files are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from canal_aws.manifests import images
from canal_aws.sandbox.providers.aws.catalogue import functions, resource_types
from tests.docs.blocks import PROJECT, BadBlock, Block, blocks_of, documents, prose_of
from tests.docs.command_lines import CommandRefused, canal_aws_lines, parse

ALL = pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
# A word with a slash or a known ending, that begins with something which is at the top of the checkout.
_TOP = "|".join(re.escape(item.name) for item in sorted(PROJECT.iterdir()) if not item.name.startswith("."))
_PATH = re.compile(rf"^(?:{_TOP})(?:/[\w.{{}}*,-]*)*$")


@ALL
def test_every_block_says_what_a_test_does_with_it(path: Path) -> None:
    blocks_of(path)


@ALL
def test_links_lead_somewhere(path: Path) -> None:
    broken = [target for target in _LINK.findall(prose_of(path)) if not _leads_somewhere(path, target)]
    assert broken == []


@ALL
def test_commands_of_ours_parse(path: Path) -> None:
    """By the command line's own parser; nothing is carried out."""
    refused = []
    for line in [line for block in blocks_of(path) if block.is_shell for line in canal_aws_lines(block.text)] + [
        line for code in _CODE.findall(prose_of(path)) for line in canal_aws_lines(code)
    ]:
        try:
            parse(line)
        except CommandRefused as error:
            refused.append(f"{line}: {error}")
    assert refused == []


@ALL
def test_make_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for text in _commands(path) for name in re.findall(r"(?:^|[;&|]\s*)make ([a-z-]+)", text, re.MULTILINE)
    }
    assert named <= targets


@ALL
def test_settings_exist(path: Path) -> None:
    """`pulumi config set NAME`, and `name: value` in prose where it begins like a setting."""
    settings = set(yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"])
    named = set()
    for text in _commands(path):
        for match in re.finditer(r"pulumi config set (?:--\S+ )*'?([\w:-]+)", text):
            named.add(match[1])
    assert {name for name in named if ":" not in name} <= settings


@ALL
def test_images_are_those_that_are_deployed(path: Path) -> None:
    text = "".join(block.text for block in blocks_of(path))
    named = set(re.findall(r"(?:quay\.io/calico|ghcr\.io/flannel-io)/[\w-]+:v[\d.]+", text))
    assert named <= {images.CALICO_CNI, images.CALICO_NODE, images.CALICO_KUBE_CONTROLLERS, images.FLANNEL}


@ALL
def test_paths_of_the_checkout_exist(path: Path) -> None:
    named = {code for code in _CODE.findall(prose_of(path)) if _PATH.match(code)}
    assert {name for name in named if not _exists(name)} == set()


def test_every_guide_is_linked_from_the_readme() -> None:
    linked = {PROJECT / target.partition("#")[0] for target in _LINK.findall(prose_of(PROJECT / "README.md"))}
    assert set(documents()[1:]) <= linked


def test_the_sandbox_says_how_much_of_the_aws_plugin_its_stand_in_knows() -> None:
    said = f"the {len(resource_types())} resource types and {len(functions())} functions"
    assert said in prose_of(PROJECT / "docs" / "sandbox.md")


def test_a_block_without_mark_or_reason_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "guide.md"
    for info in (
        "sh",
        "",
        "sh run=elsewhere",
        'sh not-run="no"',
        "sh runs=api",
        'sh not-run="not now, please" run=api',
    ):
        document.write_text(f"```{info}\ntrue\n```\n")
        with pytest.raises(BadBlock):
            blocks_of(document)
    document.write_text('```sh not-run="it needs an account"\ntrue\n```\n```text\na figure\n```\n')
    assert [block.marks for block in blocks_of(document)] == [{"not-run": "it needs an account"}, {}]


def _commands(path: Path) -> list[str]:
    blocks: list[Block] = blocks_of(path)
    return [block.text for block in blocks if block.is_shell] + _CODE.findall(prose_of(path))


def _exists(name: str) -> bool:
    # pattern/{a,b}.py and pattern/*.py name several
    alternatives = re.search(r"\{([^}]*)\}", name)
    if alternatives:
        return all(_exists(name.replace(alternatives[0], one)) for one in alternatives[1].split(","))
    return any(PROJECT.glob(name.rstrip("/")))


def _leads_somewhere(document: Path, target: str) -> bool:
    if re.match(r"https://[a-z0-9.-]+(?:/|$)", target):
        return True
    name, _, anchor = target.partition("#")
    file = (document.parent / name).resolve() if name else document
    if not file.exists() or not file.is_relative_to(PROJECT):
        return False
    return not anchor or anchor in {_anchor(title) for title in _HEADING.findall(prose_of(file))}


def _anchor(title: str) -> str:
    """GitHub's: lower case, punctuation dropped, spaces to hyphens."""
    return re.sub(r"[^\w\- ]", "", title.replace("`", "").strip().lower()).replace(" ", "-")
