"""What the user wrote, read: the settings, or all that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.settings import Settings, SettingsError
from canal_aws.settings_fields import Violation


@dataclass(frozen=True)
class Choice:
    """`settings` is None where `violations` is not empty."""

    settings: Settings | None
    violations: tuple[Violation, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Choice:
        """Reads camelCase keys, as Pulumi.yaml's config block spells them."""
        try:
            return cls(Settings.from_mapping(raw))
        except SettingsError as error:
            return cls(None, error.violations)
