"""Whose a volume or snapshot of the EBS CSI driver is: the stack's tag says it, and the cluster's plain name does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from canal_aws.preflight.destroy import deleting, storage
from canal_aws.preflight.destroy.run import look
from canal_aws.preflight.destroy.things import Snapshots, Thing, Volumes
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking
from canal_aws.progress import Silent
from canal_aws.stack.deployment import STACK_TAG

from .conftest import CLAIM, CLUSTER, OWN, Account
from .test_destroy import run

pytestmark = pytest.mark.component
OTHERS = {"Key": STACK_TAG, "Value": "acme/canal-aws/dev"}


def _found(account: Account, source: Any, fact: Any) -> dict[str, Thing]:
    with Asking(account.aws) as asking:
        return {each.id: each for each in look(asking, account.facts, (source,)).known[fact].things}


def _volumes(account: Account) -> dict[str, Thing]:
    return _found(account, storage.volumes, Volumes)


def test_a_volume_with_the_stacks_tag_is_the_drivers_and_goes(account: Account) -> None:
    made = {account.foreign_volume(), account.foreign_volume(OWN, *CLAIM)}
    found = _volumes(account)
    assert found.keys() == made
    assert all(each.deletable for each in found.values())
    _, asked = run(account, delete=True)
    assert asked == ["Delete these 2?"]
    assert account.ec2.describe_volumes()["Volumes"] == []


@pytest.mark.parametrize("tags", [(), (OTHERS,)])
def test_another_clusters_volume_of_the_same_name_stays(account: Account, tags: tuple[dict[str, str], ...]) -> None:
    made = account.foreign_volume(CLUSTER, *CLAIM, *tags)
    report, asked = run(account, delete=True)
    assert not asked
    ((check, finding),) = report.of(Outcome.WARNING)
    assert (check.name, made in finding.what) == ("left-volumes", True)
    assert f"another cluster's of this name, since it has no tag {STACK_TAG}={account.facts.name}" in finding.way_out
    assert "kubectl" not in finding.way_out


def test_what_the_state_holds_is_not_listed(account: Account) -> None:
    made = account.foreign_volume()
    account.facts = replace(account.facts, ids=account.facts.ids | {made})
    assert not _volumes(account)


def test_a_snapshot_is_listed_with_the_stacks_tag_and_without(account: Account) -> None:
    volume = account.foreign_volume()

    def taken(*tags: dict[str, str]) -> str:
        specified = [{"ResourceType": "snapshot", "Tags": [CLUSTER, *tags]}]
        return str(account.ec2.create_snapshot(VolumeId=volume, TagSpecifications=specified)["SnapshotId"])

    own, others = taken(OWN), taken()
    found = _found(account, storage.snapshots, Snapshots)
    assert found[own].kept_because == "a backup is yours to delete"
    assert "another cluster's of this name" in found[others].kept_because


def test_a_volume_that_went_meanwhile_is_not_called_the_stacks_own(account: Account) -> None:
    """The tags of what is gone can be told for a while."""
    made = account.foreign_volume()
    with Asking(account.aws) as asking:
        facts = look(asking, account.facts)
        account.ec2.delete_volume(VolumeId=made)
        told = account.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"]
        assert STACK_TAG in {each["Key"] for each in told}
        assert deleting.delete(asking, account.facts, facts, Silent()) == ()
