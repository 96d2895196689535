"""How a stand-in's process starts and ends: the same for every provider."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Sequence

from canal_aws.sandbox import lifetime


def run(plugin: str, server_module: str, arguments: Sequence[str]) -> int:
    """Serve the stand-in for `plugin` until the engine ends; the first line on stdout is the port.

    `server_module` is imported only once nothing of it can open the SDK's tracing connection.
    """
    positional = [argument for argument in arguments if not argument.startswith("-")]
    if not positional:
        print(
            f"usage: python -m {server_module.rpartition('.')[0]} ENGINE_ADDRESS (the Pulumi engine starts this stand-in "
            f"for {plugin}; there is nothing to run by hand)",
            file=sys.stderr,
        )
        return 2
    lifetime.end_with_parent()
    lifetime.end_by_signals()
    lifetime.without_tracing()
    asyncio.run(importlib.import_module(server_module).serve(positional[-1], list(arguments)))
    return 0
