"""Fixtures: an embedded AWS of this session, and the stand-in provider to make resources in it as an `up` would."""

from __future__ import annotations

import pytest

from canal_aws.stack.aws_clients import Aws
from tests.sandbox.providers.aws.conftest import endpoint, engine

__all__ = ["aws", "endpoint", "engine"]


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Aws:
    """What a recovery asks AWS through."""
    return Aws({"region": "us-east-1", "accessKey": "sandbox", "secretKey": "sandbox"}, endpoint)
