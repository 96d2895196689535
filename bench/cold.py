"""`python -m bench.cold`: seconds of a first `make demo`, whose toolchain is built into an empty cache, beside what was asked.

The machine's own cache of tools is left alone. Where GOMODCACHE or GOCACHE names a cache of Go's the build would not be
cold: that is refused. It takes 6 GB of disk and some twenty minutes of two idle cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from bench.figures import Figure, show
from canal_aws.sandbox.toolchain.prepare import default_root

_WARM = ("GOMODCACHE", "GOCACHE")


def main() -> None:
    """Measure and print; the exit status of what failed, of a build or of the demo."""
    given = [name for name in _WARM if os.environ.get(name)]
    if given:
        sys.exit(
            f"{' and '.join(given)} set: a build with modules or objects of an earlier one is not cold; unset them"
        )
    # Beside the machine's own: /tmp is a small tmpfs on many machines.
    with tempfile.TemporaryDirectory(prefix="cold-", dir=default_root().parent) as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        toolchain = _seconds(["canal_aws.sandbox.toolchain"], environment)
        demo = _seconds(["canal_aws", "demo"], environment)
    show(
        [
            Figure("toolchain into an empty cache", "", toolchain, "s"),
            Figure("demo after it", "<= 180 s", demo, "s"),
            Figure("cold demo, both", "<= 1200 s", toolchain + demo, "s"),
        ]
    )


def _seconds(module: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", *module], env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
