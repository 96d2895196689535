"""The calls that AWS saw of each command, held against the policy that `canal-aws iam-policy` prints for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from canal_aws.permissions import FREE, Purpose, actions
from canal_aws.sandbox.control import Control
from canal_aws.settings import Settings


@dataclass(frozen=True)
class Asked:
    """The IAM actions of one command, and the configuration at that time."""

    command: str
    config: Mapping[str, Any]
    actions: frozenset[str]

    @property
    def purpose(self) -> Purpose:
        """Whose policy it runs under."""
        return Purpose.DESTROY if self.command == "destroy" else Purpose.DEPLOYER


@dataclass
class Record:
    """What the commands on one stack asked, in their order."""

    asked: list[Asked] = field(default_factory=list)

    @contextmanager
    def of(self, control: Control, command: str, config: Mapping[str, Any]) -> Iterator[None]:
        """Notes the calls that come in meanwhile; without the fleet's and the tests' own, which are not counted."""
        before = control.calls()
        try:
            yield
        finally:
            more = frozenset(action for action, count in control.calls().items() if count > before.get(action, 0))
            self.asked.append(Asked(command, dict(config), more))

    def check(self, kept_bucket: bool) -> None:
        """Nothing was asked that its policy does not hold."""
        unforeseen = {}
        for each in self.asked:
            allowed = actions(each.purpose, Settings.from_mapping(each.config), kept_bucket)
            unforeseen.update(dict.fromkeys(each.actions - FREE - set(allowed), each.command))
        assert unforeseen == {}, "calls that canal_aws/permissions does not know"
        # A record that saw nothing would pass as well.
        seen = {action for each in self.asked if each.purpose is Purpose.DEPLOYER for action in each.actions}
        assert {"ec2:CreateVpc", "ec2:RunInstances", "iam:CreateRole", "ssm:PutParameter"} <= seen
        assert {"ec2:DeleteVpc"} <= {action for each in self.asked[-1:] for action in each.actions}
