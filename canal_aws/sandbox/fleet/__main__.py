"""`python -m canal_aws.sandbox.fleet`: the fleet, in the foreground until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from canal_aws.errors import CanalError
from canal_aws.sandbox.fleet.aws import Aws
from canal_aws.sandbox.fleet.cluster import Settings
from canal_aws.sandbox.fleet.fleet import Fleet
from canal_aws.sandbox.fleet.fleet_state import FleetState
from canal_aws.sandbox.machines import namespaces


def main() -> int:
    """Runs until SIGTERM or SIGINT; then every process that it started has ended and its data is removed."""
    arguments = _parser().parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder: Path = arguments.state
    try:
        aws = Aws(arguments.aws_endpoint)
        namespaces.require()  # before anything is created in AWS for nothing
        folder.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=folder / "fleet.log",
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        settings = Settings(aws, arguments.bin, folder / "clusters")
        Fleet(settings, FleetState(folder / "fleet.json"), arguments.region).run(stop)
    except CanalError as error:
        print(f"fleet: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"fleet: {folder}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m canal_aws.sandbox.fleet",
        description="Plays the instances of the embedded AWS: a machine for each, booting from its own user data.",
    )
    parser.add_argument("--aws-endpoint", required=True, help="the embedded AWS, http://127.0.0.1:PORT")
    parser.add_argument("--state", required=True, type=Path, help="folder for fleet.json, fleet.log and the data")
    parser.add_argument("--bin", required=True, type=Path, help="folder of the Kubernetes binaries, etcd and kwok")
    parser.add_argument(
        "--region",
        default=os.environ.get("AWS_REGION", "us-east-1"),
        help="the Region to look at first; instances in others are found within seconds too",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
