"""The printed YAML through the real kubectl, on API servers that have none of it yet: which way takes how many passes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from architectures import ARCHITECTURES, CALICO_IPIP
from canal_aws.manifests import ClusterNetwork, Manifest, build, render_yaml
from tests.manifests.api_server import ApiServer
from tests.manifests.conftest import started

pytestmark = pytest.mark.component

NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")
_SERVED_WITHIN = 20.0  # seconds


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with started(request.param, tmp_path_factory.mktemp("fresh")) as fresh:
        yield fresh


def apply(server: ApiServer, objects: tuple[Manifest, ...]) -> subprocess.CompletedProcess[str]:
    from canal_aws.sandbox.toolchain import ensure

    kubectl = ensure(["kubectl"]).path("kubectl")
    # What it remembers of another server's kinds stays out of this one's.
    connection = ("--kubeconfig", server.kubeconfig_path, "--cache-dir", server.folder / "kubectl")
    return subprocess.run(
        [kubectl, *connection, "apply", "--server-side", "--validate=strict", "-f", "-"],
        input=render_yaml(objects),
        text=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("server", ["1.35"], indirect=True)
def test_one_pass_does_where_calico_node_makes_the_pool(server: ApiServer) -> None:
    for architecture in sorted(ARCHITECTURES, key=lambda item: item is not CALICO_IPIP):
        objects = build(architecture, NETWORK, one_pass=True)
        done = apply(server, objects)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == len(objects)


@pytest.mark.parametrize("server", ["1.36"], indirect=True)
def test_two_passes_do_where_the_pool_is_an_object_like_the_others(server: ApiServer) -> None:
    """kubectl looks up all kinds before it creates the first object, and creates those that it found."""
    objects = build(CALICO_IPIP, NETWORK)
    first = apply(server, objects)
    assert first.returncode == 1
    assert len(first.stdout.splitlines()) == len(objects) - 1
    assert 'no matches for kind "IPPool"' in first.stderr
    # A moment later; `kubectl wait --for=condition=Established` says when.
    deadline = time.monotonic() + _SERVED_WITHIN
    while (second := apply(server, objects)).returncode:
        assert time.monotonic() < deadline, second.stderr
    assert len(second.stdout.splitlines()) == len(objects)
