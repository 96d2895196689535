"""One control plane and its workers from the user data that the program renders: the real kubeadm, kubelet and API."""

from __future__ import annotations

import json
import socket
import ssl
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from http.client import HTTPSConnection

import psutil
import pytest
import yaml

from canal_aws.sandbox.machines import Machine
from tests.sandbox.machines.aws import PLACEHOLDER, Aws
from tests.sandbox.machines.cluster import SPEC, Cluster, kubectl, objects
from tests.sandbox.machines.waiting import until

pytestmark = pytest.mark.component
_SECONDS = 60.0


@pytest.fixture
def aws(cluster: Cluster) -> Aws:
    return cluster.aws


@pytest.fixture(scope="module")
def worker(cluster: Cluster, founder: Machine) -> Machine:
    machine = cluster.boot(
        "worker", "w", "10.0.64.10", "w-1", node_labels=(("tier", "web"),), node_taints=("a=b:NoSchedule",)
    )
    cluster.wait(machine)
    until(lambda: "registered the Node w-1" in machine.console, _SECONDS, lambda: machine.console)
    return machine


def test_the_static_pods_run_with_exactly_the_flags_of_kubeadms_manifests(founder: Machine) -> None:
    running = founder.run("bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'").stdout.decode().splitlines()
    for component in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        text = founder.run("cat", f"/etc/kubernetes/manifests/{component}.yaml").stdout.decode()
        command = yaml.safe_load(text)["spec"]["containers"][0]["command"]
        at = running.index(component)
        assert running[at : at + len(command)] == command
        assert founder.units[f"pod/{component}"] == "active"


def test_a_container_sees_what_its_manifest_mounts_and_nothing_else(founder: Machine) -> None:
    script = "for p in /proc/[0-9]*; do [ $(cat $p/comm) != kube-apiserver ] || ls $p/root $p/root/etc $p/root/etc/kubernetes $p/root/etc/canal-aws; done"
    seen = founder.run("bash", "-c", script).stdout.decode().split()
    assert "pki" in seen
    assert not {"opt", "home", "admin.conf", "cluster.env", "manifests"} & set(seen)


def test_the_api_shows_the_static_pods_as_mirror_pods(founder: Machine) -> None:
    until(lambda: len(objects(founder, "pods", "-n", "kube-system", "-l", "tier=control-plane")) == 4, _SECONDS)
    (etcd,) = objects(founder, "pods", "-n", "kube-system", "-l", "component=etcd")
    annotations = etcd["metadata"]["annotations"]
    assert annotations["kubeadm.kubernetes.io/etcd.advertise-client-urls"] == "https://10.0.16.10:2379"
    assert etcd["metadata"]["name"] == "etcd-cp-1"
    assert etcd["metadata"]["ownerReferences"][0]["kind"] == "Node"


