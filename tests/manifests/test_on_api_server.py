"""A real API server decides: strict validation, structural schemas, pruning, and the rules in CEL.

What it cannot decide: whether Calico and flannel then do what their configuration says.
"""

from __future__ import annotations

import pytest

from architectures import ARCHITECTURES, FLANNEL_VXLAN, Architecture
from canal_aws.manifests import ClusterNetwork, Manifest, build, identity
from tests.manifests.examples import REFUSED, WRITTEN_BY_PEOPLE, calico
from tests.manifests.server_side_apply import KubeApi, Refused, missing

pytestmark = pytest.mark.component

NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")


@pytest.fixture(scope="module")
def calico_api(canal_api: KubeApi) -> KubeApi:
    """An API server that serves Calico's kinds."""
    canal_api.apply_all(build(FLANNEL_VXLAN, NETWORK))
    return canal_api


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)
def test_every_object_is_accepted_and_kept_as_it_is(canal_api: KubeApi, architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    stored = canal_api.apply_all(objects)
    assert [identity(item) for item in stored] == [identity(item) for item in objects]
    for built, kept in zip(objects, stored, strict=True):
        assert missing(built, kept) == [], identity(built)
    again = canal_api.apply_all(objects)
    versions = [item["metadata"].get("generation") for item in stored]
    assert [item["metadata"].get("generation") for item in again] == versions, "applying twice changed something"


@pytest.mark.parametrize("item", WRITTEN_BY_PEOPLE, ids=lambda item: str(item["kind"]))
def test_what_people_write_is_kept_whole(calico_api: KubeApi, item: Manifest) -> None:
    assert missing(item, calico_api.apply(item)) == []
    calico_api.delete(item)


@pytest.mark.parametrize(("item", "reason"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_mistakes_are_refused_by_name(calico_api: KubeApi, item: Manifest, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        calico_api.apply(item)
    assert reason in str(refusal.value)


def test_a_pools_block_size_stays(calico_api: KubeApi) -> None:
    pool = calico("IPPool", "small", {"cidr": "10.9.0.0/24", "blockSize": 28})
    calico_api.apply(pool)
    pool["spec"]["blockSize"] = 26
    with pytest.raises(Refused, match="cannot change once pods have addresses"):
        calico_api.apply(pool)
    calico_api.delete(pool)


def test_calicos_own_data_is_never_pruned(calico_api: KubeApi) -> None:
    """As a Calico of another version would write it: fields that these schemas have never heard of, and nulls."""
    block = calico(
        "IPAMBlock",
        "10-128-0-0-26",
        {
            "cidr": "10.128.0.0/26",
            "affinity": "host:node-1",
            "strictAffinity": False,
            "allocations": [0, None, None, 1],
            "attributes": [{"handle_id": "k8s-pod-network.abc", "secondary": {"pod": "web-0"}}],
            "unallocated": [1, 2],
            "sequenceNumberForAllocation": {"0": 12},
            "ofAnotherVersion": {"nested": [{"deep": None}, 1]},
        },
    )
    calico_api.apply(block)
    assert calico_api.get(block)["spec"] == block["spec"]
    calico_api.delete(block)
