"""The language host's side of the engine's protocol: what the program needs, and running it."""

from __future__ import annotations

import json
import queue
import sys
from collections.abc import Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import LanguageRuntimeServicer, language_pb2, language_pb2_grpc, plugin_pb2

from canal_aws.sandbox import lifetime
from canal_aws.sandbox.language_program import ProgramRun

Job = tuple[ProgramRun, "futures.Future[Any]"]


def serve(engine_address: str) -> None:
    """Answer the engine, and run its programs in this thread, one after the other."""
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=_GRPC_CHANNEL_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageRuntime(engine_address, jobs), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while True:
        run, result = jobs.get()
        try:
            result.set_result(run())
        except BaseException as error:
            result.set_exception(error)


class LanguageRuntime(LanguageRuntimeServicer):
    """Answers from the environment that this interpreter runs in."""

    def __init__(self, engine_address: str, jobs: queue.SimpleQueue[Job]) -> None:
        self._engine_address = engine_address
        self._jobs = jobs

    def Handshake(self, request: Any, context: Any) -> Any:
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def About(self, request: Any, context: Any) -> Any:
        version = ".".join(map(str, sys.version_info[:3]))
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        packages = [plugin_pb2.PackageDependency(**described) for described in required_plugins()]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        plugins = [plugin_pb2.PluginDependency(**described) for described in required_plugins()]
        return language_pb2.GetRequiredPluginsResponse(plugins=plugins)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        found = dependencies(transitive=request.transitiveDependencies)
        listed = [language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        return language_pb2.GetProgramDependenciesResponse(dependencies=listed)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        said = (
            f"canal-aws's stand-in for the Python language host: the program runs in {sys.prefix}, "
            "whose packages `make setup` installs. Nothing to do here.\n"
        )
        yield language_pb2.InstallDependenciesResponse(stdout=said.encode())

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: Any) -> Any:
        result: futures.Future[Any] = futures.Future()
        self._jobs.put((ProgramRun(request, self._engine_address), result))
        return result.result()

    def Cancel(self, request: Any, context: Any) -> Any:
        lifetime.end_soon(status=1)
        return empty_pb2.Empty()


def required_plugins() -> list[dict[str, Any]]:
    """Name, kind, version and server of each resource plugin whose SDK is installed here.

    An SDK says so in `pulumi-plugin.json` beside its modules, as the official host reads it.
    """
    found: dict[str, dict[str, Any]] = {}
    for distribution in metadata.distributions():
        package = (distribution.metadata["Name"] or "").lower().replace("-", "_")
        if not package.startswith("pulumi_"):
            continue
        described = Path(str(distribution.locate_file(f"{package}/pulumi-plugin.json")))
        if not described.is_file():
            continue
        plugin = json.loads(described.read_text(encoding="utf-8"))
        if plugin.get("resource"):
            name = plugin.get("name") or package.removeprefix("pulumi_")
            version = plugin.get("version") or distribution.version
            server = plugin.get("server") or ""
            found[name] = {"name": name, "kind": "resource", "version": f"v{version}", "server": server}
    return [found[name] for name in sorted(found)]


def dependencies(transitive: bool) -> list[tuple[str, str]]:
    """Installed distributions with their versions; without `transitive` those that no other one requires."""
    installed: dict[str, str] = {}
    needed: set[str] = set()
    for distribution in metadata.distributions():
        installed[_canonical(distribution.metadata["Name"] or "")] = distribution.version
        for requirement in distribution.requires or ():
            needed.add(_canonical(_leading_name(requirement)))
    return sorted((name, version) for name, version in installed.items() if transitive or name not in needed)


def _leading_name(requirement: str) -> str:
    """The distribution's name at the start of a requirement such as `grpcio<2,>=1.68 ; extra == 'x'` (PEP 508)."""
    end = next((at for at, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")), None)
    return requirement[:end]


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
