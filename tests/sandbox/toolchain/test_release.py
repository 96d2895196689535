from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from canal_aws.progress import Silent
from canal_aws.sandbox.toolchain import release
from canal_aws.sandbox.toolchain.errors import DiskFullError
from canal_aws.sandbox.toolchain.pins import Release, Tool, all_tools
from tests.sandbox.toolchain.conftest import Machine

EXECUTABLE = b"#!/bin/sh\necho v3.259.0\n"


class Server:
    """Files by path; a path in `hanging` is accepted and never answered."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.hanging: set[str] = set()
        self.asked: list[str] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if self.path in outer.hanging:
                    outer.released.wait()
                body = outer.files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.server_port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.released.set()
    server.http.shutdown()
    server.http.server_close()


def archive(**members: tuple[bytes, int]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, (content, mode) in members.items():
            information = tarfile.TarInfo(name.replace("__", "/").replace("_", "-"))
            information.size, information.mode = len(content), mode
            tar.addfile(information, io.BytesIO(content))
    return packed.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pulumi(server: Server, packed: bytes, published: str | None = None) -> Tool:
    server.files["/pulumi.tar.gz"] = packed
    server.files["/sums"] = f"{'0' * 64}  other.tar.gz\n{published or sha256(packed)}  pulumi.tar.gz\n".encode()
    found = Release(server.url("/pulumi.tar.gz"), server.url("/sums"), "pulumi")
    return replace(all_tools()["pulumi"], release=found)


def test_a_release_brings_its_executables_and_nothing_else(machine: Machine, server: Server) -> None:
    packed = archive(
        pulumi__pulumi=(EXECUTABLE, 0o755),
        pulumi__pulumi_language_python=(EXECUTABLE, 0o755),
        pulumi__README=(b"text", 0o644),
        elsewhere__evil=(EXECUTABLE, 0o755),
    )
    entry = release.download(pulumi(server, packed), machine.cache, Silent())
    assert entry is not None
    assert entry.source == "release"
    assert entry.path.read_bytes() == EXECUTABLE
    names = {path.name for path in entry.path.parent.iterdir()}
    assert names == {"pulumi", "pulumi-language-python", "manifest.json"}
    assert machine.cache.find(all_tools()["pulumi"]) == entry
    assert not machine.cache.given_up.exists()


def test_a_bare_executable_with_a_bare_checksum(machine: Machine, server: Server) -> None:
    server.files |= {"/kubectl": EXECUTABLE, "/kubectl.sha256": sha256(EXECUTABLE).encode()}
    bare = Release(server.url("/kubectl"), server.url("/kubectl.sha256"))
    entry = release.download(replace(all_tools()["kubectl"], release=bare), machine.cache, Silent())
    assert entry is not None
    assert entry.path.stat().st_mode & 0o111


def unwelcome(server: Server, case: str) -> Tool:
    packed = archive(pulumi__pulumi=(EXECUTABLE, 0o755))
    if case == "another content than published":
        return pulumi(server, packed, published="f" * 64)
    if case == "no tool in it":
        return pulumi(server, archive(pulumi__other=(EXECUTABLE, 0o755)))
    if case == "no archive":
        return pulumi(server, b"<html>blocked by the proxy</html>")
    tool = pulumi(server, packed)
    if case == "not listed":
        server.files["/sums"] = b"0000  other.tar.gz\n"
    if case == "not found":
        del server.files["/pulumi.tar.gz"]
    return tool


@pytest.mark.parametrize(
    "case", ["another content than published", "no tool in it", "no archive", "not listed", "not found"]
)
def test_what_cannot_be_trusted_is_dropped_and_never_asked_for_again(
    machine: Machine, server: Server, case: str
) -> None:
    tool = unwelcome(server, case)
    assert release.download(tool, machine.cache, Silent()) is None
    assert not machine.cache.folder(tool).exists()
    asked = len(server.asked)
    assert release.download(tool, machine.cache, Silent()) is None
    other = replace(all_tools()["etcd"], release=tool.release)
    assert release.download(other, machine.cache, Silent()) is None
    assert len(server.asked) == asked
    assert server.url("/") in machine.cache.given_up.read_text()


def test_a_server_that_never_answers_costs_its_time_once(
    machine: Machine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release.ANSWER_SECONDS <= 3
    monkeypatch.setattr(release, "ANSWER_SECONDS", 0.2)
    tool = pulumi(server, b"")
    server.hanging.add("/sums")
    began = time.monotonic()
    assert release.download(tool, machine.cache, Silent()) is None
    assert time.monotonic() - began < 3
    # Which of the two time-outs ends it, ours or the socket's, is the scheduler's choice.
    assert re.search("no answer|timed out", machine.cache.given_up.read_text())


def test_a_full_disk_is_not_taken_for_a_missing_network(
    machine: Machine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = pulumi(server, archive(pulumi__pulumi=(EXECUTABLE, 0o755)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(release, "_unpack", full)
        with pytest.raises(DiskFullError, match=str(machine.cache.root)):
            release.download(tool, machine.cache, Silent())
    assert not machine.cache.given_up.exists()
    assert release.download(tool, machine.cache, Silent()) is not None


def test_releases_are_of_the_pinned_versions() -> None:
    for tool in all_tools().values():
        if tool.release is not None:
            assert f"v{tool.version}" in tool.release.url
            assert tool.release.url.startswith("https://")


def test_every_module_set_pins_its_tools() -> None:
    for tool in all_tools().values():
        module = (tool.modules.folder / "go.mod").read_text()
        assert tool.package in module
        assert f" v{tool.version}" in module
        assert (Path(tool.modules.folder) / "go.sum").stat().st_size > 0
