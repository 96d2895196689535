"""Runs every test of a hardening twice: against the embedded AWS, where it must pass, and bare moto, where it must not.

So no hardening is tested by something that moto does anyway, and one that moto has learned itself shows up.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator

import pytest
import requests

from canal_aws.sandbox.aws.server import EmbeddedAws

from .clients import Aws, eventually


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hardening: must pass on the embedded AWS, and fail on bare moto (both are run)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/sandbox/aws/" in item.nodeid and "aws" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.component)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aws" in metafunc.fixturenames:
        hardening = metafunc.definition.get_closest_marker("hardening") is not None
        servers = ["embedded", "bare-moto"] if hardening else ["embedded"]
        metafunc.parametrize("aws", servers, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    callspec = getattr(pyfuncitem, "callspec", None)
    bare = callspec is not None and callspec.params.get("aws") == "bare-moto"
    try:
        result = yield
    except (Exception, pytest.fail.Exception):
        if bare:
            return True
        raise
    if bare:
        pytest.fail("this passes on bare moto too: it tests no hardening", pytrace=False)
    return result


@pytest.fixture(scope="session")
def bare_moto() -> Iterator[str]:
    """moto as it comes, in a process of its own, since the hardening stands in this one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MOTO_")}
    # Its own images take seconds to load after each reset, and no test needs them.
    environment["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/moto-api/data.json", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        eventually(answers, seconds=60)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Aws:
    """A fresh account of the server that this run of the test is for."""
    if request.param == "bare-moto":
        url: str = request.getfixturevalue("bare_moto")
        requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
        return Aws(url, hardened=False)
    server: EmbeddedAws = request.getfixturevalue("fresh_aws")
    return Aws(server.url, hardened=True)


@pytest.fixture
def vpc(aws: Aws) -> str:
    return aws.vpc()


@pytest.fixture
def subnet(aws: Aws, vpc: str) -> str:
    return aws.subnet(vpc)


@pytest.fixture
def table(aws: Aws, vpc: str) -> str:
    return aws.table(vpc)


@pytest.fixture
def gateway(aws: Aws, vpc: str) -> str:
    return aws.gateway(vpc)


@pytest.fixture
def image(aws: Aws) -> str:
    """An image exists: looked up before the test, so that bare moto cannot fail for the want of one."""
    return aws.image
