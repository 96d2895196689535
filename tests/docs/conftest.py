"""The places in which guides run; each is started when the first block asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.api_server import ApiServer, api_server


@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One cluster for all guides: each leaves it as it found it, or applies what it needs."""
    with api_server(tmp_path_factory.mktemp("guides") / "api") as server:
        yield server
