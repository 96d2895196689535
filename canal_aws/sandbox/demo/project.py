"""The project folder as the demo's stacks see it: the checkout itself, with their settings kept out of it."""

from __future__ import annotations

from pathlib import Path

import yaml

import canal_aws
from canal_aws.errors import CanalError

_PROJECT = "canal-aws"


class ProjectNotFound(CanalError):
    """There is no checkout of the project where one is needed."""


def find() -> Path:
    """The project folder: the current one if it is, else the checkout that this library runs from."""
    candidates = (Path.cwd(), Path(canal_aws.__file__).resolve().parents[1])
    for folder in candidates:
        try:
            described = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError):
            continue
        if isinstance(described, dict) and described.get("name") == _PROJECT:
            return folder
    looked = " and ".join(str(folder) for folder in dict.fromkeys(candidates))
    raise ProjectNotFound(
        f"no Pulumi project {_PROJECT!r} (looked for Pulumi.yaml in {looked}): run this in a checkout of the project"
    )


def view(project: Path, folder: Path) -> Path:
    """A folder of links to everything in the checkout but stack settings.

    Pulumi writes Pulumi.<stack>.yaml beside Pulumi.yaml at `stack init`, which takes no --config-file (v3.259): in the
    view it lands in the sandbox's state, and a demo that is killed leaves nothing in the checkout.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for entry in project.iterdir():
        link = folder / entry.name
        if _of_a_stack(entry) or entry.name == ".git" or link.is_symlink():
            continue
        link.symlink_to(entry)
    return folder


def _of_a_stack(entry: Path) -> bool:
    return entry.name.startswith("Pulumi.") and entry.name not in ("Pulumi.yaml", "Pulumi.yml")
