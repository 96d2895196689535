"""This stack as Pulumi knows it: its identity and its settings."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from canal_aws.settings import Settings, keys


@dataclass(frozen=True)
class Identity:
    """Who owns a resource: organization/project/stack in a tag, the stack's name in names."""

    organization: str
    project: str
    stack: str

    @classmethod
    def of_stack(cls) -> Identity:
        """The identity of the stack that runs."""
        return cls(pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())

    @property
    def tag(self) -> str:
        """The value of the tag canal-aws:stack."""
        return f"{self.organization}/{self.project}/{self.stack}"


def settings_from_config() -> Settings:
    """The stack's configuration as settings; SettingsError names every key that cannot be used."""
    config = pulumi.Config()
    prefix = f"{config.name}:"
    given = {**get_config_env(), **CONFIG.get()}
    unknown = [key.removeprefix(prefix) for key in given if key.startswith(prefix)]
    return Settings.from_mapping({key: config.get(key) for key in (*keys(), *unknown)})
