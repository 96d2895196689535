"""Order: what is quick to fail comes first, whole stacks on the engine last."""

from __future__ import annotations

import datetime
import signal
from collections.abc import Iterator
from unittest import mock

import pytest

from canal_aws.preflight.checks.versions import Today
from canal_aws.sandbox.aws.server import EmbeddedAws

_SLOWER = ("component", "lifecycle")


def pytest_configure() -> None:
    """A shell's background job begins with SIGINT ignored, and so would every process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _versions_are_young() -> Iterator[None]:
    """No test within this process depends on the day: what it says of Kubernetes' support is of this one."""
    with mock.patch.object(Today, "now", return_value=Today(datetime.date(2026, 11, 1))):
        yield


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """The one embedded AWS that a process can have; what is in it is of whoever used it last."""
    with EmbeddedAws() as server:
        yield server


@pytest.fixture
def fresh_aws(embedded_aws: EmbeddedAws) -> EmbeddedAws:
    """It, with a fresh account."""
    embedded_aws.world.reset()
    return embedded_aws


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts by the slowest mark of each test and keeps the order within."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return max((rank for rank, mark in enumerate(_SLOWER, 1) if item.get_closest_marker(mark)), default=0)
