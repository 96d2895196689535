"""Whose network interfaces --delete waits for: only those of the load balancers that it deleted."""

from __future__ import annotations

import pytest
import requests

from canal_aws.preflight.destroy import deleting
from canal_aws.preflight.destroy.run import look
from canal_aws.preflight.live.asking import Asking
from canal_aws.progress import Silent

from .conftest import Account

pytestmark = pytest.mark.component


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for anything says so at once."""
    monkeypatch.setattr(deleting, "INTERFACES_SECONDS", 0.0)


def _interface_of(account: Account, balancer: str) -> str:
    return account.foreign_interface("ELB " + (balancer.partition(":loadbalancer/")[2] or balancer))


def _deleted(account: Account) -> tuple[str, ...]:
    with Asking(account.aws) as asking:
        return deleting.delete(asking, account.facts, look(asking, account.facts), Silent())


def test_a_load_balancer_that_stays_is_not_waited_for(account: Account) -> None:
    balancer, classic = account.foreign_balancer(), account.foreign_classic_balancer(account.group)
    for each in (balancer, classic):
        _interface_of(account, each)
    denied = {"actions": ["elasticloadbalancing:DeleteLoadBalancer"]}
    requests.post(f"{account.url}/_canal/deny", json=denied, timeout=10).raise_for_status()
    one, other = _deleted(account)
    assert balancer in one
    assert f"classic load balancer {classic}" in other
    assert all("AccessDenied" in each for each in (one, other))


def test_the_one_that_went_is_waited_for(account: Account) -> None:
    going, staying = account.foreign_balancer(), account.foreign_balancer(name="a2")
    lingers, kept = _interface_of(account, going), _interface_of(account, staying)
    protected = {"Key": "deletion_protection.enabled", "Value": "true"}
    account.aws.elb.modify_load_balancer_attributes(LoadBalancerArn=staying, Attributes=[protected])
    refused, waited = _deleted(account)
    assert staying in refused
    assert "OperationNotPermitted" in refused
    assert lingers in waited
    assert kept not in waited
