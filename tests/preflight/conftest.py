"""The account that live preflights look at."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from canal_aws.sandbox.aws.server import EmbeddedAws
from tests.preflight.live_account import REGION


@pytest.fixture(scope="module")
def ec2(embedded_aws: EmbeddedAws) -> Any:
    """The embedded AWS's EC2."""
    return boto3.client(
        "ec2", endpoint_url=embedded_aws.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def url(fresh_aws: EmbeddedAws) -> str:
    """A fresh account of the embedded AWS."""
    return fresh_aws.url
