"""The VPC's DNS resolver: names of internal load balancers and of instances, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.dns import DNSError

TTL_SECONDS = 5
"""Of an NLB's name it is 60; short, so that a stack that is made anew is found at once."""

Lookup = Callable[[str], str | None]


class Resolver(asyncio.DatagramProtocol):
    """Answers A questions from `lookup` (a lower-case name without its last dot); knows no other record."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is of no common class

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport
        try:
            question = DNSRecord.parse(data)
        except DNSError:
            return
        reply = question.reply()
        name = str(question.q.qname).rstrip(".").lower()
        address = self._lookup(name)
        if address is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif question.q.qtype == QTYPE.A:
            reply.add_answer(RR(question.q.qname, QTYPE.A, rdata=A(address), ttl=TTL_SECONDS))
        self._transport.sendto(reply.pack(), addr)


def in_hosts(text: str, name: str) -> str | None:
    """The IPv4 address that a hosts(5) file gives a name."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and ":" not in words[0] and name in words[1:]:
            return words[0]
    return None