def test_the_kubeconfig_works_on_the_host_as_it_was_published(founder: Machine, cluster: Cluster, aws: Aws) -> None:
    text = until(lambda: aws.parameters.get(SPEC.kubeconfig_parameter, ""), _SECONDS)
    assert text.startswith("# written-by: i-cp-1\n")
    config = yaml.safe_load(text)
    described, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert described["server"] == f"https://{SPEC.public_api_endpoint}:6443"
    context = ssl.create_default_context(cadata=b64decode(described["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as pem:
        pem.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        pem.flush()
        context.load_cert_chain(pem.name)
    connection = HTTPSConnection(SPEC.public_api_endpoint, 6443, context=context)
    raw = socket.create_connection((cluster.public_address, 6443), 10)
    connection.sock = context.wrap_socket(raw, server_hostname=SPEC.public_api_endpoint)
    connection.request("GET", "/api/v1/nodes/cp-1")
    assert json.load(connection.getresponse())["spec"]["taints"][0]["key"].startswith("node")
    connection.close()


def test_a_worker_joins_with_the_real_kubelets_certificate(worker: Machine, founder: Machine) -> None:
    (node,) = objects(founder, "nodes", "-l", "tier=web")
    assert node["spec"]["providerID"] == "aws:///us-east-1a/i-w"
    assert {"key": "a", "value": "b", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert node["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"
    assert node["status"]["addresses"][0] == {"type": "InternalIP", "address": "10.0.64.10"}
    subject = worker.run(
        "openssl", "x509", "-noout", "-subject", "-in", "/var/lib/kubelet/pki/kubelet-client-current.pem"
    )
    assert "CN = system:node:w-1" in subject.stdout.decode()
    assert "bootstrap-kubelet.conf" not in worker.run("ls", "/etc/kubernetes").stdout.decode()
    (request,) = objects(founder, "csr")
    assert request["spec"]["username"].startswith("system:bootstrap:")


def test_a_kubelets_credentials_are_a_nodes(worker: Machine, founder: Machine) -> None:
    said = kubectl(worker, "label", "node", "cp-1", "mine=yes", config="/etc/kubernetes/kubelet.conf")
    assert "only its own Node object" in said


def test_a_static_pod_that_dies_is_started_again(founder: Machine) -> None:
    scheduler = "pid=$(pgrep -x kube-scheduler | head -1); [ $pid ] && {} $pid"
    assert founder.run("bash", "-c", scheduler.format("kill -9")).returncode == 0
    until(lambda: "kube-scheduler ended with status -9" in founder.console, _SECONDS, lambda: founder.console)
    until(lambda: founder.run("bash", "-c", scheduler.format("kill -0")).returncode == 0, _SECONDS)


def test_the_publication_is_renewed_by_its_unit(founder: Machine, aws: Aws) -> None:
    before = aws.parameters[SPEC.join_parameter]
    founder.start_unit("canal-aws-publish.service")
    until(lambda: aws.parameters[SPEC.join_parameter] != before, _SECONDS, lambda: founder.console)


@pytest.fixture
def material(aws: Aws, founder: Machine) -> Iterator[dict[str, object]]:
    """The join material; what a test puts in its place is undone."""
    text = aws.parameters[SPEC.join_parameter]
    yield json.loads(text)
    aws.parameters[SPEC.join_parameter] = text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"token": "abcdef.0123456789abcdef"}, "has ended or is not this cluster's"),
        ({"caCertHashes": ["sha256:" + "0" * 64]}, "not trusted"),
        (None, "waits for the control plane"),
    ],
)
def test_a_worker_that_may_not_join_says_why_and_joins_when_it_may(
    change: dict[str, object] | None, said: str, cluster: Cluster, material: dict[str, object], aws: Aws
) -> None:
    value = PLACEHOLDER if change is None else json.dumps({**material, **change})
    aws.parameters[SPEC.join_parameter] = value
    machine = cluster.boot("worker", "late", "10.0.64.20", "w-late")
    until(lambda: said in machine.console, _SECONDS, lambda: machine.console)
    assert machine.units["canal-aws-bootstrap.service"] == "activating"
    cluster.terminate(machine)


def test_a_control_plane_that_was_switched_off_comes_back(founder: Machine) -> None:
    founder.power_off()
    founder.power_on()
    until(lambda: founder.state == "running", _SECONDS, lambda: founder.console)
    ready = ("get", "--raw", "/readyz")
    until(lambda: kubectl(founder, *ready) == "ok", _SECONDS, lambda: founder.console + kubectl(founder, *ready))


def test_the_memory_of_a_cluster(cluster: Cluster, founder: Machine, worker: Machine) -> None:
    # The sum of what belongs to each process alone; a machine without a control plane takes nothing of its own.
    resident = {name: psutil.Process(pid).memory_info().rss >> 20 for name, pid in cluster.vpc.pids.items()}
    assert sum(resident.values()) < 1500, resident
    assert sum(size for name, size in resident.items() if name.startswith("i-w/")) < 10
