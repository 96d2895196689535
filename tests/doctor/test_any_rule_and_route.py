"""Whatever rule or route is taken away or added, doctor names that one and no other."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

import architectures
from canal_aws.doctor.checks.firewall import described, security_group_rules
from canal_aws.doctor.checks.routes import foreign_routes, pod_routes
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.vpc import SecurityGroups, SeenRoute, SeenRule, SeenRules, Tables
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Outcome
from tests.doctor import healthy

FACTS = {name: healthy.facts(name) for name in architectures.names()}
NATIVE = FACTS["native-routes"]
_ports = st.integers(0, 65535)


@st.composite
def foreign_rules(draw: st.DrawFn) -> SeenRule:
    first, last = sorted((draw(_ports), draw(_ports)))
    peer = str(IPv4Network((draw(st.integers(0, 2**32 - 1)), draw(st.integers(0, 32))), strict=False))
    group = draw(st.sampled_from(["control-plane", "worker", "api-internal", "api-public"]))
    key = (group, draw(st.booleans()), draw(st.sampled_from(["tcp", "udp"])), first, last, peer)
    return SeenRule(key, "sgr-foreign", f"sg-{group}")


@given(st.sampled_from(sorted(FACTS)), st.data(), foreign_rules())
def test_exactly_the_rules_that_differ_are_named(architecture: str, data: st.DataObject, foreign: SeenRule) -> None:
    facts = FACTS[architecture]
    wanted, seen = facts[Wanted], facts[SeenRules].items
    keys = {rule.key for rule in wanted.rules}
    gone = data.draw(st.sets(st.sampled_from(seen), max_size=4))
    left = tuple(rule for rule in seen if rule not in gone)
    added = () if foreign.key in keys else (foreign,)
    found = security_group_rules(wanted, facts[SecurityGroups], SeenRules((*left, *added)))
    failed = [each.what for each in found if each.outcome is Outcome.FAILS]
    assert len(failed) == len(gone) + len(added)
    for rule in (*gone, *added):
        assert any(what.endswith(described(rule.key)) for what in failed)


@given(st.data(), st.integers(0, 2**32 - 1), st.integers(1, 32))
def test_exactly_the_routes_that_differ_are_named(data: st.DataObject, address: int, prefix: int) -> None:
    wanted = NATIVE[Wanted]
    destination = str(IPv4Network((address, prefix), strict=False))
    gone = data.draw(st.sets(st.sampled_from(sorted(wanted.pod_cidrs.values()))))
    tables = []
    for table in NATIVE[Tables].items:
        routes = [route for route in table.routes if table.name != "nodes" or route.destination not in gone]
        if table.name == "nodes" and destination not in [route.destination for route in table.routes]:
            routes.append(SeenRoute(destination, "pcx-1"))
        tables.append(type(table)(table.name, table.id, tuple(routes), table.subnets))
    seen = Tables(tuple(tables))
    missing = [each.what for each in pod_routes(wanted, seen, NATIVE[Machines]) if each.outcome is Outcome.FAILS]
    assert {cidr for cidr in gone if any(cidr in what for what in missing)} == gone
    assert len(missing) == len(gone)
    added = [each.what for each in foreign_routes(wanted, seen)]
    assert [f"foreign route {destination} to pcx-1" in what for what in added] == [True] * len(added)
    planned = {route.destination for table in NATIVE[Tables].items for route in table.routes if table.name == "nodes"}
    assert len(added) == (destination not in planned)
