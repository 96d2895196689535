"""`python -m canal_aws.sandbox.providers.aws <engine address>`: what the launcher in the plugin folder runs."""

from __future__ import annotations

import asyncio
import sys

from canal_aws.sandbox.providers.aws.server import end_with_the_engine, serve


def main(arguments: list[str]) -> int:
    """Serve until the engine ends. The first line on stdout is the port."""
    positional = [argument for argument in arguments if not argument.startswith("-")]
    if not positional:
        print(
            "usage: python -m canal_aws.sandbox.providers.aws ENGINE_ADDRESS (the Pulumi engine starts this stand-in "
            "for pulumi-aws; there is nothing to run by hand)",
            file=sys.stderr,
        )
        return 2
    end_with_the_engine()
    asyncio.run(serve(positional[-1], arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
