"""Settings as they are written down: in a stack's own file, in a plain file, or on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from canal_aws.errors import CanalError


class UnreadableSettings(CanalError):
    """The file or the argument cannot be read as settings."""


@dataclass(frozen=True)
class Written:
    """camelCase settings, the Region where one is named, and the file that they came from ("" without one)."""

    settings: Mapping[str, Any]
    region: str = ""
    file: str = ""


def from_file(path: Path) -> Written:
    """A Pulumi.<stack>.yaml (its `config` block), or a plain map of settings. UnreadableSettings."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise UnreadableSettings(f"{path}: there is no such file; name another with --config") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UnreadableSettings(f"{path}: cannot be read as YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(document, Mapping):
        raise UnreadableSettings(f"{path}: not a map of settings; write them as `key: value`")
    config = document.get("config")
    if config is None:
        return Written(dict(document), file=str(path))
    if not isinstance(config, Mapping):
        raise UnreadableSettings(f"{path}: config is not a map; write it as `pulumi config set` does")
    own = {key.partition(":")[2]: value for key, value in config.items() if not str(key).startswith("aws:")}
    return Written(own, str(config.get("aws:region", "")), str(path))


def with_arguments(written: Written, arguments: Sequence[str]) -> Written:
    """Each KEY=VALUE put over what is written; values are YAML, so that lists can be given. UnreadableSettings."""
    given = {}
    for argument in arguments:
        key, separator, text = argument.partition("=")
        if not separator or not key:
            raise UnreadableSettings(f"--set {argument}: not KEY=VALUE; write it like --set architecture=calico-ipip")
        try:
            given[key] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UnreadableSettings(
                f"--set {argument}: the value is not YAML: {str(error).splitlines()[0]}"
            ) from error
    return Written({**written.settings, **given}, written.region, written.file)
