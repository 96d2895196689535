"""What becomes of machines when their instances change."""

from __future__ import annotations

from dataclasses import replace

from canal_aws.sandbox.fleet.aws import Balancer
from canal_aws.sandbox.fleet.machine_room import GONE_UNIT
from canal_aws.sandbox.fleet.notes import unit_notes
from tests.sandbox.fleet.stand_ins import VPC, Room, instance

CONTROL_PLANE = instance("control-plane-0", role="control-plane", private_ip="10.0.1.10")
WORKER = instance("worker-a-0")


def test_an_instance_boots_once_and_only_when_it_runs() -> None:
    room = Room()
    room.room.reconcile([replace(WORKER, state="pending")], [])
    assert room.vpc.booted == []
    for _ in range(2):
        room.room.reconcile([WORKER], [])
    assert room.vpc.booted == [WORKER.id]
    told = room.machine(WORKER).instance
    assert (told.private_ip, told.role, told.tags["canal-aws:node"]) == ("10.0.1.20", "role", "worker-a-0")


def test_stopped_is_off_and_started_is_on_again() -> None:
    room = Room()
    room.room.reconcile([WORKER], [])
    room.room.reconcile([replace(WORKER, state="stopping")], [])
    assert room.machine(WORKER).state == "stopped"
    assert room.room.living([replace(WORKER, state="stopped")]) == {"worker-a-0": False}
    room.room.reconcile([WORKER], [])
    assert room.machine(WORKER).state == "running"
    assert room.vpc.booted == [WORKER.id]


def test_a_terminated_instance_ends_its_machine_and_the_control_plane_looks_for_the_gone() -> None:
    room = Room()
    room.room.reconcile([CONTROL_PLANE, WORKER], [])
    successor = replace(WORKER, id="i-successor")
    gone = replace(WORKER, state="shutting-down")
    for _ in range(2):
        room.room.reconcile([CONTROL_PLANE, gone, successor], [])
    assert room.machine(WORKER).state == "terminated"
    assert room.machine(CONTROL_PLANE).asked == [GONE_UNIT]
    assert room.vpc.booted[-1] == "i-successor"
    assert room.room.living([CONTROL_PLANE, gone, successor]) == {"control-plane-0": True, "worker-a-0": True}


def test_changed_tags_reach_the_metadata() -> None:
    room = Room()
    room.room.reconcile([WORKER], [])
    tagged = replace(WORKER, tags=(*WORKER.tags, ("canal-aws:pod-cidr", "10.129.0.0/24")))
    room.room.reconcile([tagged], [])
    assert room.machine(WORKER).instance.tags["canal-aws:pod-cidr"] == "10.129.0.0/24"


def test_refused_user_data_and_a_foreign_vpc_are_noted() -> None:
    room = Room()
    room.vpc.refuse = "cloud-init: line 3: not YAML"
    room.room.reconcile([WORKER], [])
    assert room.notes == ["worker-a-0 (i-worker-a-0): cloud-init: line 3: not YAML"]
    room.room.reconcile([WORKER, instance("worker-b-0", vpc="vpc-2")], [])
    assert "vpc-2" in room.notes[-1]
    assert room.vpc.booted == [WORKER.id]


def test_a_failed_unit_is_told_and_the_bootstrap_with_the_last_line_of_the_console() -> None:
    room = Room()
    room.room.reconcile([WORKER], [])
    machine = room.room.machines[WORKER.id]
    machine.units = {"canal-aws-bootstrap.service": "failed", "kubelet.service": "active", GONE_UNIT: "failed"}
    room.machine(WORKER).console = "canal-aws: kubeadm refuses: unknown field\n\n"
    bootstrap, gone = unit_notes(WORKER, machine)
    assert gone.endswith(f"(i-worker-a-0): {GONE_UNIT} failed")
    assert bootstrap.endswith("canal-aws-bootstrap.service failed: canal-aws: kubeadm refuses: unknown field")


def test_consoles_are_handed_on_when_they_grow() -> None:
    room = Room()
    room.room.reconcile([WORKER], [])
    room.room.put_consoles()
    room.machine(WORKER).console = "booting\n"
    room.room.put_consoles()
    assert room.aws.consoles == {WORKER.id: "booting\n"}


def test_load_balancers_lead_to_running_targets_of_their_own_vpc() -> None:
    room = Room()
    balancers = [
        Balancer("api.elb.amazonaws.com", VPC, True, ((6443, ((CONTROL_PLANE.id, 6443), ("i-unknown", 6443))),)),
        Balancer("127.9.9.9", VPC, False, ((6443, ((CONTROL_PLANE.id, 6443),)),), ((6443, "/readyz"),)),
        Balancer("127.8.8.8", "vpc-2", False, ((6443, ()),)),
    ]
    room.room.reconcile([CONTROL_PLANE], balancers)
    room.room.reconcile([CONTROL_PLANE], balancers)
    (internal, public), *more = room.vpc.balanced
    assert more == []
    assert (internal.name, internal.host_address) == ("api.elb.amazonaws.com", "")
    assert (public.host_address, public.ports) == ("127.9.9.9", {6443: ("10.0.1.10",)})
    assert (internal.checks, public.checks) == ({}, {6443: "/readyz"})
    room.room.reconcile([replace(CONTROL_PLANE, state="stopping")], balancers)
    assert room.vpc.balanced[-1][1].ports == {6443: ()}
    room.room.reconcile([CONTROL_PLANE], [])
    assert room.vpc.balanced[-1] == ()


def test_a_target_on_another_port_is_said_not_to_be_modelled() -> None:
    room = Room()
    room.room.reconcile([CONTROL_PLANE], [Balancer("api", VPC, True, ((443, ((CONTROL_PLANE.id, 6443),)),))])
    assert "443" in room.notes[0]
    assert "6443" in room.notes[0]
