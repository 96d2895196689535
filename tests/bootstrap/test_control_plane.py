"""A control-plane node's own scripts: who founds the cluster, who joins it, and what is left for the others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml

from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.material import (
    ADMIN_CONF,
    ADMIN_KEY,
    CERTIFICATE_KEY,
    ENCRYPTION,
    JOIN_TOKEN,
    TOKEN,
    certificate_authority,
    join_material,
)
from tests.bootstrap.node import CONTROL_PLANE_JOIN, ENCRYPTION_KEY, JOIN, KUBECONFIG, PLACEHOLDERS, Node
from tests.bootstrap.specs import spec

pytestmark = pytest.mark.component

INIT = {"init": "true"}
FOUNDED = {
    KUBECONFIG: "# written-by: i-0000000000000dead\nolder",
    JOIN: join_material(),
    CONTROL_PLANE_JOIN: CERTIFICATE_KEY,
    ENCRYPTION_KEY: ENCRYPTION,
}


def control_plane(make: MakeNode, tags: dict[str, str], parameters: dict[str, str], **changes: Any) -> tuple[Node, str]:
    """A control-plane node and the hash of its CA."""
    node = make("control-plane", tags, parameters, **changes)
    authority = certificate_authority()
    (node.machine.root / "etc/kubernetes/pki/ca.crt").write_text(authority.pem)
    node.machine.fixture("admin.conf", ADMIN_CONF)
    return node, authority.pin


def phases(node: Node) -> list[str]:
    """kubeadm's calls, without their configuration."""
    return [" ".join(call.split(" --")[0].split()[1:]) for call in node.machine.called("kubeadm")]


PUBLISHES = ["token create", "certs certificate-key", "init phase upload-certs"]
PREPARES = [f"join phase control-plane-prepare {name}" for name in ("download-certs", "certs", "kubeconfig")]


def test_the_first_node_founds_the_cluster_and_publishes_how_to_join_it(make_node: MakeNode) -> None:
    node, pin = control_plane(make_node, INIT, PLACEHOLDERS)
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert phases(node) == ["init", *PUBLISHES]
    assert json.loads(node.services.parameters[JOIN]) == {
        "token": TOKEN,
        "apiServerEndpoint": f"{spec('worker').api_endpoint}:6443",
        "caCertHashes": [pin],
    }
    assert node.services.parameters[CONTROL_PLANE_JOIN] == CERTIFICATE_KEY
    (upload,) = node.machine.captured("upload-certs.yaml")
    documents = list(yaml.safe_load_all(upload))
    assert documents[0]["kind"] == "InitConfiguration"
    assert documents[0]["certificateKey"] == CERTIFICATE_KEY
    timers = " ".join(f"canal-aws-{name}.timer" for name in ("publish", "gone", "snapshot"))
    assert node.machine.called("systemctl") == [f"systemctl enable -q --now {timers}"]
    made = node.services.parameters[ENCRYPTION_KEY]
    node.assert_nothing_leaked(done.stdout + done.stderr, TOKEN, CERTIFICATE_KEY, ADMIN_KEY, made)
    assert list((node.machine.root / "run/canal-aws").iterdir()) == []


