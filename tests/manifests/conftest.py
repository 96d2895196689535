"""API servers of these tests' own: they fill them with cluster-wide kinds, which a shared one should not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.manifests.api_server import ApiServer
from tests.manifests.server_side_apply import KubeApi

#: The minors that the setting kubernetesVersion takes, and the tool that serves each.
SERVERS = {"1.36": "kube-apiserver", "1.35": "kube-apiserver-1.35"}


@contextmanager
def started(minor: str, folder: Path) -> Iterator[ApiServer]:
    """A real API server of that minor: what it accepts is stored and defaulted, and runs nowhere."""
    from canal_aws.sandbox.toolchain import ensure

    toolchain = ensure(["etcd", SERVERS[minor]])
    server = ApiServer(toolchain.path("etcd"), toolchain.path(SERVERS[minor]), folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package", params=SERVERS)
def api_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One of each minor, for all tests here."""
    with started(request.param, tmp_path_factory.mktemp(f"api-server-{request.param}")) as server:
        yield server


@pytest.fixture(scope="package")
def canal_api(api_server: ApiServer) -> KubeApi:
    """Its administrator."""
    return KubeApi(api_server)
