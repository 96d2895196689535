"""What an operator does on a control-plane node, on one that booted from its user data with the real components.

Snapshot, restore and the renewal of certificates, against strict stand-ins of S3 and SSM. How three nodes replace one
of them is in tests/sandbox/machines.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
import yaml

from canal_aws.bootstrap import user_data
from canal_aws.sandbox import toolchain
from canal_aws.sandbox.machines import (
    Credentials,
    Instance,
    LoadBalancer,
    Machine,
    NamespacesForbidden,
    ProgramMissing,
    Vpc,
    namespaces,
)
from canal_aws.sandbox.machines.inside.tools import PROGRAMS
from tests.bootstrap.instance_services import ACCESS_KEY, OWN_ID, ROLE, SECRET_KEY, SESSION_TOKEN, InstanceServices
from tests.bootstrap.node import JOIN, KUBECONFIG, PLACEHOLDERS
from tests.bootstrap.specs import spec
from tests.sandbox.machines.waiting import until

pytestmark = pytest.mark.component

ADDRESS = "10.0.16.10"
TAGS = {"canal-aws:node": "cp-1", "canal-aws:init": "true"}
_FOUNDER = "i-0fedcba9876543210"
# On an idle machine the control plane needs eight seconds.
BOOT_SECONDS = 150.0


@pytest.fixture(scope="module")
def services() -> Iterator[InstanceServices]:
    made = InstanceServices({}, PLACEHOLDERS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def vpc(services: InstanceServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vpc]:
    """With the load balancer of a cluster whose only control-plane node has ADDRESS."""
    try:
        namespaces.require()
    except (NamespacesForbidden, ProgramMissing) as error:
        pytest.skip(str(error))
    programs = toolchain.ensure([*PROGRAMS, "etcdutl"]).bin_dir
    folder = tmp_path_factory.mktemp("vpc")
    with Vpc("drill", IPv4Network("10.0.0.0/16"), folder, programs, services.url) as made:
        made.balance([LoadBalancer(spec("worker").api_endpoint, {6443: (ADDRESS,)}, checks={6443: "/readyz"})])
        yield made


@pytest.fixture(scope="module")
def machine(vpc: Vpc) -> Machine:
    """The only control-plane node of a cluster."""
    return boot(vpc, "control-plane", OWN_ID, ADDRESS, TAGS)


def boot(vpc: Vpc, role: str, key: str, address: str, tags: dict[str, str]) -> Machine:
    """An instance of the role, once it is a node."""
    credentials = Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN)
    described = Instance(key, address, "m7g.large", "us-east-1a", "us-east-1", tags, ROLE, credentials)
    booted = vpc.boot(described, user_data(spec(role)))
    until(lambda: booted.units.get("canal-aws-bootstrap.service") == "inactive", BOOT_SECONDS, lambda: booted.console)
    return booted


def run(machine: Machine, command: str) -> subprocess.CompletedProcess[str]:
    """A command as an operator's session would run it."""
    done = machine.run("bash", "-c", f"export KUBECONFIG=/etc/kubernetes/admin.conf; {command}")
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


_ENDED = (
    """echo '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp-0", "labels": """
    """{"node-role.kubernetes.io/control-plane": ""}}}' | kubectl create -f - && kubectl patch node cp-0 """
    """--subresource=status -p '{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}'"""
)


def is_signed(machine: Machine, services: InstanceServices) -> bool:
    """Whether the cluster knows the published token, which a node looks for before it joins."""
    token, _, _ = json.loads(services.parameters[JOIN])["token"].partition(".")
    signed = run(machine, f"kubectl -n kube-public get configmap cluster-info -o yaml | grep jws-kubeconfig-{token}")
    return signed.returncode == 0


def own_node(machine: Machine) -> dict[str, Any]:
    """The Node of the machine's name."""
    found: dict[str, Any] = json.loads(run(machine, f"kubectl get node {TAGS['canal-aws:node']} -o json").stdout)
    return found


