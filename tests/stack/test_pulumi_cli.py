"""What becomes of a Pulumi command that fails: whoever only reads has found nothing wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from canal_aws.stack.errors import PulumiFailed, StackError
from canal_aws.stack.pulumi_cli import Pulumi


@pytest.fixture
def failing(tmp_path: Path) -> Pulumi:
    command = tmp_path / "pulumi"
    command.write_text("#!/bin/sh\necho 'error: incorrect passphrase' >&2\nexit 255\n")
    command.chmod(0o755)
    return Pulumi(str(command), tmp_path, "organization/canal-aws/dev", "file://~")


@pytest.mark.parametrize("read", [Pulumi.config, Pulumi.export])
def test_a_stack_that_cannot_be_read_is_something_to_change(failing: Pulumi, read: Callable[[Pulumi], object]) -> None:
    with pytest.raises(StackError, match="incorrect passphrase") as failed:
        read(failing)
    assert failed.value.exit_status == 2


def test_what_does_something_and_fails_ran(failing: Pulumi) -> None:
    with pytest.raises(PulumiFailed, match="incorrect passphrase") as failed:
        failing.cancel()
    assert failed.value.exit_status == 1
