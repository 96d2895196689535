"""Answers that do not arrive as they were sent: what a broken connection, a sign-in page or a dead proxy does to them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

from .faults import GARBAGE, HEADER, Faults

Application = Callable[..., Iterable[bytes]]


def answered(application: Application, faults: Faults, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The application's answer, unless its pipeline marked it for a fault."""
    marks: list[str] = []

    def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        marks.extend(value for name, value in headers if name == HEADER)
        if not marks:
            return start_response(status, headers, exc_info)
        return lambda _: None

    body = application(environ, begin)
    if not marks:
        return body
    if marks[0] == "garbage":
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(GARBAGE)))])
        return [GARBAGE]
    if marks[0] == "hang":
        faults.hang()
    _drop(environ)
    raise ConnectionAbortedError("the connection was dropped, as a test asked")


def _drop(environ: dict[str, Any]) -> None:
    try:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client went first