def test_init_gets_a_configuration_without_any_placeholder(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.boot()
    (text,) = node.machine.captured("init.yaml")
    assert "@" not in text
    first = next(iter(yaml.safe_load_all(text)))
    assert first["nodeRegistration"]["name"] == "node-a"
    assert first["localAPIEndpoint"]["advertiseAddress"] == "10.0.16.10"
    assert "--skip-token-print" in node.machine.called("kubeadm init")[0]


def test_during_init_the_endpoint_is_the_node_itself_and_named_once(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.machine.fail("kubeadm-init", 1)
    assert node.boot().returncode != 0
    line = f"10.0.16.10 {spec('worker').api_endpoint}\n"
    assert (node.machine.root / "etc/hosts").read_text().count(line) == 1
    assert node.boot().returncode == 0
    assert (node.machine.root / "etc/hosts").read_text().count(line) == 1


@pytest.mark.parametrize("public", [spec("worker").public_api_endpoint, ""])
def test_the_kubeconfig_names_its_writer_and_the_endpoint_for_people(make_node: MakeNode, public: str) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS, public_api_endpoint=public)
    node.boot()
    text = node.services.parameters[KUBECONFIG]
    assert text.splitlines()[0] == "# written-by: i-0123456789abcdef0"
    wanted = yaml.safe_load(ADMIN_CONF)
    wanted["clusters"][0]["cluster"]["server"] = f"https://{public or spec('worker').api_endpoint}:6443"
    assert yaml.safe_load(text) == wanted


def test_the_kubeconfig_comes_last_since_the_program_goes_on_from_there(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.boot()
    written = [name for action, name in node.services.calls if action == "PutParameter"]
    assert written == [ENCRYPTION_KEY, JOIN, CONTROL_PLANE_JOIN, KUBECONFIG]


def test_a_replaced_first_node_joins_and_never_founds_a_second_cluster(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, FOUNDED)
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert phases(node) == [*PREPARES, "init phase upload-config kubeadm", "join", *PUBLISHES]
    document = yaml.safe_load(node.machine.captured("join-*.yaml")[0])
    assert document["controlPlane"] == {
        "certificateKey": CERTIFICATE_KEY,
        "localAPIEndpoint": {"advertiseAddress": "10.0.16.10"},
    }
    assert document["discovery"]["bootstrapToken"] == json.loads(join_material())
    assert node.services.parameters[KUBECONFIG].startswith("# written-by: i-0123456789abcdef0\n")
    assert spec("worker").api_endpoint in (node.machine.root / "etc/hosts").read_text()


def encryption(node: Node) -> dict[str, Any]:
    """What the API server is given to encrypt Secrets with; for root alone."""
    file = node.machine.root / "etc/canal-aws/api-server/encryption.yaml"
    assert file.stat().st_mode & 0o777 == 0o600
    (resource,) = yaml.safe_load(file.read_text())["resources"]
    assert resource["resources"] == ["secrets"]
    found: dict[str, Any] = resource["providers"][0]["secretbox"]["keys"][0]
    return found


def test_the_founder_makes_the_key_that_secrets_are_encrypted_with(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.boot()
    key = encryption(node)["secret"]
    assert len(base64.b64decode(key)) == 32
    assert node.services.parameters[ENCRYPTION_KEY].strip() == key


def test_a_founder_after_one_that_ended_between_key_and_init_takes_that_key(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, {**PLACEHOLDERS, ENCRYPTION_KEY: ENCRYPTION})
    assert node.boot().returncode == 0
    assert encryption(node)["secret"] == ENCRYPTION
    assert node.services.parameters[ENCRYPTION_KEY] == ENCRYPTION


def test_a_joining_node_takes_the_clusters_key_and_makes_none(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, {}, FOUNDED)
    done = node.boot()
    assert encryption(node)["secret"] == ENCRYPTION
    assert ("PutParameter", ENCRYPTION_KEY) not in node.services.calls
    node.assert_nothing_leaked(done.stdout + done.stderr, ENCRYPTION, CERTIFICATE_KEY, JOIN_TOKEN)


def test_a_first_node_after_one_that_ended_before_its_kubeconfig_joins_too(make_node: MakeNode) -> None:
    """Others may have joined with the material by then: a second cluster would be founded beside theirs."""
    node, _ = control_plane(make_node, INIT, {**FOUNDED, KUBECONFIG: "placeholder"})
    assert node.boot().returncode == 0
    assert "init" not in phases(node)
    assert "join" in phases(node)


def test_a_first_node_that_waits_for_a_lost_cluster_founds_another_once_the_parameters_are_set_back(
    make_node: MakeNode,
) -> None:
    node, _ = control_plane(make_node, INIT, {**FOUNDED, JOIN: "placeholder"})
    reads: list[str] = []

    def set_back(name: str) -> None:
        reads.append(name)
        if reads.count(JOIN) == 2:
            node.services.parameters[KUBECONFIG] = "placeholder"

    node.services.on_read = set_back
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert f"{JOIN} waits for the control plane" in done.stderr
    assert phases(node) == ["init", *PUBLISHES]


@pytest.mark.parametrize("stale", [("node-a", "10.0.16.99"), ("", "10.0.16.10")])
def test_a_member_of_the_nodes_own_name_or_address_is_removed_before_it_joins(
    make_node: MakeNode, stale: tuple[str, str]
) -> None:
    name, address = stale
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.cluster.members.append({"ID": "99", "name": name, "peerURLs": [f"https://{address}:2380"]})
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert node.cluster.removed == ["99"]
    assert "etcd still has a member of this node's name or address" in done.stderr


def test_no_node_joins_while_nobody_knows_etcds_members(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.machine.fixture("etcd-urls", "https://10.0.16.11:1")
    node.machine.route("10.0.16.11:1", 1)
    node.machine.endless_after(2)
    done = node.boot()
    assert done.returncode != 0
    assert "no etcd member answers at https://10.0.16.11:1" in done.stderr
    assert "join" not in phases(node)


@pytest.mark.parametrize(
    ("running", "uploads", "addons", "joins"),
    [
        ("1.36.3", True, False, True),
        ("1.36.2", True, True, True),
        ("1.36.10", False, False, True),
        ("1.35.9", False, False, False),
    ],
)
def test_a_newer_patch_release_comes_with_the_first_node_that_is_replaced(
    make_node: MakeNode, running: str, uploads: bool, addons: bool, joins: bool
) -> None:
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.machine.fixture("cluster-configuration", f"kubernetesVersion: v{running}\n")
    node.machine.fixture("kube-proxy", "---\nkind: KubeProxyConfiguration\nmode: nftables\n")
    node.machine.endless_after(2)
    done = node.boot()
    assert ("init phase upload-config kubeadm" in phases(node)) is uploads
    assert ("init phase addon all" in phases(node)) is addons
    assert ("join" in phases(node)) is joins
    if uploads:
        (text,) = node.machine.captured("upload-config.yaml")
        documents = {each["kind"]: each for each in yaml.safe_load_all(text)}
        assert documents["ClusterConfiguration"]["kubernetesVersion"] == "v1.36.3"
    if addons:
        # In this order a try that fails in between is repeated; and what somebody set of kube-proxy stays.
        assert phases(node).index("init phase addon all") < phases(node).index("init phase upload-config kubeadm")
        assert documents["KubeProxyConfiguration"]["mode"] == "nftables"
    if not joins:
        assert "replaced nodes bring patch releases only" in done.stderr


def test_a_parameter_that_cannot_be_read_does_not_look_like_a_new_cluster(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, FOUNDED)
    node.services.failures = [(400, "AccessDeniedException"), (500, "InternalServerError")]
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert f"{KUBECONFIG}: failed, again" in done.stderr
    assert "init" not in phases(node)


def test_a_further_node_waits_and_joins_but_leaves_the_kubeconfig_alone(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, {}, {**FOUNDED, CONTROL_PLANE_JOIN: "placeholder"})
    reads: list[str] = []

    def publish(name: str) -> None:
        reads.append(name)
        if reads.count(CONTROL_PLANE_JOIN) == 2:
            node.services.parameters[CONTROL_PLANE_JOIN] = CERTIFICATE_KEY

    node.services.on_read = publish
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert f"{CONTROL_PLANE_JOIN} waits for the control plane" in done.stderr
    assert "join" in phases(node)
    assert "init" not in phases(node)
    assert node.services.parameters[KUBECONFIG] == FOUNDED[KUBECONFIG]


def test_the_endpoint_is_the_load_balancer_until_the_node_has_joined(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.machine.fail("kubeadm-join", 1)
    seen: list[bool] = []
    node.services.on_read = lambda name: seen.append(
        spec("worker").api_endpoint in (node.machine.root / "etc/hosts").read_text()
    )
    assert node.boot().returncode == 0
    assert seen
    assert not any(seen)
    assert spec("worker").api_endpoint in (node.machine.root / "etc/hosts").read_text()


def test_a_node_that_stopped_between_init_and_publishing_only_publishes(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.machine.mark("member")
    (node.machine.root / "etc/kubernetes/admin.conf").write_text(ADMIN_CONF)
    assert node.boot().returncode == 0
    assert phases(node) == PUBLISHES
    assert node.services.parameters[KUBECONFIG].startswith("# written-by: i-0123456789abcdef0\n")


def test_publishing_is_repeated_until_the_api_answers(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    node.machine.fail("kubeadm-token", 2)
    done = node.boot()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("publishing join material: failed, again") == 2


def nodes(**ready: str) -> str:
    """`kubectl get nodes -o json` of control-plane nodes and their Ready conditions."""
    items = [
        {"metadata": {"name": name.replace("_", "-")}, "status": {"conditions": [{"type": "Ready", "status": status}]}}
        for name, status in ready.items()
    ]
    return json.dumps({"items": items})


@pytest.mark.parametrize(
    ("others", "publishes"),
    [
        (nodes(node_a="True", node_b="True"), True),
        (nodes(node_0="True", node_a="True"), False),
        (nodes(node_0="False", node_a="True"), True),
        (nodes(node_0="False", node_a="False"), False),
        (nodes(node_b="False", node_a="False"), True),
        (nodes(node_0="Unknown", node_a="False"), True),
        (nodes(node_0="Unknown", node_a="Unknown"), True),
        ('{"items": [{"metadata": {"name": "node-0"}, "status": {}}]}', True),
    ],
)
def test_one_of_several_nodes_renews_so_that_key_and_secret_belong_together(
    make_node: MakeNode, others: str, publishes: bool
) -> None:
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.machine.fixture("nodes.json", others)
    done = node.machine.run("publish.sh", url=node.services.url)
    assert done.returncode == 0, done.stderr
    assert (("PutParameter", JOIN) in node.services.calls) is publishes
    assert ("upload-certs.yaml" in str(list((node.machine.root / "captured").iterdir()))) is publishes
    assert ("node-0 renews the join material" in done.stderr) is not publishes


def test_now_any_node_renews(make_node: MakeNode) -> None:
    """After a restore, when the API still shows ended nodes as Ready."""
    node, _ = control_plane(make_node, {}, FOUNDED)
    node.machine.fixture("nodes.json", nodes(node_0="True", node_a="True"))
    done = node.machine.run("publish.sh", "now", url=node.services.url)
    assert done.returncode == 0, done.stderr
    assert ("PutParameter", JOIN) in node.services.calls


def test_a_kubeconfig_with_rsa_keys_is_refused_with_its_size(make_node: MakeNode) -> None:
    node, _ = control_plane(make_node, INIT, PLACEHOLDERS)
    (node.machine.root / "etc/kubernetes/admin.conf").write_text(ADMIN_CONF + "x" * 5_000)
    done = node.machine.run("publish.sh", "kubeconfig", url=node.services.url)
    assert done.returncode == 1
    assert "do not fit into 4096" in done.stderr
    assert node.services.parameters[KUBECONFIG] == "placeholder"
