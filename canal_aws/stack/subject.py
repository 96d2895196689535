"""A stack that a command is about: what its configuration asks for, what its last state holds, and the way to its AWS."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.progress import Progress
from canal_aws.stack import pulumi_cli
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.kept import kept_from_resources

#: The project's name in Pulumi.yaml: settings are its namespace's keys.
PROJECT = "canal-aws"


@dataclass(frozen=True)
class Subject:
    """`name` is organization/project/stack, as the tag canal-aws:stack has it; `configuration` is by full key.

    `state` was exported with its secrets shown: they stay in this process. Before the first `up` it holds nothing.
    """

    name: str
    configuration: Mapping[str, Any]
    state: Deployment

    @classmethod
    def read(cls, folder: Path, stack: str | None, shown: Progress) -> Subject:
        """`stack`, or the selected one, of the project in `folder`; StackError where there is none."""
        with shown.step("reading the stack"):
            return cls.of(pulumi_cli.Pulumi.find(folder.resolve(), stack))

    @classmethod
    def of(cls, pulumi: pulumi_cli.Pulumi) -> Subject:
        """Asks the engine for both; StackError where it cannot say."""
        with ThreadPoolExecutor(2) as both:
            configuration, state = both.submit(pulumi.config), both.submit(pulumi.export, show_secrets=True)
            return cls(pulumi.stack, configuration.result(), state.result())

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the configuration says, by Pulumi.yaml's keys, unread: `Settings.from_mapping` takes it."""
        return self._of(PROJECT)

    @property
    def provider(self) -> Mapping[str, Any]:
        """The `aws:` configuration, by keys without the namespace: `Aws` takes it."""
        return self._of("aws")

    @cached_property
    def kept(self) -> Kept:
        """What the last state decided."""
        return kept_from_resources(self.state.living())

    @cached_property
    def aws(self) -> Aws:
        """AWS as the stack's provider reaches it: the same Region, profile, keys and roles. StackError."""
        return Aws(self.provider)

    def _of(self, namespace: str) -> dict[str, Any]:
        return {
            key.partition(":")[2]: value
            for key, value in self.configuration.items()
            if key.partition(":")[0] == namespace
        }
