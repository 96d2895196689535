"""Settings as they are written down: in a stack's own file, in a plain file, or on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from canal_aws.errors import CanalError

_PROVIDER = "aws:"


class UnreadableSettings(CanalError):
    """The file or the argument cannot be read as settings."""


@dataclass(frozen=True)
class Written:
    """camelCase settings, the `aws:` configuration by keys without the namespace, and the file that they came from.

    `file` is "" where they are from none.
    """

    settings: Mapping[str, Any]
    provider: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def region(self) -> str:
        """The Region that is configured; "" where it is left to the environment."""
        return str(self.provider.get("region") or "")

    def refuse_encrypted(self) -> None:
        """UnreadableSettings where the file holds what leads to AWS encrypted: it would be another account without it."""
        for key, value in self.provider.items():
            if _encrypted(value):
                raise UnreadableSettings(
                    f"{self.file}: aws:{key} is encrypted, and only its stack can read it: name that with --stack "
                    "instead of --config, or check with --inputs-only"
                )


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
    _refuse_keys(path, document)
    config = document.get("config")
    if config is None:
        return Written(dict(document), file=str(path))
    if not isinstance(config, Mapping):
        raise UnreadableSettings(f"{path}: config is not a map; write it as `pulumi config set` does")
    _refuse_keys(path, config)
    own = {key.partition(":")[2]: value for key, value in config.items() if not key.startswith(_PROVIDER)}
    provider = {
        key.removeprefix(_PROVIDER): value if isinstance(value, (Mapping, list)) else str(value)
        for key, value in config.items()
        if key.startswith(_PROVIDER) and value is not None
    }
    return Written(own, provider, str(path))


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
    return replace(written, settings={**written.settings, **given})


def _refuse_keys(path: Path, found: Mapping[Any, Any]) -> None:
    for key, value in found.items():
        if not isinstance(key, str):
            raise UnreadableSettings(f"{path}: {key}: {value}: the key is no text; name a setting, as `key: value`")


def _encrypted(value: Any) -> bool:
    """Whether a value holds what `pulumi config set --secret` writes, at any depth."""
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_encrypted, value.values()))
    return isinstance(value, list) and any(map(_encrypted, value))
