"""The VPC's network: one bridge, on it a cable to each machine, and the addresses that AWS keeps for itself.

All machines are on one link whatever their subnets: routing between subnets is the packet lab's subject, not the
machines'. Nothing is forwarded, so the only ways out are the forwarders that listen here.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

BRIDGE = "vpc"
METADATA = "169.254.169.254"
"""EC2 User Guide, "Use IMDS"."""
RESOLVER = "169.254.169.253"
"""VPC User Guide, "Amazon DNS server"."""
WAY_OUT = "169.254.169.249"
"""Where the embedded AWS answers. No address of AWS's: there the way out is a NAT gateway."""
MTU = 9001
HARDWARE_ADDRESS = "02:00:00:00:00:01"
"""Without one of its own a bridge takes the lowest of its cables', another when that machine ends: every neighbour would
send to the old one until its ARP entry is confirmed anew, five seconds and more."""
_LINK_LOCAL = "169.254.169.248/29"


class Network:
    """Cables and addresses, by the programs of iproute2. Used from threads that are in the VPC's namespace."""

    def __init__(self, cidr: IPv4Network) -> None:
        self.cidr = cidr

    def up(self) -> None:
        """Makes the bridge with AWS's own addresses on it."""
        _ip(
            "link set lo up",
            f"link add {BRIDGE} address {HARDWARE_ADDRESS} type bridge forward_delay 0",
            f"link set {BRIDGE} mtu {MTU} up",
            f"address add {METADATA}/32 dev {BRIDGE}",
            f"address add {RESOLVER}/32 dev {BRIDGE}",
            f"address add {WAY_OUT}/32 dev {BRIDGE}",
            f"route add {self.cidr} dev {BRIDGE}",
        )

    def add_address(self, address: IPv4Address) -> None:
        """Gives the VPC's own side one more address, a load balancer's."""
        _ip(f"address replace {address}/32 dev {BRIDGE}")

    def remove_address(self, address: IPv4Address) -> None:
        _ip(f"address delete {address}/32 dev {BRIDGE}")

    def connect(self, pid: int, address: str, name: str) -> None:
        """Lays a cable from the bridge to the network namespace of process `pid`, whose end is eth0 with `address`.

        `name` is the bridge's end: at most 15 characters (linux/if.h, IFNAMSIZ).
        """
        _ip(
            f"link add {name} mtu {MTU} type veth peer name eth0 mtu {MTU} netns {pid}",
            f"link set {name} master {BRIDGE} up",
        )
        _ip(
            "link set lo up",
            "link set eth0 up",
            f"address add {address}/{self.cidr.prefixlen} dev eth0",
            f"route add {_LINK_LOCAL} dev eth0",
            f"route add default via {self.cidr.network_address + 1}",
            inside=("nsenter", "--target", str(pid), "--net"),
        )

    def disconnect(self, name: str) -> None:
        """Takes a cable away, both ends. The kernel would, some time after the last process of the machine."""
        with contextlib.suppress(OSError):  # there is none
            _ip(f"link delete {name}")


def _ip(*commands: str, inside: Sequence[str] = ()) -> None:
    """Runs all in one process: `ip` takes a batch."""
    done = subprocess.run(
        [*inside, "ip", "-batch", "-"], input="\n".join(commands) + "\n", capture_output=True, text=True
    )
    if done.returncode != 0:
        raise OSError(f"ip {'; '.join(commands)}: {done.stderr.strip()}")
