"""The stand-in's operations against the session's real API server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from canal_aws.sandbox.providers.kubernetes.api import Api
from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.config import Config
from canal_aws.sandbox.providers.kubernetes.operations import Operations
from tests.control_plane.control_plane import ControlPlane


@pytest.fixture(scope="session")
def cluster(kube_api: ControlPlane) -> Iterator[Cluster]:
    access = Config(kubeconfig=kube_api.kubeconfig).access()
    api = Api(access)
    yield Cluster(api, access.namespace, threading.Event())
    api.close()


@pytest.fixture
def operations(cluster: Cluster) -> Operations:
    """With the provider's default configuration."""
    return Operations(Config(kubeconfig=""), lambda: cluster)
