"""A VPC and machines without a cluster: what boots, what answers, what ends, and that nothing is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from canal_aws.sandbox.machines import LoadBalancer, Machine, Vpc, VpcFailed
from canal_aws.sandbox.machines.inside.network import HARDWARE_ADDRESS
from tests.sandbox.machines.aws import Aws
from tests.sandbox.machines.samples import cloud_config, instance
from tests.sandbox.machines.waiting import until

pytestmark = pytest.mark.component
_SECONDS = 20.0


@pytest.fixture
def machine(vpc: Vpc) -> Iterator[Machine]:
    made = vpc.boot(instance("idle", "10.0.16.10", node="idle-1"), b"")
    until(lambda: made.state == "running", _SECONDS, lambda: made.console)
    yield made
    made.terminate()


def _text(machine: Machine, script: str) -> str:
    done = machine.run("bash", "-c", script)
    return (done.stdout + done.stderr).decode().strip()


def test_a_unit_is_run_until_it_succeeds_and_says_so_on_the_console(vpc: Vpc) -> None:
    script = 'echo "try $(ls /var/tmp | wc -l)"; mktemp -p /var/tmp >/dev/null; [ $(ls /var/tmp | wc -l) -ge 3 ]'
    unit = (
        "[Unit]\nConditionPathExists=!/done\n[Service]\nType=oneshot\nExecStart=/opt/a.sh\nExecStartPost=/usr/bin/touch /done\n"
        "Restart=on-failure\nRestartSec=100ms\nStandardOutput=journal+console\n"
    )
    machine = vpc.boot(instance("retry", "10.0.16.11"), cloud_config(script, unit))
    until(lambda: machine.units.get("a.service") == "inactive", _SECONDS, lambda: machine.console)
    assert [line for line in machine.console.splitlines() if line.startswith("try")] == ["try 0", "try 1", "try 2"]
    machine.start_unit("a.service")
    until(lambda: "ConditionPathExists=!/done was not met" in machine.console, _SECONDS, lambda: machine.console)
    machine.terminate()
    assert "try 2" in machine.console


def test_a_timer_starts_its_unit_again_and_again(vpc: Vpc) -> None:
    timer = "[Timer]\nOnActiveSec=100ms\nOnUnitActiveSec=100ms\n[Install]\nWantedBy=timers.target\n"
    user_data = cloud_config("echo turn", timer=timer, command="systemctl enable -q --now a.timer")
    machine = vpc.boot(instance("timer", "10.0.16.12"), user_data)
    until(lambda: machine.console.count("turn") > 2, _SECONDS, lambda: machine.console)
    assert _text(machine, "systemctl is-enabled a.timer; systemctl is-active a.timer") == "enabled\nactive"
    _text(machine, "systemctl stop a.timer")
    assert machine.units["a.timer"] == "inactive"
    machine.terminate()


def test_a_unit_that_systemd_would_not_load_is_named(vpc: Vpc) -> None:
    machine = vpc.boot(instance("typo", "10.0.16.13"), cloud_config("true", "[Service]\nExecStrat=/opt/a.sh\n"))
    until(lambda: "ExecStrat" in machine.console, _SECONDS, lambda: machine.console)
    with pytest.raises(VpcFailed, match="could not be found"):
        machine.start_unit("b.service")
    machine.terminate()


def test_refused_user_data_leaves_a_machine_that_does_nothing(vpc: Vpc) -> None:
    machine = vpc.boot(instance("refused", "10.0.16.14"), b"#cloud-config\nruncmds: [reboot]\n")
    assert machine.state == "refused"
    assert "'runcmds'" in machine.reason
    assert machine.console.startswith("cloud-init: user data")
    machine.terminate()
    assert machine.state == "terminated"


def test_the_machine_has_its_own_name_address_and_files(machine: Machine) -> None:
    assert _text(machine, "hostname") == "ip-10-0-16-10.ec2.internal"
    assert _text(machine, "hostnamectl set-hostname idle-1; hostname; cat /etc/hostname") == "idle-1\nidle-1"
    assert "10.0.16.10/16" in _text(machine, "ip -brief address show eth0")
    assert _text(machine, "touch /usr/bin/x").endswith("Read-only file system")
    assert _text(machine, "touch /usr/local/bin/x /opt/x /etc/x && echo written") == "written"
    assert not Path("/opt/x").exists()
    assert _text(machine, "kubelet --version; kubectl version --client | head -1").count("v1.") == 2


def test_metadata_takes_sessions_only_and_tells_each_machine_its_own(machine: Machine) -> None:
    url = "http://169.254.169.254/latest"
    assert _text(machine, f"curl -s -o /dev/null -w '%{{http_code}}' {url}/meta-data/instance-id") == "401"
    token = f"token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' {url}/api/token)"
    get = f'{token}; get() {{ curl -sf -H "X-aws-ec2-metadata-token: $token" {url}/meta-data/$1; echo; }}'
    assert _text(machine, f"{get}; get instance-id; get tags/instance/canal-aws:node") == "i-idle\nidle-1"
    assert "se/cret+key=" in _text(machine, f"{get}; get iam/security-credentials/nodes")
    assert _text(machine, f"{get}; get iam/security-credentials/") == "nodes"
    machine.retag({"canal-aws:node": "idle-2"})
    assert _text(machine, f"{get}; get tags/instance/canal-aws:node") == "idle-2"


def test_the_only_way_out_is_aws(machine: Machine, aws: Aws) -> None:
    unit_sees = _text(machine, "echo $AWS_ENDPOINT_URL_SSM")
    target = "-H 'X-Amz-Target: AmazonSSM.GetParameter' --data '{\"Name\": \"/a/b\"}'"
    assert "placeholder" in _text(machine, f"curl -s {target} {unit_sees}/")
    port = aws.endpoint.rpartition(":")[2]
    for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.0.2.1"):
        assert _text(machine, f"curl -s -m 1 http://{address}:{port}/; echo $?") in ("7", "28")


def test_machines_that_come_and_go_change_no_neighbour(vpc: Vpc, machine: Machine) -> None:
    ask = "curl -s -o /dev/null $AWS_ENDPOINT_URL_SSM/; ip neigh show 169.254.169.249 | grep -o 'lladdr [0-9a-f:]*'"
    others = [vpc.boot(instance(f"other-{number}", f"10.0.16.{number}"), b"") for number in (20, 21, 22, 23)]
    assert _text(machine, ask) == f"lladdr {HARDWARE_ADDRESS}"
    for other in others:
        other.terminate()
    assert _text(machine, "ip neigh flush dev eth0; " + ask) == f"lladdr {HARDWARE_ADDRESS}"


def test_a_pause_ends_when_what_was_asked_for_is_written(machine: Machine) -> None:
    ask = 'curl -s -o /dev/null -H \'X-Amz-Target: AmazonSSM.{}\' --data \'{{"Name": "/a/b", "Value": "x"}}\' $AWS_ENDPOINT_URL_SSM/'
    script = f"{ask.format('GetParameter')}; (usleep=1; {ask.format('PutParameter')}) & sleep 60; echo $SECONDS"
    assert int(_text(machine, script)) < 30


def test_load_balancers_pass_over_targets_that_accept_nothing(vpc: Vpc, machine: Machine) -> None:
    # etcd answers GET /version over plain HTTP.
    etcd = "/usr/local/libexec/toolchain/etcd --data-dir=/var/lib/etcd --listen-client-urls=http://0.0.0.0:6443"
    unit = f"[Service]\nExecStart={etcd} --advertise-client-urls=http://10.0.16.15:6443\n"
    served = vpc.boot(instance("served", "10.0.16.15"), cloud_config("true", unit))
    targets = ("10.0.16.10", "10.0.16.15", "10.0.16.200")
    vpc.balance(
        [
            LoadBalancer("api.elb.us-east-1.amazonaws.com", {6443: targets}),
            LoadBalancer("public.elb.us-east-1.amazonaws.com", {6443: targets}, "127.83.0.1"),
        ]
    )
    inside = "for i in 1 2 3; do curl -s -o /dev/null -m 9 -w '%{http_code} ' http://api.elb.us-east-1.amazonaws.com:6443/version; done"
    until(lambda: _text(machine, inside) == "200 200 200", _SECONDS, lambda: _text(machine, inside))
    with urllib.request.urlopen("http://127.83.0.1:6443/version", timeout=9) as answer:
        assert answer.status == 200
    assert _text(machine, "curl -s -m 2 http://public.elb.us-east-1.amazonaws.com:6443/; echo $?") == "6"
    proxied = ["curl", "-s", "-m", "9", "-o", "/dev/null", "-w", "%{http_code}/%{http_connect}", "-p", "-x", vpc.proxy]
    for host, said in (
        ("api.elb.us-east-1.amazonaws.com", "200/200"),
        ("10.0.16.15", "200/200"),
        ("127.0.0.1", "000/403"),
    ):
        done = subprocess.run([*proxied, f"http://{host}:6443/version"], capture_output=True, text=True)
        assert done.stdout == said, host
    assert vpc.knows("api.elb.us-east-1.amazonaws.com")
    assert not vpc.knows("public.elb.us-east-1.amazonaws.com")
    vpc.balance([])
    assert _text(machine, "curl -s -m 2 http://api.elb.us-east-1.amazonaws.com:6443/; echo $?") == "6"
    served.terminate()


def test_a_machine_that_was_switched_off_boots_again_with_its_files(machine: Machine) -> None:
    _text(machine, "hostnamectl set-hostname idle-1; touch /var/lib/kept /run/gone; sleep 99 >&- 2>&- &")
    machine.power_off()
    assert machine.state == "stopped"
    with pytest.raises(VpcFailed, match="the machine is off"):
        machine.run("true")
    machine.power_on()
    until(lambda: machine.state == "running", _SECONDS)
    assert _text(machine, "hostname; ls /var/lib/kept /run/gone 2>&-") == "idle-1\n/var/lib/kept"


def test_terminating_a_busy_machine_leaves_nothing_of_it(vpc: Vpc) -> None:
    before = _members(vpc)
    script = "while true; do (setsid sleep 300 &); /bin/true; done"
    machine = vpc.boot(instance("busy", "10.0.16.16"), cloud_config(script))
    until(lambda: len(_members(vpc)) > len(before) + 5, _SECONDS)
    machine.terminate()
    assert not _members(vpc) - before
    assert "i-busy" not in vpc.machines
    again = vpc.boot(instance("busy2", "10.0.16.16"), b"")
    until(lambda: again.state == "running", _SECONDS, lambda: again.console)
    again.terminate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_is_killed_leaves_nothing(number: int, tmp_path: Path, bin_dir: Path) -> None:
    owner = f"""
