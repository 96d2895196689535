"""The shapes that every component is tried in: each architecture, with each topology and way into the API."""

from __future__ import annotations

from typing import Any

import pytest

import architectures
from architectures import Architecture

_TOPOLOGIES: tuple[dict[str, Any], ...] = (
    {"topology": "private", "natGateways": "single"},
    {"topology": "private", "natGateways": "per-zone"},
    {"topology": "public"},
)
SHAPES: tuple[dict[str, Any], ...] = tuple(
    {"architecture": name, **topology, "apiAccess": access}
    for name in architectures.names()
    for topology in _TOPOLOGIES
    for access in ("public", "private")
)
#: A few in which everything occurs once, for tests that run the program for each several times.
_TELLING = (SHAPES[1], SHAPES[10], SHAPES[14])
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(shape.values()))
each_telling_shape = pytest.mark.parametrize("shape", _TELLING, ids=lambda shape: "-".join(shape.values()))
each_architecture = pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=lambda each: each.name)


def described(shape: dict[str, Any]) -> Architecture:
    """The description that a shape names."""
    return architectures.get(shape["architecture"])
