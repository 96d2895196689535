"""Network Load Balancers: TCP forwarders, with an address in the VPC or on the host's loopback."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from canal_aws.sandbox.machines.inside import pipe
from canal_aws.sandbox.machines.inside.netns import NetworkNamespace
from canal_aws.sandbox.machines.inside.network import Network
from canal_aws.sandbox.machines.instance import LoadBalancer

_CONNECT_SECONDS = 1.0
_CHECK_SECONDS = 0.5
# Of /readyz as many as AWS wants. That something accepts connections says less: it has to do so for five seconds.
_HTTPS_CHECKS_TO_PASS, _TCP_CHECKS_TO_PASS = 2, 10
_FIRST_FROM_THE_END = 6  # below the broadcast address and what a VPC's plan may use at its end


class LoadBalancers:
    """What stands in the VPC. `replace` is called on the event loop, `address_of` by anyone.

    A target is healthy once it has passed its checks, made twice a second, and until it accepts no connection: an NLB asks
    every ten seconds, so its targets become healthy later, and stay so longer, than here.
    """

    def __init__(self, network: Network, inside: NetworkNamespace, host: NetworkNamespace) -> None:
        self._network = network
        self._inside = inside
        self._host = host
        self._addresses: dict[str, IPv4Address] = {}
        self._listeners: dict[tuple[str, str, int], _Listener] = {}

    def address_of(self, name: str) -> str | None:
        """The VPC's address of an internal load balancer."""
        found = self._addresses.get(name)
        return None if found is None else str(found)

    async def replace(self, wanted: Sequence[LoadBalancer], taken: Iterable[str]) -> None:
        """Makes `wanted` what there is; listeners that stay keep their connections. `taken` are machines' addresses.

        Raises OSError where an address on the host is taken.
        """
        internal = {each.name for each in wanted if not each.host_address}
        for name in [name for name in self._addresses if name not in internal]:
            self._network.remove_address(self._addresses.pop(name))
        for name in sorted(internal - set(self._addresses)):
            address = self._free(set(taken))
            self._network.add_address(address)
            self._addresses[name] = address
        ports = {
            (each.name, each.host_address, port): targets for each in wanted for port, targets in each.ports.items()
        }
        checks = {(each.name, each.host_address, port): path for each in wanted for port, path in each.checks.items()}
        for key in [key for key in self._listeners if key not in ports]:
            self._listeners.pop(key).close()
        for key, targets in ports.items():
            if key not in self._listeners:
                self._listeners[key] = await self._listen(*key)
            self._listeners[key].targets = list(targets)
            self._listeners[key].path = checks.get(key, "")

    async def _listen(self, name: str, host_address: str, port: int) -> _Listener:
        if host_address:
            made = self._host.listener(host_address, port)
        else:
            made = self._inside.listener(str(self._addresses[name]), port)
        listener = _Listener(self._inside, port)
        await listener.start(made)
        return listener

    def _free(self, taken: set[str]) -> IPv4Address:
        used = taken | {str(address) for address in self._addresses.values()}
        last = int(self._network.cidr.broadcast_address) - _FIRST_FROM_THE_END
        return next(IPv4Address(number) for number in itertools.count(last, -1) if str(IPv4Address(number)) not in used)


class _Listener:
    """One port: each connection goes to the next healthy target, to any where none is (an NLB fails open, too)."""

    def __init__(self, inside: NetworkNamespace, port: int) -> None:
        self.targets: list[str] = []
        self.path = ""  # of its HTTPS health check; without one a connection is checked
        self._inside = inside
        self._port = port
        self._turn = 0
        self._healthy: set[str] = set()
        self._answers: dict[str, int] = {}  # checks that a target has passed one after the other
        self._server: asyncio.Server | None = None
        self._checks: asyncio.Task[None] | None = None

    async def start(self, made: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=made)
        self._checks = asyncio.create_task(self._check())

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._checks is not None:
            self._checks.cancel()

    async def _check(self) -> None:
        """Finds targets that have become healthy; that one no longer is shows at the next connection to it."""
        while True:
            await asyncio.gather(*(self._ask(target) for target in self.targets if target not in self._healthy))
            await asyncio.sleep(_CHECK_SECONDS)

    async def _ask(self, target: str) -> None:
        reached = await self._reach(target)
        if reached is None:
            return
        if self.path and not await _answers_well(reached, self.path):
            self._answers.pop(target, None)
            return
        reached.close()
        self._answers[target] = self._answers.get(target, 0) + 1
        if self._answers[target] >= (_HTTPS_CHECKS_TO_PASS if self.path else _TCP_CHECKS_TO_PASS):
            self._healthy.add(target)

    async def _reach(self, target: str) -> socket.socket | None:
        reached = await pipe.connect(self._inside.tcp(), target, self._port, _CONNECT_SECONDS)
        if reached is None:
            self._healthy.discard(target)
            self._answers.pop(target, None)
        return reached

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for target in self._in_turn():
            reached = await self._reach(target)
            if reached is not None:
                await pipe.join(reader, writer, reached)
                return
        writer.close()

    def _in_turn(self) -> list[str]:
        targets = [target for target in self.targets if target in self._healthy] or list(self.targets)
        self._turn += 1
        first = self._turn % len(targets) if targets else 0
        return targets[first:] + targets[:first]


async def _answers_well(reached: socket.socket, path: str) -> bool:
    """Whether HTTPS GET `path` on a connected socket answers 200, whoever the certificate names; closes the socket.

    A load balancer does not look at certificates (ELB, "Health checks for Network Load Balancer target groups").
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(sock=reached, ssl=context, server_hostname="")
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).split(b" ")[1:2] == [b"200"]
            finally:
                writer.close()
    reached.close()
    return False


def load_balancer_of(plain: Mapping[str, Any]) -> LoadBalancer:
    """What JSON made of a LoadBalancer: ports are numbers again."""
    return LoadBalancer(
        str(plain["name"]),
        {int(port): tuple(targets) for port, targets in plain["ports"].items()},
        str(plain["host_address"]),
        {int(port): str(path) for port, path in plain["checks"].items()},
    )