@pytest.fixture(scope="module")
def snapshot(machine: Machine, services: InstanceServices) -> str:
    """The name of one that was taken before the namespace `after` was made and join material was published anew.

    It shows a control-plane node as Ready that would lead, and whose instance is ended when it is restored.
    """
    taken = run(machine, f"kubectl create namespace before && {_ENDED} && /opt/canal-aws/snapshot.sh now")
    assert taken.returncode == 0, taken.stderr
    later = run(machine, "kubectl create namespace after && /opt/canal-aws/publish.sh now")
    assert later.returncode == 0, later.stderr
    listed = run(machine, "/opt/canal-aws/restore.sh")
    assert listed.returncode == 0, listed.stderr
    (name,) = listed.stdout.split()
    assert f"/{spec('worker').snapshot_bucket}/etcd/{name}" in services.objects
    return name


def test_join_material_ends_by_itself_and_holds_no_key_in_the_clear(
    machine: Machine, services: InstanceServices
) -> None:
    """Renewed by a timer each hour: what a node reads that is added a month later was made within the hour."""
    material = json.loads(services.parameters[JOIN])
    secrets = json.loads(run(machine, "kubectl -n kube-system get secrets -o json").stdout)["items"]
    data = {each["metadata"]["name"]: each["data"] for each in secrets}
    token = data[f"bootstrap-token-{material['token'].partition('.')[0]}"]
    ends = datetime.fromisoformat(base64.b64decode(token["expiration"]).decode())
    assert timedelta(hours=2, minutes=45) < ends - datetime.now(UTC) <= timedelta(hours=3)
    assert all(b"PRIVATE KEY" not in base64.b64decode(value) for value in data["kubeadm-certs"].values())
    pin = run(machine, ". /opt/canal-aws/library.sh; ca_pin /etc/kubernetes/pki/ca.crt").stdout.strip()
    assert material["caCertHashes"] == [pin]


def test_a_snapshot_holds_no_secret_in_the_clear(machine: Machine, services: InstanceServices, snapshot: str) -> None:
    ((content, digest),) = services.objects.values()
    assert hashlib.sha256(content).hexdigest() == digest
    stored = run(machine, "kubectl -n kube-system get secrets -o jsonpath='{.items[*].type}'").stdout
    assert "bootstrap.kubernetes.io/token" in stored
    assert b"k8s:enc:secretbox:v1:key:" in content
    assert b"bootstrap.kubernetes.io/token" not in content


def test_what_is_not_the_snapshot_that_was_put_there_changes_nothing(
    machine: Machine, services: InstanceServices, snapshot: str
) -> None:
    path = f"/{spec('worker').snapshot_bucket}/etcd/other.db"
    content, digest = services.objects[path.replace("other.db", snapshot)]
    services.objects[path] = (content[:-1] + b"x", digest)
    refused = run(machine, "/opt/canal-aws/restore.sh other.db")
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    missing = run(machine, "/opt/canal-aws/restore.sh none.db")
    assert "no snapshot none.db: restore.sh without a name lists them" in missing.stderr
    assert "after" in run(machine, "kubectl get namespaces").stdout


def without(program: str, command: str) -> str:
    """The command where a program fails at once."""
    fake = f"/tmp/fails/{program}"
    return f"mkdir -p /tmp/fails; ln -sf /bin/false {fake}; PATH=/tmp/fails:$PATH {command}; s=$?; rm {fake}; exit $s"


def test_without_an_api_server_that_answers_a_member_still_gives_its_snapshot(
    machine: Machine, services: InstanceServices, snapshot: str
) -> None:
    """As where the majority is lost: the data since the last timed snapshot is in the members that are left."""
    known = set(services.objects)
    assert run(machine, without("kubectl", "/opt/canal-aws/snapshot.sh")).returncode != 0
    taken = run(machine, without("kubectl", "/opt/canal-aws/snapshot.sh now"))
    assert taken.returncode == 0, taken.stderr
    (made,) = set(services.objects) - known
    assert b"k8s:enc:secretbox:v1:key:" in services.objects[made][0]


def test_a_restored_cluster_is_as_it_was_at_the_snapshot(
    machine: Machine, services: InstanceServices, snapshot: str
) -> None:
    """But for what lets nodes join: what was published is younger than the snapshot, and published anew."""
    registered = own_node(machine)["metadata"]["uid"]
    restored = run(machine, f"/opt/canal-aws/restore.sh {snapshot}")
    assert restored.returncode == 0, restored.stderr
    namespaces = run(machine, "kubectl get namespaces").stdout
    assert "before" in namespaces
    assert "after" not in namespaces
    assert is_signed(machine, services)
    assert own_node(machine)["metadata"]["uid"] == registered
    assert run(machine, "kubectl create namespace later").returncode == 0
    kept = run(machine, "ls -d /var/lib/etcd.before-*/member /var/lib/canal-aws/restore").stdout.split()
    assert len(kept) == 1, "what etcd held before stays, the work does not"


