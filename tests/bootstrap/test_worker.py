"""A worker's own script, from the first boot to a node, with kubeadm's configuration caught on its way."""

from __future__ import annotations

import pytest
import yaml

from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.material import JOIN_TOKEN, certificate_authority, cluster_ca, join_material
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


def test_a_token_that_ended_is_read_anew_in_seconds_and_named(make_node: MakeNode) -> None:
    """A node that is added while a token ends, or a month later: it takes what the timer has published since."""
    node = make_node("worker", {}, {JOIN: join_material("aaaaaa.aaaaaaaaaaaaaaaa")})

    def renew(name: str) -> None:
        if node.cluster.asked == 2:
            node.services.parameters[JOIN] = join_material()

    node.services.on_read = renew
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"the token in {JOIN} has ended") == 2
    (configuration,) = node.machine.captured("join-*.yaml")
    assert yaml.safe_load(configuration)["discovery"]["bootstrapToken"]["token"] == JOIN_TOKEN
    assert [call.split()[1] for call in node.machine.called("kubeadm")] == ["join"]
    node.assert_nothing_leaked(done.stdout + done.stderr, "aaaaaaaaaaaaaaaa", JOIN_TOKEN)


def test_a_join_that_failed_is_undone_before_the_next(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    node.machine.fail("kubeadm-join", 1)
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert "joining the cluster: failed, again in 1 s" in done.stderr
    assert [call.split()[1] for call in node.machine.called("kubeadm")] == ["join", "reset", "join"]


def test_a_cluster_whose_ca_is_not_the_pinned_one_never_sees_the_token(make_node: MakeNode) -> None:
    """Whoever answers at the endpoint's address: the CA that it shows is compared with the pin before it is believed."""
    node = make_node("worker", {}, {JOIN: join_material(pin=f"sha256:{'0' * 64}")})
    node.machine.endless_after(3)
    done = node.boot()
    assert done.returncode != 0
    assert f"not the one that {JOIN} pins: not trusted" in done.stderr
    assert cluster_ca().pin in done.stderr
    assert node.cluster.authorizations == []
    assert node.machine.called("kubeadm") == []


def test_a_server_that_shows_the_pinned_ca_without_its_key_never_sees_the_token(make_node: MakeNode) -> None:
    pinned = certificate_authority()
    node = make_node("worker", {}, {JOIN: join_material(pin=pinned.pin)})
    node.cluster.ca_data = pinned.pem
    node.machine.endless_after(3)
    done = node.boot()
    assert done.returncode != 0
    assert "curl: (" in done.stderr
    assert node.cluster.authorizations == []
    assert node.machine.called("kubeadm") == []


def test_a_token_that_the_api_server_refuses_is_named_and_kubeadm_not_started(make_node: MakeNode) -> None:
    """Its id is known and its secret another's: what is left of a token when the parameter was written by hand."""
    node = make_node("worker", {}, {JOIN: join_material("abcdef.ffffffffffffffff")})
    node.machine.endless_after(3)
    done = node.boot()
    assert done.returncode != 0
    assert f"the API server answers 401 to the token in {JOIN}" in done.stderr
    assert node.machine.called("kubeadm") == []


def test_an_api_that_does_not_answer_is_said_and_waited_for(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    node.machine.fixture("routes", f"{spec('worker').api_endpoint}:6443:127.0.0.1:1\n")
    node.machine.endless_after(3)
    done = node.boot()
    assert done.returncode != 0
    assert f"no API server answers at {spec('worker').api_endpoint}" in done.stderr
    assert done.stderr.count("joining the cluster: failed, again") >= 3


def test_a_replacement_waits_until_the_node_of_its_predecessor_is_gone(make_node: MakeNode) -> None:
    """A Node's provider-id never changes: with the old object the new kubelet would be deleted as the old instance."""
    node = make_node("worker", {}, {JOIN: join_material()})
    node.cluster.nodes["node-a"] = "aws:///us-east-1a/i-00000000000000dead"

    def gone() -> None:
        if node.cluster.asked == 3:
            node.cluster.nodes.clear()

    node.cluster.on_ask = gone
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("the Node node-a is still that of i-00000000000000dead") == 2
    assert len(node.machine.called("kubeadm")) == 1


def test_the_node_of_an_earlier_try_of_the_same_instance_is_no_obstacle(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {JOIN: join_material()})
    node.cluster.nodes["node-a"] = "aws:///us-east-1a/i-0123456789abcdef0"
    assert node.boot().returncode == 0


def test_a_parameter_that_never_appears_is_named_with_the_reason_of_aws(make_node: MakeNode) -> None:
    node = make_node("worker", {}, {})
    node.machine.endless_after(3)
    done = node.boot()
    assert done.returncode != 0
    assert "ssm GetParameter: HTTP 400 ParameterNotFound" in done.stderr


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
