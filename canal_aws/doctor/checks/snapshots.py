"""Whether etcd's snapshots keep coming."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.day_two.plan import replacing_control_plane
from canal_aws.doctor import repairs
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.services import Snapshots
from canal_aws.doctor.wanted import BUCKET, Now, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: canal_aws/bootstrap/templates/snapshot.timer.j2: the first comes a quarter of an hour after a boot; an hour is ample.
_FIRST_WITHIN_HOURS = 1
#: One that is late by a period was missed.
_PERIODS = 2


@check("snapshot-age", group="etcd", source="canal_aws/bootstrap/templates/snapshot.timer.j2; etcdSnapshotHours")
def snapshot_age(wanted: Wanted, snapshots: Snapshots, machines: Machines, now: Now) -> Iterator[Finding]:
    """The newest snapshot of etcd is no older than twice etcdSnapshotHours."""
    hours = wanted.settings.etcd_snapshot_hours
    if not hours:
        yield ok("etcdSnapshotHours = 0: no snapshots are wanted")
        return
    if not wanted.ids.get(BUCKET):
        yield warning(f"etcdSnapshotHours = {hours}, and the stack has no bucket for snapshots yet", "`pulumi up`")
        return
    control_plane = [machines.by_name.get(node.name) for node in wanted.plan.of_role("control-plane")]
    standing = [machine for machine in control_plane if machine]
    look = repairs.session(standing[0].id if standing else "a control-plane instance", "canal-aws-snapshot.service")
    anew = replacing_control_plane(wanted.control_plane_nodes)
    way_out = f"{look}; nodes older than the setting take the timer when they are made anew: {anew}"
    if snapshots.items:
        age = now.hours_since(snapshots.items[0].made)
        said = f"newest snapshot of etcd: {snapshots.items[0].name}, {age:.1f} h old"
        yield fails(f"{said}, wanted every {hours} h", way_out) if age > _PERIODS * hours else ok(said)
        return
    oldest = max((now.hours_since(machine.since) for machine in standing), default=0.0)
    if oldest > _FIRST_WITHIN_HOURS:
        yield fails(f"no snapshot of etcd, and the control plane runs for {oldest:.1f} h", way_out)
    else:
        yield ok("no snapshot of etcd yet: the first comes a quarter of an hour after a boot")
