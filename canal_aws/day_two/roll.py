"""Replacing nodes one at a time: drained, made anew by Pulumi, and the next one only when the new one is Ready."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from canal_aws.day_two import machines, versions
from canal_aws.day_two import plan as planning
from canal_aws.day_two.errors import Refused, TimedOut, Unfinished
from canal_aws.day_two.live_stack import LiveStack
from canal_aws.day_two.nodes import Nodes
from canal_aws.day_two.plan import CONTROL_PLANE, NodeNow, Plan, Step
from canal_aws.day_two.pods import Allowed
from canal_aws.day_two.waiting import until
from canal_aws.progress import Progress
from canal_aws.stack.errors import ApiError, StackError
from canal_aws.stack.pulumi_cli import Pulumi

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """How long each wait may take, in seconds. `node` is the time from the new instance's start to a Ready Node."""

    drain: float = 600.0
    node: float = 900.0


@dataclass
class Roll:
    """One run. Whoever runs it again goes on where an earlier one ended: every step is decided from what is there."""

    pulumi: Pulumi
    only: Sequence[str] = ()
    allowed: Allowed = field(default_factory=Allowed)
    patience: Patience = field(default_factory=Patience)
    #: Whether those that `only` names are replaced though they are not outdated.
    replace: bool = False

    def __post_init__(self) -> None:
        state = self.pulumi.export(show_secrets=True)
        if state.has_pending():
            raise Refused(
                "an earlier Pulumi command was killed while it worked on this stack: run `canal-aws recover`, then roll again"
            )
        self.stack = LiveStack(state)
        self.nodes = Nodes(self.stack.kubernetes)

    def plan(self) -> Plan:
        """What is to be done. Raises Refused, ApiError; changes nothing."""
        instances = self.stack.instances
        planning.select(instances, self.only, self.replace)
        leads = self._control_plane_leads()
        outdated = self._ask_aws(lambda: machines.outdated(instances, self.stack.aws.ec2))
        return planning.make(instances, self.nodes.all(), outdated, self.only, leads, self.replace)

    def check(self, plan: Plan) -> None:
        """Refused where the program and the stack differ, or pods are in the way: before the first node is touched."""
        # A half-replaced instance is itself such a difference.
        if not any(step.instance.half_replaced for step in plan.steps) and not self.pulumi.changes_nothing():
            raise Refused(
                "the program differs from the stack: run `pulumi up` first, which brings new launch templates and touches "
                "no node, then roll again (`pulumi preview` shows the difference)"
            )
        self.nodes.refuse_obstacles([step.instance.name for step in plan.steps if step.why], self.allowed)

    def perform(self, plan: Plan, progress: Progress) -> None:
        """All steps in their order. Unfinished names the node at which it stopped and the way on."""
        for index, step in enumerate(plan.steps):
            name = step.instance.name
            with progress.step(f"{name} ({index + 1} of {len(plan.steps)}): {step.summary}"):
                try:
                    self._perform(step, progress)
                except (TimedOut, ApiError, StackError) as error:
                    raise Unfinished(
                        f"{name}: {error}\n{index} of {len(plan.steps)} nodes are done. "
                        f"{self._aftermath(name)}{self._way_on(plan.steps[index:])}"
                    ) from None

    def _perform(self, step: Step, progress: Progress) -> None:
        instance = step.instance
        if instance.role == CONTROL_PLANE:
            with progress.step(f"{instance.name}: waiting for the other control-plane nodes"):
                # One that has ended takes no member away: after a restore most are missing, and none could wait for another.
                needed = [] if self._gone(instance.id) else self._others(instance.name)
                self.nodes.wait_for_control_plane(needed, self.patience.node)
        if step.why:
            self._empty(instance.name, instance.id, progress)
        if step.why or instance.half_replaced:
            with progress.step(f"{instance.name}: replacing the instance {instance.id}"):
                self.pulumi.replace(instance.urn, instance.half_replaced, self._farewell(instance.name, instance.id))
            self.stack = LiveStack(self.pulumi.export(show_secrets=True))
            self.nodes = Nodes(self.stack.kubernetes)
        new = next(each.id for each in self.stack.instances if each.urn == instance.urn)
        with progress.step(f"{instance.name}: waiting for {new} to be a Ready node"):
            self.nodes.wait_for_ready(instance.name, new, self.patience.node)
            if instance.role == CONTROL_PLANE:
                self.nodes.wait_for_control_plane([instance.name], self.patience.node)
                self._wait_for_targets(new)
            self.nodes.wait_for_api(self.patience.node)

    def _empty(self, name: str, instance_id: str, progress: Progress) -> None:
        """Cordon and drain; a node that took pods before does so again where that fails."""
        node = self.nodes.all().get(name)
        if node is None or not node.belongs_to(instance_id) or self._gone(instance_id):
            return
        drained = False
        self.nodes.cordon(name, True)
        try:
            with progress.step(f"{name}: evicting its pods"):
                # Nothing on a node that is not Ready confirms that a pod has ended.
                self.nodes.drain(name, self.allowed, self.patience.drain, until_gone=node.ready)
            drained = True
        finally:
            if not drained and node.schedulable:
                with contextlib.suppress(ApiError):
                    self.nodes.cordon(name, False)

    def _farewell(self, name: str, instance_id: str) -> Callable[[], None]:
        """What deletes the old Node once its instance ends, so that the new kubelet makes one of its own.

        A kubelet that finds a Node of its name takes it over, with the provider ID, the pod CIDR and the cordon of the old
        machine (kubernetes, pkg/kubelet/kubelet_node_status.go, tryRegisterWithAPIServer).
        """
        over = False

        def look() -> None:
            nonlocal over
            # While a control-plane node goes, an answer may fail; the wait for the new node does what is missed here.
            with contextlib.suppress(ApiError, StackError):
                if not over and self._gone(instance_id):
                    self.nodes.forget(name, lambda node: node.belongs_to(instance_id))
                    over = True

        return look

    def _gone(self, instance_id: str) -> bool:
        found = self._ask_aws(lambda: machines.launched(self.stack.aws.ec2, [instance_id])).get(instance_id)
        return found is None or found.gone

    def _others(self, name: str) -> list[str]:
        return [each.name for each in self.stack.instances if each.role == CONTROL_PLANE and each.name != name]

    def _wait_for_targets(self, instance_id: str) -> None:
        """Until the load balancers send it connections: before that, taking the next node leaves clients too few."""
        groups = self.stack.target_groups(instance_id)

        def unhealthy() -> str:
            states = self._ask_aws(
                lambda: [machines.target_state(self.stack.aws.elb, arn, instance_id) for arn in groups]
            )
            return next((f"its load balancer's target is {state}" for state in states if state != "healthy"), "")

        until(unhealthy, self.patience.node, self.nodes.every)

    def _control_plane_leads(self) -> bool:
        """Whether Kubernetes' release changes: then no kubelet is to be ahead of the API servers."""
        wanted = versions.Version.of(self.stack.output("kubernetesVersion") or "")
        running = versions.Version.of(str(self.stack.kubernetes.get("/version")["gitVersion"]))
        if wanted is None or running is None:
            return False
        versions.refuse_another_minor(wanted, running)
        return versions.changes(wanted, self.nodes.kubelet_versions())

    def _aftermath(self, name: str) -> str:
        try:
            cordoned = not (self.nodes.all().get(name) or NodeNow("", True)).schedulable
        except ApiError:
            return ""
        return f"{name} is still cordoned: `kubectl uncordon {name}` lets it take pods again. " if cordoned else ""

    def _way_on(self, left: Sequence[Step]) -> str:
        """What continues. No later roll knows by itself of a node that was asked for and is still the old one."""
        try:
            state = LiveStack(self.pulumi.export(show_secrets=True))
            ids = {each.id for each in state.instances if not each.half_replaced}
        except (StackError, Refused):
            ids = {step.instance.id for step in left}
        asked = [step.instance.name for step in left if planning.ASKED in step.why and step.instance.id in ids]
        first = left[0].instance.name in asked
        again = planning.replacing(*asked) if first else "canal-aws roll"
        said = f"Run `{again}` again when that is mended: it goes on from here"
        if asked and not first:
            said += f"; then `{planning.replacing(*asked)}`"
        if left[0].finishes and not left[0].instance.half_replaced:
            said += f"; `{planning.replacing(left[0].instance.name)}` replaces the node instead"
        return said

    @staticmethod
    def _ask_aws(call: Callable[[], Answer]) -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            raise StackError(f"asking AWS: {error} (which rights a roll needs: docs/day-two.md)") from None
