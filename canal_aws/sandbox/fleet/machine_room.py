"""Keeps a stack's machines equal to its instances: one VPC, one machine an instance."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from canal_aws.sandbox.fleet.aws import Aws, Balancer
from canal_aws.sandbox.fleet.balancing import load_balancers
from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.machines import LoadBalancer, Machine, MachineError, Vpc

GONE_UNIT = "canal-aws-gone.service"


class MachineRoom:
    """The VPC of one stack. Its machines' failures are told by `note`; MachineError and AWS's errors pass."""

    def __init__(self, vpc: Vpc, vpc_id: str, aws: Aws, log: logging.Logger, note: Callable[[str], None]) -> None:
        self.vpc = vpc
        self._vpc_id = vpc_id
        self._aws = aws
        self._log = log
        self._note = note
        self.machines: dict[str, Machine] = {}
        self._balanced: tuple[LoadBalancer, ...] = ()
        self._consoles: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        stack: str,
        first: Instance,
        aws: Aws,
        folder: Path,
        bin_dir: Path,
        log: logging.Logger,
        note: Callable[[str], None],
        changed: Callable[[], None],
    ) -> MachineRoom:
        """Start the VPC that holds `first`."""
        roots = folder / "machines"
        roots.mkdir(parents=True, exist_ok=True)
        cidr = aws.vpc_cidr(first.region, first.vpc)
        vpc = Vpc(stack, cidr, roots, bin_dir, aws.endpoint, changed=changed)
        vpc.start()
        log.info("VPC %s (%s) stands, proxy %s", first.vpc, cidr, vpc.proxy)
        return cls(vpc, first.vpc, aws, log, note)

    def reconcile(self, instances: Sequence[Instance], balancers: Sequence[Balancer]) -> None:
        """Boot, stop, start and end machines, and put the load balancers in front of them."""
        self._balance(instances, balancers)
        ended = False
        for instance in instances:
            machine = self.machines.get(instance.id)
            if machine is None:
                if instance.running:
                    self._boot(instance)
            elif machine.state == "terminated":
                continue
            elif instance.gone:
                machine.terminate()
                self._log.info("%s (%s) is gone", instance.node, instance.id)
                ended = True
            else:
                self._power(machine, instance)
                machine.retag(dict(instance.tags))
        if ended:
            self._notice_the_gone(instances)

    def put_consoles(self) -> None:
        """Let GetConsoleOutput answer what the machines wrote."""
        for key, machine in self.machines.items():
            if self._consoles.get(key) != (text := machine.console):
                self._aws.put_console(key, text)
                self._consoles[key] = text

    def control_plane(self, instances: Sequence[Instance]) -> list[Machine]:
        """The machines of control-plane instances that run."""
        of_control_plane = {instance.id for instance in instances if instance.control_plane and instance.running}
        return [
            machine
            for key, machine in self.machines.items()
            if key in of_control_plane and machine.state in ("booting", "running")
        ]

    def living(self, instances: Sequence[Instance]) -> dict[str, bool]:
        """Node name to whether its machine runs; of a replaced instance's name the new one decides."""
        found: dict[str, bool] = {}
        for instance in instances:
            machine = self.machines.get(instance.id)
            runs = instance.running and machine is not None and machine.state in ("booting", "running")
            found[instance.node] = runs or found.get(instance.node, False)
        return found

    def close(self) -> None:
        """End everything."""
        self.vpc.stop()

    def _boot(self, instance: Instance) -> None:
        if instance.vpc != self._vpc_id:
            self._note(f"{instance.node} ({instance.id}) is in {instance.vpc}, its stack in {self._vpc_id}: not booted")
            return
        role, credentials = self._aws.role_session(instance.region, instance.id)
        user_data = self._aws.user_data(instance.region, instance.id)
        machine = self.vpc.boot(instance.for_machine(role, credentials), user_data)
        self.machines[instance.id] = machine
        self._log.info("%s (%s) boots at %s", instance.node, instance.id, instance.private_ip)
        if machine.state == "refused":
            self._note(f"{instance.node} ({instance.id}): {machine.reason}")

    def _power(self, machine: Machine, instance: Instance) -> None:
        if instance.stopped and machine.state in ("booting", "running"):
            machine.power_off()
        elif instance.running and machine.state == "stopped":
            machine.power_on()

    def _balance(self, instances: Sequence[Instance], balancers: Sequence[Balancer]) -> None:
        wanted, notes = load_balancers(balancers, self._vpc_id, {instance.id: instance for instance in instances})
        for note in notes:
            self._note(note)
        if wanted != self._balanced:
            self.vpc.balance(wanted)
            self._balanced = wanted

    def _notice_the_gone(self, instances: Sequence[Instance]) -> None:
        """Let the control plane's timer elapse at once, which on AWS takes up to its minute."""
        for machine in self.control_plane(instances):
            try:
                machine.start_unit(GONE_UNIT)
            except MachineError as error:
                self._log.info("%s: %s", GONE_UNIT, error)
