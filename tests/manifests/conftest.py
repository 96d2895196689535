"""API servers of these tests' own: they fill them with cluster-wide kinds, which a shared one should not have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.manifests.api_server import ApiServer
from tests.manifests.server_side_apply import KubeApi

#: The minors that the setting kubernetesVersion takes, and the tool that serves each.
SERVERS = {"1.36": "kube-apiserver", "1.35": "kube-apiserver-1.35"}


@pytest.fixture(scope="package", params=SERVERS)
def api_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real API server of each minor: what it accepts is stored and defaulted, and runs nowhere."""
    from canal_aws.sandbox.toolchain import ensure

    tool = SERVERS[request.param]
    toolchain = ensure(["etcd", tool])
    server = ApiServer(toolchain.path("etcd"), toolchain.path(tool), _folder(tmp_path_factory, request.param))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def canal_api(api_server: ApiServer) -> KubeApi:
    """Its administrator."""
    return KubeApi(api_server)


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    return factory.mktemp(f"api-server-{name}")
