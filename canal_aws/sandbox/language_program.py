"""One run of a Pulumi program: its configuration set, its code run, its failure said once.

What is special is as in the official host: `pulumi.RunError` shows its message alone, any other exception its
traceback. Both are logged here, and the response says `bail`, which tells the engine that the user knows.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import json_format
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

EXECUTOR_THREADS_PER_OPERATION = 4
"""pulumi/automation/_server.py: each parallel operation may hold several of the event loop's threads."""

MOST_EXECUTOR_THREADS = 256
"""`--parallel 0` stands for 2,147,483,647 operations."""

OWN_PACKAGE = __name__.partition(".")[0]


class ProgramRun:
    """A request of the engine (`RunRequest` of language.proto) and how to fulfil it."""

    def __init__(self, request: Any, engine_address: str) -> None:
        self._request = request
        self._engine_address = engine_address

    def __call__(self) -> Any:
        """Run the program to its end and return a `RunResponse`. Runs in a context of its own."""
        return contextvars.copy_context().run(self._run)

    def _run(self) -> Any:
        request = self._request
        reset_options(
            project=request.project,
            stack=request.stack,
            root_directory=request.info.root_directory or None,
            parallel=request.parallel,
            engine_address=self._engine_address,
            monitor_address=request.monitor_address,
            preview=request.dryRun,
            organization=request.organization or "organization",
        )
        set_all_config(dict(request.config), list(request.configSecretKeys))
        # A program that fails leaves futures unobserved, by design of the SDK; asyncio would report each.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        try:
            self._check_environment()
            with self._surroundings() as program:
                self._run_to_end(program)
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
            return language_pb2.RunResponse(bail=True)
        except SystemExit as leaving:
            if leaving.code in (None, 0):
                return language_pb2.RunResponse()
            return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {leaving.code}")
        except grpc.RpcError as error:
            # An unavailable monitor is an engine that has begun to shut down, and that says why itself.
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                pulumi.log.error(traceback.format_exc())
            return language_pb2.RunResponse(bail=True)
        except Exception:
            pulumi.log.error(traceback.format_exc())
            return language_pb2.RunResponse(bail=True)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return language_pb2.RunResponse()

    def _check_environment(self) -> None:
        """Refuse a `virtualenv` option that names another environment than the one this host runs in."""
        options = json_format.MessageToDict(self._request.info.options)
        wanted = options.get("virtualenv")
        if not wanted:
            return
        root = Path(self._request.info.root_directory or self._request.pwd)
        folder = root / str(wanted)
        if folder.is_dir() and folder.resolve() != Path(sys.prefix).resolve():
            raise pulumi.RunError(
                f"Pulumi.yaml: runtime.options.virtualenv is {wanted}, which is {folder.resolve()}, but the sandbox's "
                f"language host runs in {sys.prefix}: start the sandbox with the canal-aws of that environment"
            )

    @contextmanager
    def _surroundings(self) -> Iterator[str]:
        """Working folder, arguments and import path as for a script; undone afterwards, with its modules."""
        request = self._request
        folder = Path(request.pwd or request.info.program_directory or ".").resolve()
        entry = (folder / (request.program or request.info.entry_point or ".")).resolve()
        script = entry / "__main__.py" if entry.is_dir() else entry
        if not script.is_file():
            raise pulumi.RunError(
                f"{script} does not exist: `main` in Pulumi.yaml names the program's file, or a folder with a __main__.py"
            )
        before = (Path.cwd(), list(sys.argv), list(sys.path), dict(sys.modules))
        # The program's folder may hold another version of this very package; it is to import its own.
        for name in [name for name in sys.modules if name.partition(".")[0] == OWN_PACKAGE]:
            del sys.modules[name]
        os.chdir(folder)
        sys.argv = [str(script), *request.args]
        sys.path.insert(0, str(script.parent))
        try:
            yield str(script)
        finally:
            os.chdir(before[0])
            sys.argv, sys.path[:] = before[1], before[2]
            _forget_modules_below(script.parent, set(before[3]))
            sys.modules.update({name: module for name, module in before[3].items() if name not in sys.modules})

    def _run_to_end(self, program: str) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        threads = max(self._request.parallel, 1) * EXECUTOR_THREADS_PER_OPERATION
        loop.set_default_executor(ThreadPoolExecutor(max_workers=min(threads, MOST_EXECUTOR_THREADS)))
        try:
            loop.run_until_complete(run_in_stack(lambda: _run_script(program)))
        finally:
            # Futures that a failure left pending would be reported, one by one, when the loop goes.
            pending = asyncio.all_tasks(loop)
            for task in pending:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            asyncio.set_event_loop(None)
            loop.close()


def _run_script(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


def _forget_modules_below(folder: Path, keep: set[str]) -> None:
    """Let a second run in this process import the program's own modules anew; libraries stay."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in keep or not file:
            continue
        path = Path(file)
        if path.is_relative_to(folder) and "site-packages" not in path.parts:
            del sys.modules[name]
