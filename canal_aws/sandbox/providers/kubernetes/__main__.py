"""`python -m canal_aws.sandbox.providers.kubernetes <engine address>`: what the launcher in the plugin folder runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from canal_aws.sandbox import lifetime


def main(arguments: Sequence[str]) -> int:
    """Serve until the engine ends. The first line on stdout is the port."""
    positional = [argument for argument in arguments if not argument.startswith("-")]
    if not positional:
        print(
            "usage: python -m canal_aws.sandbox.providers.kubernetes ENGINE_ADDRESS (the Pulumi engine starts this "
            "stand-in for pulumi-kubernetes; there is nothing to run by hand)",
            file=sys.stderr,
        )
        return 2
    lifetime.end_with_parent()
    lifetime.end_by_signals()
    lifetime.without_tracing()
    from canal_aws.sandbox.providers.kubernetes.server import serve

    asyncio.run(serve(positional[-1], arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
