"""A Python language host for an engine that brings none of its own, as one built from Go modules does.

The engine starts `pulumi-language-python … ENGINE_ADDRESS`, reads a port from its standard output and speaks
https://github.com/pulumi/pulumi/blob/v3.259.0/proto/pulumi/language.proto with it. The official host starts a
second interpreter for the program; this one runs the program in its own main thread, since a second start would
cost every command most of a second.

It is a stand-in: it runs programs in the environment that it was started from, and installs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from canal_aws.sandbox import lifetime


def main(arguments: Sequence[str]) -> None:
    """Serve until the engine ends this process. `arguments` are the engine's; its address comes last."""
    lifetime.end_with_parent()
    lifetime.end_by_signals()
    lifetime.without_tracing()
    from canal_aws.sandbox.language_runtime import serve

    serve(arguments[-1] if arguments else "")


if __name__ == "__main__":
    main(sys.argv[1:])
