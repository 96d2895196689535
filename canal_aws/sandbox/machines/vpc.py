"""A VPC as its owner sees it: the process that holds the namespaces, and the requests to it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import itertools
import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any, Self

import psutil

import canal_aws
from canal_aws.sandbox.machines import first_boot, namespaces
from canal_aws.sandbox.machines.channel import Channel, Message
from canal_aws.sandbox.machines.errors import MachineError, UserDataRefused, VpcFailed
from canal_aws.sandbox.machines.instance import Instance, LoadBalancer
from canal_aws.sandbox.machines.machine import Machine

_log = logging.getLogger("machines")

START_SECONDS = 30.0
REQUEST_SECONDS = 30.0
_END_SECONDS = 10.0

# $1 is the folder of the machines' roots. bash stays as the namespace's first process, which has to reap orphans.
_ENTER = """
mount -t proc proc /proc || exit
mount -t tmpfs -o mode=0755 machines "$1" || exit
shift
"$@"
exit
"""


class Vpc:
    """One stack's VPC and its machines; the package's documentation says what its members mean.

    Safe for several threads. MachineError and its kinds are raised; VpcFailed by every request once the process ended.
    """

    def __init__(
        self,
        name: str,
        cidr: IPv4Network,
        folder: Path,
        bin_dir: Path,
        aws_endpoint: str,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.cidr = cidr
        self.folder = folder
        self.bin_dir = bin_dir
        self.aws_endpoint = aws_endpoint
        self.machines: dict[str, Machine] = {}
        self.proxy = ""
        self.failure: str | None = None
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._numbers = itertools.count(1)
        self._pending: dict[int, Future[Any]] = {}
        self._ready: Future[Message] = Future()
        self._said: deque[str] = deque(maxlen=20)
        self._names: frozenset[str] = frozenset()
        self._stopping = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts the VPC process; raises ProgramMissing, NamespacesForbidden or VpcFailed."""
        namespaces.require()
        inside = [sys.executable, "-m", "canal_aws.sandbox.machines.inside"]
        settings = [str(self.cidr), str(self.folder), str(self.bin_dir.resolve()), self.aws_endpoint]
        command = [*namespaces.UNSHARE, "bash", "-c", _ENTER, "vpc", str(self.folder), *inside, *settings]
        checkout = str(Path(canal_aws.__file__).resolve().parents[1])
        self._process = subprocess.Popen(
            command,
            cwd="/",
            env={"PATH": os.defpath + ":/usr/sbin:/sbin", "PYTHONPATH": checkout, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._channel = Channel(self._process.stdout, self._process.stdin)
        for work in (self._listen, self._keep_errors):
            threading.Thread(target=work, name=f"vpc {self.name}", daemon=True).start()
        try:
            self.proxy = self._ready.result(START_SECONDS)["proxy"]
        except FutureTimeout:
            self.stop()
            raise VpcFailed(f"VPC {self.name}: not ready within {START_SECONDS:.0f} s. {self._last_words()}") from None
        return self

    def boot(self, instance: Instance, user_data: bytes) -> Machine:
        """Makes the instance's machine and lets it boot; returns at once."""
        machine = Machine(instance, self._ask, self._forget)
        try:
            plan = first_boot.parse(user_data)
        except UserDataRefused as error:
            machine.refuse(str(error), f"{error.program}: {error}\n")
            self.machines[instance.id] = machine
            self._changed()
            return machine
        self.machines[instance.id] = machine
        try:
            self._ask("boot", instance=dataclasses.asdict(instance), plan=plan.as_json(), user_data=_text(user_data))
        except MachineError:
            del self.machines[instance.id]
            raise
        return machine

    def balance(self, load_balancers: Sequence[LoadBalancer]) -> None:
        """Replaces the load balancers; connections through those that stay are kept."""
        self._ask("balance", load_balancers=[dataclasses.asdict(each) for each in load_balancers])
        self._names = frozenset(each.name for each in load_balancers if not each.host_address)

    def knows(self, host: str) -> bool:
        """Whether the proxy would lead to `host`, a name or an address."""
        try:
            return ip_address(host) in self.cidr
        except ValueError:
            return host in self._names

    @property
    def pids(self) -> dict[str, int]:
        """Every process of the VPC by name, with its pid on the host; empty once it has ended."""
        if self._process is None or self.failure is not None:
            return {}
        inside = {number: name for name, number in self._ask("processes").items()}
        found = {"vpc/unshare": self._process.pid}
        for process in psutil.Process(self._process.pid).children(recursive=True):
            number = _innermost_pid(process.pid)
            if number in inside:
                found[inside[number]] = process.pid
        return found

    def stop(self) -> None:
        """Ends every machine and the VPC; twice is fine."""
        self._stopping = True
        if self._process is None:
            return
        assert self._process.stdin
        with contextlib.suppress(OSError):  # it was gone already
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for machine in self.machines.values():
            machine.state = "terminated"
        self.machines = {}

    def _forget(self, machine: Machine) -> None:
        self.machines.pop(machine.instance.id, None)

    def _ask(self, call: str, *, seconds: float = REQUEST_SECONDS, **arguments: Any) -> Any:
        if self._channel is None:
            raise VpcFailed(f"VPC {self.name} was not started")
        number = next(self._numbers)
        answer: Future[Any] = Future()
        self._pending[number] = answer
        try:
            if self.failure is not None:
                raise VpcFailed(f"VPC {self.name}: {self.failure}")
            self._channel.send({"id": number, "call": call, "arguments": arguments})
            return answer.result(seconds)
        except (OSError, ValueError) as error:
            raise VpcFailed(f"VPC {self.name}: {self.failure or error}") from None
        except FutureTimeout:
            raise VpcFailed(f"VPC {self.name}: no answer to {call} within {seconds:.0f} s") from None
        finally:
            self._pending.pop(number, None)

    def _listen(self) -> None:
        """Takes answers and events until the process ends."""
        assert self._channel
        assert self._process
        for message in self._channel.messages():
            if "id" in message:
                answer = self._pending.get(message["id"])
                if answer is not None and "error" in message:
                    answer.set_exception(VpcFailed(f"VPC {self.name}: {message['error']}"))
                elif answer is not None:
                    answer.set_result(message["result"])
            elif "proxy" in message:
                self._ready.set_result(message)
            elif machine := self.machines.get(message["machine"]):
                machine.said(message)
                self._changed()
        self._ended()

    def _ended(self) -> None:
        assert self._process
        status = self._process.wait()
        self.failure = f"its process ended with status {status}. {self._last_words()}"
        error = VpcFailed(f"VPC {self.name}: {self.failure}")
        for answer in (self._ready, *list(self._pending.values())):
            if not answer.done():
                answer.set_exception(error)
        if not self._stopping:
            for machine in list(self.machines.values()):
                machine.state = "terminated"
            self._changed()

    def _keep_errors(self) -> None:
        assert self._process
        assert self._process.stderr
        for line in self._process.stderr:
            self._said.append(line.decode(errors="replace").rstrip())
            _log.warning("%s: %s", self.name, self._said[-1])

    def _last_words(self) -> str:
        return "It said:\n" + "\n".join(self._said) if self._said else "It said nothing."


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _innermost_pid(pid: int) -> int:
    """The pid that a process has in its own PID namespace (proc(5), NSpid); 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(text.partition("NSpid:")[2].partition("\n")[0].split()[-1])
