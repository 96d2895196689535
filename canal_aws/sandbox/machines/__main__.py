"""`python -m canal_aws.sandbox.machines`: whether this host can hold the sandbox's machines.

As root it installs what is missing of Debian's or Ubuntu's packages: a minimal image has neither jq nor ip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from canal_aws.errors import CanalError
from canal_aws.progress import for_stream
from canal_aws.sandbox.machines import namespaces


def main() -> int:
    try:
        missing = sorted(set(namespaces.missing_programs().values()))
        if missing and os.geteuid() == 0 and shutil.which("apt-get"):
            with for_stream().step(f"installing {', '.join(missing)}"):
                _install(missing)
        namespaces.require()
    except CanalError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _install(packages: list[str]) -> None:
    """What fails here `require` says in its own words."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(
            ["apt-get", "-qq", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )


if __name__ == "__main__":
    sys.exit(main())
