"""`python -m canal_aws.sandbox.aws --port P --state DIR`: the embedded AWS in the foreground, until SIGTERM."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from canal_aws.errors import CanalError


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m canal_aws.sandbox.aws",
        description="The embedded AWS: a stand-in for the AWS APIs (moto, hardened) on 127.0.0.1. It is not AWS.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes any free one (default)")
    parser.add_argument("--state", type=Path, required=True, help="folder for aws.json and aws.log")
    return parser.parse_args()


def _log_to(path: Path) -> None:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit status 3 where the port is taken, 2 for other failures."""
    arguments = _arguments()
    described = arguments.state / "aws.json"
    try:
        arguments.state.mkdir(parents=True, exist_ok=True)
        _log_to(arguments.state / "aws.log")
        from .server import EmbeddedAws

        server = EmbeddedAws(arguments.port)
        described.write_text(json.dumps({"port": server.port, "pid": os.getpid()}), encoding="utf-8")
    except CanalError as error:
        sys.exit(_failed(str(error), error.exit_status))
    except OSError as error:
        sys.exit(_failed(f"--state {arguments.state}: {error.strerror}; choose a folder that can be written", 2))

    def end(signum: int, frame: Any) -> NoReturn:
        described.unlink(missing_ok=True)
        # At once: nothing here outlives the process, and threads may be in the middle of a call.
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(f"embedded AWS (a stand-in, not AWS) ready on {server.url}", flush=True)
    server.serve_forever()


def _failed(message: str, status: int) -> int:
    print(f"embedded AWS: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