import signal, sys
from ipaddress import IPv4Network
from pathlib import Path
from canal_aws.sandbox.machines import Vpc
from tests.sandbox.machines.samples import cloud_config, instance
vpc = Vpc("killed", IPv4Network("10.0.0.0/16"), Path({str(tmp_path)!r}), Path({str(bin_dir)!r}), "http://127.0.0.1:9").start()
machine = vpc.boot(instance("a", "10.0.16.10"), cloud_config("echo up; setsid sleep 300"))
while "up" not in machine.console: pass
print(vpc._process.pid, flush=True)
signal.pause()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", owner], cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    first = psutil.Process(int(process.stdout.readline()))
    members = [first, *first.children(recursive=True)]
    assert len(members) > 4
    os.kill(process.pid, number)
    process.wait()
    until(lambda: not [each for each in members if each.is_running() and each.status() != "zombie"], _SECONDS)
    assert list(tmp_path.iterdir()) == []


def test_an_address_on_the_host_that_is_taken_is_an_error(vpc: Vpc) -> None:
    with socket.create_server(("127.83.0.2", 6443)), pytest.raises(VpcFailed, match="in use"):
        vpc.balance([LoadBalancer("public.elb.us-east-1.amazonaws.com", {6443: ()}, "127.83.0.2")])


def test_a_vpc_whose_process_died_says_so(aws: Aws, bin_dir: Path, tmp_path: Path) -> None:
    from ipaddress import IPv4Network

    vpc = Vpc("dies", IPv4Network("10.0.0.0/16"), tmp_path, bin_dir, aws.endpoint).start()
    machine = vpc.boot(instance("a", "10.0.16.10"), b"")
    (python,) = [pid for name, pid in vpc.pids.items() if name == "vpc/python"]
    os.kill(python, signal.SIGKILL)
    until(lambda: machine.state == "terminated", _SECONDS)
    with pytest.raises(VpcFailed, match="ended with status"):
        vpc.boot(instance("b", "10.0.16.11"), b"")
    vpc.stop()


def _members(vpc: Vpc) -> set[int]:
    assert vpc._process
    return {each.pid for each in psutil.Process(vpc._process.pid).children(recursive=True)}
