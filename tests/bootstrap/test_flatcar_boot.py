"""A Flatcar control plane in the sandbox: its Ignition configuration, the scripts in it and the real kubeadm."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from canal_aws.bootstrap import user_data
from canal_aws.sandbox import toolchain
from canal_aws.sandbox.machines import Credentials, Instance, LoadBalancer, NamespacesForbidden, ProgramMissing, Vpc
from canal_aws.sandbox.machines.namespaces import require
from tests.bootstrap.specs import spec
from tests.sandbox.machines.aws import PLACEHOLDER, Aws
from tests.sandbox.machines.waiting import until

_ADDRESS = "10.0.16.10"


@pytest.mark.component
def test_a_control_plane_boots_from_its_ignition_configuration(tmp_path: Path) -> None:
    try:
        require()
    except (NamespacesForbidden, ProgramMissing) as error:
        pytest.skip(str(error))
    control_plane = spec("control-plane", operating_system="flatcar", snapshot_bucket="")
    instance = Instance(
        id="i-0123456789abcdef0",
        private_ip=_ADDRESS,
        instance_type="m7i.large",
        availability_zone="us-east-1a",
        region="us-east-1",
        tags={"canal-aws:node": "control-plane-0", "canal-aws:role": "control-plane", "canal-aws:init": "true"},
        role="control-plane",
        credentials=Credentials("AKIAEXAMPLE", "secret", "token"),
    )
    aws = Aws()
    try:
        with Vpc("flatcar", IPv4Network("10.0.0.0/16"), tmp_path, toolchain.ensure().bin_dir, aws.endpoint) as vpc:
            vpc.balance([LoadBalancer(control_plane.api_endpoint, ports={6443: (_ADDRESS,)}, checks={6443: "/readyz"})])
            machine = vpc.boot(instance, user_data(control_plane))
            name = control_plane.kubeconfig_parameter
            until(
                lambda: aws.parameters.get(name, PLACEHOLDER) != PLACEHOLDER,
                60,
                lambda: f"{machine.state} {machine.reason}\n{machine.console[-3000:]}",
            )
            shown = machine.run("kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "get", "nodes", "-o", "name")
            assert shown.stdout == b"node/control-plane-0\n"
            link = machine.run("readlink", "/etc/extensions/kubernetes.raw").stdout.decode()
            assert link == "/opt/extensions/kubernetes/kubernetes-v1.36.3-x86-64.raw\n"
            for masked in ("locksmithd.service", "systemd-sysupdate.timer"):
                assert machine.run("readlink", f"/etc/systemd/system/{masked}").stdout == b"/dev/null\n"
            assert "kubernetes-v1.36.3-x86-64.raw is not fetched" in machine.console, "what is not run is said"
    finally:
        aws.close()
