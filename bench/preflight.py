"""`python -m bench.preflight`: what a live preflight takes, beside what was asked, measured now on this machine.

The embedded AWS runs in a process of its own, so that the two share no interpreter. Its own time is the processor time
that it says it spent on the calls (`/_canal/traffic`). The client's start (boto3's clients, once a process) is a figure
of its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure, show

_DELAY = 0.05
_AT_ONCE = 10
#: Credentials, zones and types do not wait for each other; images wait for their parameter, the plan for no call of its
#: own, a default quota for the refused applied one: two calls one after the other, at most.
_LONGEST_CHAIN = 2
_SETTINGS = {"apiAllowedCidrs": ["203.0.113.0/24"], "architecture": "native-routes"}
_REGION = "us-east-1"
_TABLES, _ROUTES = 200, 500
_MIB = 2**20


@contextmanager
def _server(*command: str) -> Iterator[str]:
    """A server in a process of its own that prints its URL first."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def _control(url: str, path: str, body: Any = None) -> Any:
    import requests

    send = requests.get if body is None else requests.post
    arguments = {} if body is None else {"json": body}
    answer = send(f"{url}/_canal/{path}", timeout=60, **arguments)
    answer.raise_for_status()
    return answer.json()


def run_once(url: str, repeats: int = 3) -> dict[str, float]:
    """In the client's process: seconds to make the clients, of each run after it (the best), calls, memory."""
    from canal_aws.preflight.choice import Choice
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.preflight.live.run import check_live
    from canal_aws.preflight.live.target import Target
    from canal_aws.stack.aws_clients import Aws, Patience

    patience = Patience(attempts=2, connect=5.0, read=60.0)
    aws = Aws({"region": _REGION, "accessKey": "bench", "secretKey": "bench"}, url, patience)
    began = time.perf_counter()
    for service in ("ec2", "elbv2", "iam", "service-quotas", "ssm", "sts"):
        aws.client(service)
    clients = time.perf_counter() - began
    best, calls = float("inf"), 0
    for _ in range(repeats):
        with Asking(aws, patience) as asking:
            began = time.perf_counter()
            report = check_live(Choice.of(_SETTINGS), asking, Target(_REGION))
            best = min(best, time.perf_counter() - began)
        calls = sum(asking.made.values())
        assert report.exit_status() == 0, report
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"clients": clients, "seconds": best, "calls": calls, "bytes": peak, "processor": time.process_time()}


def _client(url: str, repeats: int = 3) -> Mapping[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.preflight", "--client", url, str(repeats)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def of_delayed() -> list[Figure]:
    """A full preflight with a delay on each answer, and the command in the sandbox."""
    with _server("-m", "bench.preflight", "--serve") as url:
        _client(url, 1)  # moto reads its instance types when first asked
        plain = _command(url)
        _control(url, "faults", {"delaySeconds": _DELAY})
        _control(url, "calls/reset", {})
        repeats = 3
        found = _client(url, repeats)
        traffic = _control(url, "traffic")
    own = traffic["ownSeconds"] / repeats
    allowed = 1.5 * max(_LONGEST_CHAIN, found["calls"] / _AT_ONCE) * _DELAY + own
    return [
        Figure(f"50 ms an answer, {found['calls']:.0f} calls", f"<= {allowed:.2f} s", found["seconds"], "s"),
        Figure("  of it the server's own", "", own, "s"),
        Figure("  boto3's clients, once before", "", found["clients"], "s"),
        Figure("calls in flight at most", "<= 10", traffic["mostInFlight"], ""),
        Figure("canal-aws preflight in the sandbox", "<= 3 s", plain, "s"),
        Figure("canal-aws preflight --inputs-only", "<= 1 s", _command("", "--inputs-only"), "s"),
    ]


def of_large_account() -> list[Figure]:
    """200 tables of 500 routes, in pages of 100 that were rendered before."""
    with _server("-m", "bench.large_account", str(_TABLES), str(_ROUTES)) as url:
        found = _client(url, 1)
    return [
        Figure(f"{_TABLES} tables of {_ROUTES} routes", "<= 10 s", found["clients"] + found["seconds"], "s"),
        Figure("  the client's processor time, start included", "", found["processor"], "s"),
        Figure("  the client's memory, peak", "<= 300 MB", found["bytes"] / _MIB, "MB"),
    ]


def _command(url: str, *arguments: str) -> float:
    """The fastest of three runs of the command, start-up included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": _REGION}
    if url:
        environment["AWS_ENDPOINT_URL"] = url
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.yaml"
        file.write_text(json.dumps(_SETTINGS), encoding="utf-8")
        command = [sys.executable, "-m", "canal_aws", "preflight", "--config", str(file), *arguments]
        times = []
        for _ in range(3):
            began = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=True)
            times.append(time.perf_counter() - began)
    return min(times)


def _serve() -> None:
    from canal_aws.sandbox.aws.server import EmbeddedAws

    server = EmbeddedAws()
    print(server.url, flush=True)
    server.serve_forever()


def main() -> None:
    """Measure and print; the two other ways are the processes that it starts."""
    if sys.argv[1:2] == ["--serve"]:
        _serve()
    elif sys.argv[1:2] == ["--client"]:
        print(json.dumps(run_once(sys.argv[2], int(sys.argv[3]))))
    else:
        show([*of_delayed(), *of_large_account()])
        print(f"Load average (1 min) {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs: above their number, too long.")


if __name__ == "__main__":
    main()
