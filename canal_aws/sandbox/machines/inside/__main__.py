"""`python -m canal_aws.sandbox.machines.inside CIDR FOLDER BIN AWS`: the VPC process, until its standard input ends."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from canal_aws.sandbox.machines.channel import Channel, Message
from canal_aws.sandbox.machines.first_boot import FirstBoot
from canal_aws.sandbox.machines.inside import netns
from canal_aws.sandbox.machines.inside.http_server import Request, Response, handler
from canal_aws.sandbox.machines.inside.load_balancers import LoadBalancers, load_balancer_of
from canal_aws.sandbox.machines.inside.loop import Loop
from canal_aws.sandbox.machines.inside.machine import Machine, Surroundings
from canal_aws.sandbox.machines.inside.metadata import Metadata
from canal_aws.sandbox.machines.inside.netns import NetworkNamespace
from canal_aws.sandbox.machines.inside.network import METADATA, RESOLVER, Network
from canal_aws.sandbox.machines.inside.publications import Publications
from canal_aws.sandbox.machines.inside.resolver import Resolver
from canal_aws.sandbox.machines.inside.tools import Tools
from canal_aws.sandbox.machines.inside.ways import Proxy, WayOut
from canal_aws.sandbox.machines.instance import instance_of

_RUN_SECONDS = 115.0  # less than the owner waits
_WORKERS = 16


class VpcProcess:
    """Serves the owner's requests; each `do_` method is one, called on a thread of its own."""

    def __init__(self, channel: Channel, cidr: IPv4Network, folder: Path, bin_dir: Path, aws_endpoint: str) -> None:
        self._channel = channel
        self._machines: dict[str, Machine] = {}
        self._user_data: dict[str, bytes] = {}
        self._made = 0
        self._lock = threading.Lock()
        host = NetworkNamespace()
        netns.leave_for_a_new_one()
        inside = NetworkNamespace()
        self._network = Network(cidr)
        self._network.up()
        self._loop = Loop()
        self._balancers = LoadBalancers(self._network, inside, host)
        tools = Tools(bin_dir, folder / ".toolchain")
        self._around = Surroundings(
            folder, tools.folder, self._network, self._loop, self._balancers.address_of, tools.version, self._tell
        )
        self.proxy = self._loop.run(self._serve(inside, host, aws_endpoint))

    def do_boot(self, instance: dict[str, Any], plan: dict[str, Any], user_data: str) -> None:
        given = instance_of(instance)
        with self._lock:
            self._made += 1
            machine = Machine(given, FirstBoot.from_json(plan), self._made, self._around)
            self._machines[given.id] = machine
            self._user_data[given.id] = base64.b64decode(user_data)
        machine.boot()

    def do_retag(self, machine: str, tags: dict[str, str]) -> None:
        self._machines[machine].retag(tags)

    def do_power_off(self, machine: str) -> None:
        self._machines[machine].power_off()

    def do_power_on(self, machine: str) -> None:
        self._machines[machine].power_on()

    def do_terminate(self, machine: str) -> None:
        with self._lock:
            gone = self._machines.pop(machine)
        gone.remove()

    def do_start_unit(self, machine: str, name: str) -> None:
        self._machines[machine].systemd.start(name)

    def do_run(self, machine: str, argv: list[str], input: str, environment: dict[str, str]) -> dict[str, Any]:
        status, out, err = self._machines[machine].body.run(argv, environment, base64.b64decode(input), _RUN_SECONDS)
        return {
            "status": status,
            "stdout": base64.b64encode(out).decode(),
            "stderr": base64.b64encode(err).decode(),
        }

    def do_balance(self, load_balancers: list[dict[str, Any]]) -> None:
        taken = [machine.instance.private_ip for machine in self._machines.values()]
        self._loop.run(self._balancers.replace([load_balancer_of(each) for each in load_balancers], taken))

    def do_processes(self) -> dict[str, int]:
        found = {"vpc/python": os.getpid()}
        for machine in list(self._machines.values()):
            found |= {f"{machine.instance.id}/{name}": pid for name, pid in machine.processes().items()}
        return found

    def answer(self, message: Message) -> None:
        """Calls what the request names and sends the result, or the error as its text."""
        try:
            result = getattr(self, f"do_{message['call']}")(**message["arguments"])
        except KeyError as error:
            self._channel.send({"id": message["id"], "error": f"no machine {error}"})
        except Exception as error:
            self._channel.send({"id": message["id"], "error": f"{message['call']}: {error}"})
        else:
            self._channel.send({"id": message["id"], "result": result})

    async def _serve(self, inside: NetworkNamespace, host: NetworkNamespace, aws_endpoint: str) -> str:
        metadata = Metadata(self._instance_at)

        async def answer(request: Request) -> Response:
            return metadata.answer(request)

        await asyncio.start_server(handler(answer), sock=inside.listener(METADATA, 80))
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: Resolver(self._resolve), local_addr=(RESOLVER, 53))
        await WayOut(aws_endpoint, inside, host, Publications(self._wake)).start()
        return await Proxy(self._network.cidr, self._resolve, inside, host).start()

    def _instance_at(self, address: str) -> Any:
        for machine in list(self._machines.values()):
            if machine.instance.private_ip == address:
                return machine.instance, self._user_data[machine.instance.id]
        return None

    def _resolve(self, name: str) -> str | None:
        for machine in list(self._machines.values()):
            if machine.instance.local_hostname == name:
                return machine.instance.private_ip
        return self._balancers.address_of(name)

    def _wake(self, address: str) -> None:
        for machine in list(self._machines.values()):
            if machine.instance.private_ip == address:
                machine.root.wake()

    def _tell(self, event: Message) -> None:
        self._channel.send(event)


def main() -> None:
    """Ends the process, and with it the PID namespace, when the owner's pipe does."""
    cidr, folder, bin_dir, aws_endpoint = sys.argv[1:]
    channel = Channel(sys.stdin.buffer, sys.stdout.buffer)
    process = VpcProcess(channel, IPv4Network(cidr), Path(folder), Path(bin_dir), aws_endpoint)
    channel.send({"proxy": process.proxy})
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="request") as workers:
        for message in channel.messages():
            workers.submit(process.answer, message)
        os._exit(0)  # nothing is waited for: every process ends with this one's namespace


if __name__ == "__main__":
    main()
