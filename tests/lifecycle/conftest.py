"""Fixtures of the lifecycle tests: one sandbox for the session, stacks in it, and the embedded AWS by boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.stacks import Stack

MakeStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running sandbox with its own state folder and free ports; ended with the session, whatever happens."""
    sandbox = Sandbox(tmp_path_factory.mktemp("lifecycle") / "sandbox")
    try:
        sandbox.start()
        yield sandbox
    finally:
        sandbox.reset(force=True)


@pytest.fixture(scope="module")
def make_stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStack]:
    """`make_stack(name, **config)`: a stack with that configuration (keys as in Pulumi.yaml), in no cloud yet.

    What a failed test leaves of a stack goes at the end of its module, with everything else in the embedded AWS.
    """
    folder = tmp_path_factory.mktemp("projects")
    made: list[Stack] = []

    def make(name: str, **config: Any) -> Stack:
        stack = Stack(name, sandbox, folder, config)
        made.append(stack)
        return stack

    yield make
    if made and sandbox.record() is not None and sandbox.control().leftovers():
        sandbox.control().reset()


@pytest.fixture(scope="session")
def aws(sandbox: Sandbox) -> Callable[[str], Any]:
    """`aws("ec2")`: a boto3 client of the embedded AWS, whose calls are not counted as the program's."""
    import boto3
    from botocore.config import Config

    from canal_aws.sandbox.aws import DEFAULT_REGION

    endpoint = sandbox.control().endpoint

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=DEFAULT_REGION,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
            config=Config(user_agent_extra="canal-fleet"),
        )

    return client


@pytest.fixture(scope="session")
def state_folder(sandbox: Sandbox) -> Path:
    """The sandbox's state folder."""
    return sandbox.folder.root
