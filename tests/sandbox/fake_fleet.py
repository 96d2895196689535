"""A fleet that plays no instance: for tests of what starts and ends the real one."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Describe itself in fleet.json, with one child that names the state folder, and wait for SIGTERM."""
    parser = argparse.ArgumentParser()
    for option in ("--aws-endpoint", "--state", "--bin"):
        parser.add_argument(option, required=True)
    state = Path(parser.parse_args().state)
    child = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()", str(state)], start_new_session=True
    )
    cluster = {"stack": "organization/canal-aws/x", "state": "running", "pids": [child.pid], "nodes": ["a", "b"]}
    described = {"pid": os.getpid(), "clusters": [cluster]}
    draft = state / "fleet.new"
    draft.write_text(json.dumps(described), encoding="utf-8")
    draft.replace(state / "fleet.json")
    # It ends without its child, as a fleet that is killed does: the sandbox must see to the rest.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
