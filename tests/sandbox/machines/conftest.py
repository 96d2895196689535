"""A VPC on this host, with a stand-in for AWS outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from canal_aws.sandbox import toolchain
from canal_aws.sandbox.machines import Machine, NamespacesForbidden, ProgramMissing, Vpc, namespaces
from canal_aws.sandbox.machines.inside.tools import PROGRAMS
from tests.sandbox.machines.aws import Aws
from tests.sandbox.machines.cluster import Cluster


@pytest.fixture(scope="package")
def bin_dir() -> Path:
    """The toolchain's programs; a test that needs namespaces is skipped where the host forbids them."""
    try:
        namespaces.require()
    except (NamespacesForbidden, ProgramMissing) as error:
        pytest.skip(str(error))
    return Path(toolchain.ensure(PROGRAMS).bin_dir)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    made = Aws()
    yield made
    made.close()


@pytest.fixture(scope="module")
def vpc(aws: Aws, bin_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vpc]:
    with Vpc("test", IPv4Network("10.0.0.0/16"), tmp_path_factory.mktemp("vpc"), bin_dir, aws.endpoint) as made:
        yield made


@pytest.fixture(scope="package")
def cluster(bin_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One stack with a VPC of its own: two test modules look at one cluster, since each takes seconds to found."""
    aws = Aws()
    folder = tmp_path_factory.mktemp("cluster")
    with Vpc("cluster", IPv4Network("10.0.0.0/16"), folder, bin_dir, aws.endpoint) as made:
        yield Cluster(made, aws)
    aws.close()


@pytest.fixture(scope="package")
def founder(cluster: Cluster) -> Machine:
    """The first control-plane node."""
    machine = cluster.boot("control-plane", "cp-1", cluster.addresses[0], "cp-1", init=True)
    cluster.wait(machine)
    return machine
