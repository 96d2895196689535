"""An embedded AWS in this process, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canal_aws.preflight.live.asking import Asking
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedAws]:
    """Shared by a module's tests."""
    server = EmbeddedAws()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def embedded(server: EmbeddedAws) -> EmbeddedAws:
    """With nothing in it and every call counted anew."""
    server.world.reset()
    return server


@pytest.fixture
def asking(embedded: EmbeddedAws) -> Iterator[Asking]:
    """As preflight asks, with the sandbox's own keys."""
    asking = Asking(Aws({"region": "us-east-1", "accessKey": "sandbox", "secretKey": "sandbox"}, embedded.url))
    yield asking
    asking.close()
