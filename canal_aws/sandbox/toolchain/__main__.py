"""`python -m canal_aws.sandbox.toolchain [TOOL…]`: prepare the tools of the sandbox and say where each is from."""

from __future__ import annotations

import argparse
import sys

from canal_aws.errors import CanalError
from canal_aws.progress import for_stream
from canal_aws.sandbox.toolchain.cache import Cache
from canal_aws.sandbox.toolchain.pins import all_tools, names_for
from canal_aws.sandbox.toolchain.prepare import Toolchain, default_root, ensure


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m canal_aws.sandbox.toolchain", description=__doc__)
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"some of: {', '.join(all_tools())}")
    parser.add_argument(
        "--tests", action="store_true", help="what only the tests run as well (without a name: what the sandbox runs)"
    )
    parser.add_argument(
        "--retry-downloads", action="store_true", help="try official releases again, although they failed before"
    )
    options = parser.parse_args(arguments)
    if options.retry_downloads:
        Cache(default_root()).given_up.unlink(missing_ok=True)
    try:
        wanted = [*options.tools, *names_for("tests")] if options.tests else options.tools
        toolchain = ensure(wanted or None, for_stream())
    except CanalError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from there", file=sys.stderr)
        return 130
    _print_table(toolchain)
    return 0


def _print_table(toolchain: Toolchain) -> None:
    sources = {"PATH": "on PATH", "release": "official release", "built": "built from Go modules"}
    rows = [(tool.name, tool.version, sources[tool.source], str(tool.path)) for tool in toolchain.tools.values()]
    rows.insert(0, ("tool", "version", "from", "path"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]))
    print(f"links to all of them: {toolchain.bin_dir}")


if __name__ == "__main__":
    sys.exit(main())
