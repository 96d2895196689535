"""A worker's own script, from the first boot to a node, with kubeadm's configuration caught on its way."""

from __future__ import annotations

import pytest
import yaml

from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.material import join_material
from tests.bootstrap.node import CONTROL_PLANE_JOIN, JOIN, KUBECONFIG, PLACEHOLDERS
from tests.bootstrap.specs import PLANNED, spec

pytestmark = pytest.mark.component


def test_a_worker_joins_with_the_material_that_it_waits_for(make_node: MakeNode) -> None:
    node = make_node("worker", {}, PLACEHOLDERS)
    reads: list[str] = []

    def publish_at_the_third_read(name: str) -> None:
        reads.append(name)
        if len(reads) == 3:
            node.services.parameters[JOIN] = join_material()

    node.services.on_read = publish_at_the_third_read
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"{JOIN} waits for the control plane") == 2
    (configuration,) = node.machine.captured("join-*.yaml")
    document = yaml.safe_load(configuration)
    assert document["kind"] == "JoinConfiguration"
    assert document["discovery"]["bootstrapToken"] == yaml.safe_load(join_material())
    assert "controlPlane" not in document
    registration = document["nodeRegistration"]
    assert registration["name"] == "node-a"
    assert {a["name"]: a["value"] for a in registration["kubeletExtraArgs"]} == {
        "node-ip": "10.0.16.10",
        "node-labels": "node.kubernetes.io/instance-type=m7g.large,topology.kubernetes.io/region=us-east-1,"
        "topology.kubernetes.io/zone=us-east-1a",
        "provider-id": "aws:///us-east-1a/i-0123456789abcdef0",
    }
    assert node.machine.called("hostnamectl") == ["hostnamectl set-hostname node-a"]
    assert node.machine.has_mark("bootstrapped")
    node.assert_nothing_leaked(done.stdout + done.stderr, "abcdef.0123456789abcdef")


def test_a_worker_reads_no_parameter_but_the_join_material_and_writes_none(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material(), KUBECONFIG: "x", CONTROL_PLANE_JOIN: "x"})
    assert node.boot().returncode == 0
    assert set(node.services.calls) == {("GetParameter", JOIN)}


def test_a_token_that_ended_is_read_anew_after_undoing_the_failed_try(make_node: MakeNode) -> None:
    """A node that is added while a token ends, or a month later: it takes what the timer has published since."""
    node = make_node("worker", {}, {JOIN: join_material("aaaaaa.aaaaaaaaaaaaaaaa")})
    node.machine.fail("kubeadm-join", 1)
    reads: list[str] = []

    def renew(name: str) -> None:
        reads.append(name)
        if len(reads) == 2:
            node.services.parameters[JOIN] = join_material("bbbbbb.bbbbbbbbbbbbbbbb")

    node.services.on_read = renew
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert "joining the cluster: failed, again in 1 s" in done.stderr
    (configuration,) = node.machine.captured("join-*.yaml")
    assert yaml.safe_load(configuration)["discovery"]["bootstrapToken"]["token"] == "bbbbbb.bbbbbbbbbbbbbbbb"
    assert [call.split()[1] for call in node.machine.called("kubeadm")] == ["join", "reset", "join"]


def test_secrets_do_not_outlive_the_join(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    assert node.boot().returncode == 0
    assert list((node.machine.root / "run/canal-aws").iterdir()) == []


def test_a_member_does_not_join_again(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    node.machine.mark("member")
    assert node.boot().returncode == 0
    assert node.machine.called("kubeadm") == []
    assert node.machine.has_mark("bootstrapped")


def test_the_planned_pod_cidr_is_claimed_until_it_reads_back(make_node: MakeNode) -> None:
    node = make_node("worker", {"pod-cidr": "10.128.7.0/24"}, {JOIN: join_material()}, **PLANNED)
    node.machine.fixture("pod-cidr", "10.128.7.0/24")
    node.machine.fail("kubectl---kubeconfig", 2)
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("pod CIDR 10.128.7.0/24: failed, again") == 2
    claims = node.machine.called("kubectl")
    assert len(claims) == 3
    assert "--kubeconfig /etc/kubernetes/kubelet.conf" in claims[0]
    assert 'patch node node-a -p {"spec":{"podCIDR":"10.128.7.0/24"}}' in claims[0]


def test_a_node_without_its_planned_pod_cidr_says_what_is_missing(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()}, **PLANNED)
    done = node.boot()
    assert done.returncode == 1
    assert "the instance tag canal-aws:pod-cidr is missing" in done.stderr
    assert not node.machine.has_mark("bootstrapped")


def test_a_node_without_a_name_says_so_before_anything_else(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    del node.services.tags["node"]
    node.services.tags["name"] = "something"
    done = node.boot()
    assert done.returncode == 1
    assert "the instance tag canal-aws:node is missing" in done.stderr
    assert node.services.calls == []


def test_the_endpoint_of_a_worker_stays_the_load_balancer(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    node.boot()
    assert spec("worker").api_endpoint not in (node.machine.root / "etc/hosts").read_text()
