"""How a plugin process of ours ends: at once, and never later than the engine that started it."""

from __future__ import annotations

import os
import select
import signal
import threading
import time

TRACING_VARIABLES = ("TRACEPARENT", "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT")
"""What makes the Pulumi SDK open a tracing connection on import (pulumi/runtime/_instrumentation.py). Its
exporter is flushed at exit, and after a failed run that held the process, and so the engine, for 5 s."""

LOOK_SECONDS = 0.5


def without_tracing() -> None:
    """Keep the SDK from opening its tracing connection. Call before the first import of pulumi."""
    for name in TRACING_VARIABLES:
        os.environ.pop(name, None)


def end_at_once(status: int = 0) -> None:
    """Leave without waiting for threads, pending calls or exit handlers: there is nothing left to tell anyone."""
    os._exit(status)


def end_by_signals() -> None:
    """SIGINT and SIGTERM kill in the kernel: a Python handler would have to wait for a blocking call to return.

    The engine sends SIGINT when it closes a plugin.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def end_soon(status: int = 0, seconds: float = 0.1) -> None:
    """Leave after the answer to the request that asks for it has been sent."""
    timer = threading.Timer(seconds, end_at_once, (status,))
    timer.daemon = True
    timer.start()


def end_with_parent() -> None:
    """Leave as soon as the process that started this one is gone, however it died."""
    parent = os.getppid()
    threading.Thread(target=_outlive, args=(parent,), name="parent-watch", daemon=True).start()


def _outlive(parent: int) -> None:
    try:
        handle = os.pidfd_open(parent)
    except (AttributeError, OSError):
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
    else:
        # The number may have been taken by another process between the question and the opening.
        if os.getppid() == parent:
            watch = select.poll()
            watch.register(handle, select.POLLIN)
            watch.poll()
    end_at_once(1)
