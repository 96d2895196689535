"""An embedded AWS in this process, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canal_aws.preflight.live.asking import Asking
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws


@pytest.fixture
def asking(fresh_aws: EmbeddedAws) -> Iterator[Asking]:
    """As preflight asks, with the sandbox's own keys."""
    with Asking(Aws({"region": "us-east-1", "accessKey": "sandbox", "secretKey": "sandbox"}, fresh_aws.url)) as asking:
        yield asking
