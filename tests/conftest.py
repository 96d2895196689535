"""Order: what is quick to fail comes first, whole stacks on the engine last."""

from __future__ import annotations

import pytest

_SLOWER = ("component", "lifecycle")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts by the slowest mark of each test and keeps the order within."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return max((rank for rank, mark in enumerate(_SLOWER, 1) if item.get_closest_marker(mark)), default=0)