# The administrator's certificate, made anew by the cluster's CA, with an end that has passed.
END = """
set -e
mkdir -p /tmp/ended
cd /tmp/ended
pem=/etc/kubernetes/pki/ca
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out request \\
  -subj /O=kubeadm:cluster-admins/CN=kubernetes-admin
openssl x509 -req -in request -CA $pem.crt -CAkey $pem.key -CAcreateserial -CAserial serial -days 0 -out certificate \\
  -extfile <(echo extendedKeyUsage=clientAuth)
kubectl config set-credentials kubernetes-admin --embed-certs --client-key key --client-certificate certificate
sleep 1
! kubectl get nodes
"""


def test_a_renewed_kubeconfig_is_published_before_the_control_plane_restarts(
    machine: Machine, services: InstanceServices
) -> None:
    """Where all certificates have ended the first node's restart waits for members that are renewed after it."""
    published = services.parameters[KUBECONFIG]
    stopped = run(machine, without("mv", "/opt/canal-aws/renew-certificates.sh"))
    assert stopped.returncode != 0
    assert yaml.safe_load(services.parameters[KUBECONFIG])["users"] != yaml.safe_load(published)["users"]


@pytest.mark.parametrize("ended", [False, True])
def test_renewed_certificates_are_served_and_published(
    machine: Machine, services: InstanceServices, ended: bool
) -> None:
    """Where they have ended the cluster's own configuration cannot be read, which says that keys are not RSA."""
    if ended:
        sabotaged = run(machine, END)
        assert sabotaged.returncode == 0, sabotaged.stderr
    served = "openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -serial"
    before, published = run(machine, served).stdout, services.parameters[KUBECONFIG]
    # A kubeconfig that does not fit is published again and again.
    renewed = run(machine, "timeout 90 /opt/canal-aws/renew-certificates.sh")
    assert renewed.returncode == 0, renewed.stderr
    assert run(machine, served).stdout not in ("", before)
    now = services.parameters[KUBECONFIG]
    assert now.splitlines()[0] == published.splitlines()[0] == f"# written-by: {OWN_ID}"
    assert yaml.safe_load(now)["users"] != yaml.safe_load(published)["users"]
    algorithm = run(machine, "openssl x509 -noout -text -in /etc/kubernetes/pki/apiserver.crt").stdout
    assert "id-ecPublicKey" in algorithm, "an RSA key would make the kubeconfig larger than its parameter"


def test_a_lost_clusters_snapshot_is_restored_onto_the_one_that_was_founded_in_its_place(
    vpc: Vpc, machine: Machine, services: InstanceServices, snapshot: str
) -> None:
    """It has another CA than the snapshot shows to nodes, and the founder's Node in there is the lost instance's."""
    machine.terminate()
    services.parameters |= dict.fromkeys((KUBECONFIG, JOIN), "placeholder")
    services.instances = {_FOUNDER: (ADDRESS, "running")}
    founder = boot(vpc, "control-plane", _FOUNDER, ADDRESS, TAGS)
    restored = run(founder, f"/opt/canal-aws/restore.sh {snapshot}")
    assert restored.returncode == 0, restored.stderr
    assert "before" in run(founder, "kubectl get namespaces").stdout
    node = own_node(founder)
    assert node["spec"]["providerID"].endswith(f"/{_FOUNDER}")
    assert "node-role.kubernetes.io/control-plane" in node["metadata"]["labels"]
    assert "node-role.kubernetes.io/control-plane" in {taint["key"] for taint in node["spec"]["taints"]}
    forgotten = run(founder, "/opt/canal-aws/gone.sh")
    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    services.instances["i-0aaaaaaaaaaaaaaaa"] = ("10.0.16.20", "running")
    boot(vpc, "worker", "i-0aaaaaaaaaaaaaaaa", "10.0.16.20", {"canal-aws:node": "worker-1"})
    until(lambda: "worker-1" in run(founder, "kubectl get nodes").stdout, BOOT_SECONDS)
