"""Network namespaces of threads: a socket belongs for ever to the namespace of the thread that made it."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CLONE_NEWNET = 0x40000000  # linux/sched.h
_T = TypeVar("_T")


def leave_for_a_new_one() -> None:
    """Moves the calling thread, and those that it starts from now on, into a network namespace of their own."""
    _call("unshare", CLONE_NEWNET)


class NetworkNamespace:
    """Makes sockets in one network namespace, on a thread that never leaves it.

    `path` is a file like /proc/PID/ns/net; without it the namespace is the calling thread's own.
    """

    def __init__(self, path: str | None = None) -> None:
        # A pool's thread inherits the namespace of the thread that starts it: start it here and now.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sockets")
        self._thread.submit(_enter, path).result()

    def listener(self, address: str, port: int) -> socket.socket:
        """A listening TCP socket, non-blocking. Raises OSError where the address is taken or not there."""
        return self._thread.submit(_listener, address, port).result()

    def tcp(self) -> socket.socket:
        """A TCP socket to connect with, non-blocking."""
        return self._thread.submit(_tcp).result()

    def run(self, function: Callable[[], _T]) -> _T:
        """Calls `function` on the namespace's thread."""
        return self._thread.submit(function).result()

    def close(self) -> None:
        """Ends the thread; sockets live on."""
        self._thread.shutdown()


def _enter(path: str | None) -> None:
    if path is None:
        return
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("setns", handle, CLONE_NEWNET)
    finally:
        os.close(handle)


def _listener(address: str, port: int) -> socket.socket:
    made = _tcp()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _tcp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _call(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
