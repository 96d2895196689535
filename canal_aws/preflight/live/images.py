"""The machine images that `up` would take, as its publisher names them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.errors import CanalError
from canal_aws.node_images import CPU_ARCHITECTURES, FLATCAR_OWNER, UBUNTU_PARAMETER, flatcar_filters
from canal_aws.preflight.checks.nodes import cpu_architecture
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.asking import Asking, NotAnswered


@dataclass(frozen=True)
class Image:
    """An image as EC2 describes it; `architecture` and `state` are "" where EC2 has none of this id."""

    id: str
    architecture: str = ""
    state: str = ""


@dataclass(frozen=True)
class Images:
    """By EC2's name of the architecture (x86_64, arm64); None where the publisher has none in this Region."""

    found: Mapping[str, Image | None]


def images(asking: Asking, choice: Choice) -> Images:
    """One a CPU architecture of the chosen types: by Canonical's parameter, or the newest of Flatcar's."""
    if choice.settings is None:
        raise CanalError("nothing to ask AWS for until the settings can be used")
    find = {"ubuntu": _ubuntu, "flatcar": _flatcar}[choice.settings.operating_system]
    wanted = sorted({cpu_architecture(each) for _, each in choice.settings.instance_types.values()})
    return Images({each: find(asking, each) for each in wanted})


def _ubuntu(asking: Asking, architecture: str) -> Image | None:
    name = UBUNTU_PARAMETER.format(arch=CPU_ARCHITECTURES[architecture])
    try:
        key = str(asking.ask("ssm", "get_parameter", Name=name)["Parameter"]["Value"])
    except NotAnswered as error:
        if error.code == "ParameterNotFound":
            return None
        raise
    try:
        return _newest(asking.ask("ec2", "describe_images", ImageIds=[key])) or Image(key)
    except NotAnswered as error:
        if error.code.startswith("InvalidAMIID"):
            return Image(key)
        raise


def _flatcar(asking: Asking, architecture: str) -> Image | None:
    filters = [{"Name": name, "Values": [value]} for name, value in flatcar_filters(architecture).items()]
    return _newest(asking.ask("ec2", "describe_images", Owners=[FLATCAR_OWNER], Filters=filters))


def _newest(answer: Mapping[str, Any]) -> Image | None:
    found = sorted(answer["Images"], key=lambda each: str(each.get("CreationDate", "")))
    if not found:
        return None
    last = found[-1]
    return Image(str(last["ImageId"]), str(last.get("Architecture", "")), str(last.get("State", "")))
