"""The HTTP server of the embedded AWS: moto's applications behind the control URLs, on the loopback
address only."""

from __future__ import annotations

import errno
import functools
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, ClassVar, Self

from werkzeug.serving import BaseWSGIServer, make_server

from canal_aws.errors import CanalError

from . import ACCOUNT_ID, signatures
from .on_the_way import answered
from .world import World

log = logging.getLogger(__name__)
HOST = "127.0.0.1"

MOTO_SETTINGS = {
    "MOTO_ACCOUNT_ID": ACCOUNT_ID,
    # Only our own images exist, so that a lookup cannot find one that no Region has had for years.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}


class PortTaken(CanalError):
    """The port asked for is in use by somebody else."""

    exit_status = 3


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(
                f"port {port} on {HOST} cannot be had for the embedded AWS ({error.strerror}): "
                "end what listens there, or choose another port"
            ) from None
        raise
    return listener


class EmbeddedAws:
    """One embedded AWS in this process; moto's state is the process's, so there can be only one at a time.

    `port` 0 takes any free one. Raises PortTaken when it is in use, and RuntimeError where this process has one already:
    the hardening of both would stand around one moto, and each refuse what only the other one knows.
    As a context, it serves in a thread of its own until the context ends.
    """

    _only: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, port: int = 0) -> None:
        if not self._only.acquire(blocking=False):
            raise RuntimeError("this process has an embedded AWS already; stop that one first, or share it")
        self._stack = ExitStack()
        self._stack.callback(self._only.release)
        try:
            self._build(port)
        except BaseException:
            self._stack.close()
            raise

    def _build(self, port: int) -> None:
        listener = _bound(port)  # first, since moto takes seconds to load
        # moto reads these when it is imported or when a Region is first used: hence no import of it before.
        os.environ.update(MOTO_SETTINGS)
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )

        from . import control
        from .hardening import install_all
        from .pipeline import Rules, installed
        from .quick_picker import quick_picker
        from .s3 import bucket_gate

        class Handler(MotoRequestHandler):  # type: ignore[misc]
            """moto's request handler, logging to the log file alone."""

            def log(self, type: str, message: str, *args: Any) -> None:
                log.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)

        class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
            """moto's choice of application, made once for each host name instead of once for each request."""

            get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)

        self.world = World()
        self._control = control
        self._moto: Callable[..., Iterable[bytes]] = Dispatcher(create_backend_app)
        rules = Rules(self.world)
        install_all(rules)
        self.port = int(listener.getsockname()[1])
        self._server: BaseWSGIServer = make_server(
            HOST, self.port, self._application, threaded=True, request_handler=Handler, fd=listener.fileno()
        )
        self._stack.callback(listener.close)
        self._stack.callback(self._server.server_close)
        self._stack.enter_context(installed(rules))
        self._stack.enter_context(bucket_gate(self.world))
        self._stack.enter_context(quick_picker())

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(self._control.PREFIX):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, answer = self._control.answer(self.world, environ["REQUEST_METHOD"], path, body)
            start_response(
                f"{status} {'OK' if status == 200 else 'Error'}",
                [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))],
            )
            return [answer]
        signatures.keep_body(environ)
        with self.world.traffic.request():
            return answered(self._moto, self.world.faults, environ, start_response)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True, name="embedded-aws").start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and take the hardening out of moto again."""
        self.world.faults.clear()
        self._server.shutdown()
        self.world.reset()
        self._stack.close()

    def serve_forever(self) -> None:
        """Serve until `stop`, or the end of the process."""
        self._server.serve_forever()
