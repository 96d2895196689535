"""What instances may do: their own parameters, Session Manager and, on the control plane, which instances there are."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.program import arn_of, build, id_of
from tests.infra.shapes import each_architecture


def _statements(role: str, architecture: str) -> list[dict[str, Any]]:
    policy = build(architecture=architecture).of("RolePolicy")[role]
    assert policy.inputs["role"] == id_of("Role", role)
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return found


@each_architecture
def test_only_session_manager_and_a_look_at_instances_are_allowed_on_everything(architecture: Any) -> None:
    for role in ("control-plane", "worker"):
        everywhere = [each for each in _statements(role, architecture.name) if each["Resource"] == "*"]
        actions = {action for each in everywhere for action in each["Action"]}
        assert ("ec2:DescribeInstances" in actions) is (role == "control-plane")
        actions.discard("ec2:DescribeInstances")
        assert {action.split(":")[0] for action in actions} == {"ssm", "ssmmessages"}
        assert not any("*" in action or "Parameter" in action for action in actions)


@each_architecture
def test_a_worker_reads_how_to_join_and_nothing_else_of_the_clusters(architecture: Any) -> None:
    of_parameters = [each for each in _statements("worker", architecture.name) if each["Resource"] != "*"]
    assert of_parameters == [
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": arn_of("Parameter", "join")}
    ]


@each_architecture
def test_no_architecture_lets_a_node_change_anything_in_ec2(architecture: Any) -> None:
    for role in ("control-plane", "worker"):
        for statement in _statements(role, architecture.name):
            actions = set(statement["Action"]) - {"ec2:DescribeInstances"}
            assert not any(action.startswith(("ec2:", "iam:", "kms:")) for action in actions)


def test_the_control_plane_reads_and_writes_every_parameter_of_its_own() -> None:
    of_parameters = {
        each["Resource"]: each["Action"]
        for each in _statements("control-plane", "flannel-vxlan")
        if each["Action"][0].startswith("ssm:GetP")
    }
    expected = ("kubeconfig", "join", "control-plane-join", "encryption-key")
    assert of_parameters == {arn_of("Parameter", name): ["ssm:GetParameter", "ssm:PutParameter"] for name in expected}


def test_parameters_are_placeholders_whose_value_never_enters_the_state() -> None:
    parameters = build().of("Parameter")
    assert set(parameters) == {"kubeconfig", "join", "control-plane-join", "encryption-key"}
    for name, parameter in parameters.items():
        assert parameter.inputs["name"] == f"/canal-aws/dev/{name}"
        assert parameter.inputs["type"] == "SecureString"
        assert "value" not in parameter.inputs
        assert "insecureValue" not in parameter.inputs


def _of_add_on(name: str, **config: Any) -> list[dict[str, Any]]:
    switches = {"cloudControllerManager": True, **config}
    policies = build(**switches).of("RolePolicy")
    assert policies[name].inputs["role"] == id_of("Role", "control-plane"), "pods get no other credentials"
    found: list[dict[str, Any]] = json.loads(policies[name].inputs["policy"])["Statement"]
    assert len(policies[name].inputs["policy"]) < 6_144, "IAM takes 10,240 characters of all a role's own policies"
    return found


def test_add_ons_have_no_right_while_they_are_off() -> None:
    assert set(build().of("RolePolicy")) == {"control-plane", "worker"}
    assert "ebs-csi-driver" not in build(cloudControllerManager=True).of("RolePolicy")


def _changing(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        each
        for each in statements
        if each["Effect"] == "Allow"
        and not all(action.split(":")[1].startswith("Describe") for action in each["Action"])
    ]


def test_add_ons_change_nothing_outside_this_account_region_vpc_and_cluster() -> None:
    cloud = _of_add_on("cloud-controller-manager")
    volumes = _of_add_on("ebs-csi-driver", ebsCsiDriver=True)
    for statement in (*_changing(cloud), *_changing(volumes)):
        for resource in statement["Resource"]:
            assert ":424242424242:" in resource, statement
    groups = [each for each in _changing(cloud) if "ec2:AuthorizeSecurityGroupIngress" in each["Action"]]
    vpc = f"arn:aws:ec2:us-east-1:424242424242:vpc/{id_of('Vpc', 'vpc')}"
    assert [each["Condition"] for each in groups] == [{"ArnEquals": {"ec2:Vpc": vpc}}]
    attaching = [each for each in volumes if each["Resource"][0].endswith("instance/*")]
    assert [each["Condition"] for each in attaching] == [
        {"StringEquals": {"aws:ResourceTag/canal-aws:stack": "organization/canal-aws/dev"}}
    ]
    assert not any("Route" in action for each in _changing(cloud) for action in each["Action"]), "routes are ours"


def test_the_apis_own_load_balancers_are_out_of_the_cloud_controllers_reach() -> None:
    (deny,) = [each for each in _of_add_on("cloud-controller-manager") if each["Effect"] == "Deny"]
    assert deny["Action"] == "elasticloadbalancing:*"
    (tag,) = deny["Condition"]["StringEquals"].items()
    assert tag == ("aws:ResourceTag/canal-aws:stack", "organization/canal-aws/dev")
    for kind in ("LoadBalancer", "TargetGroup", "Listener"):
        for each in build(cloudControllerManager=True).of(kind).values():
            assert each.inputs["tags"]["canal-aws:stack"] == tag[1]


def test_the_cloud_controller_manager_finds_edge_subnets_and_the_nodes_groups_by_their_tags() -> None:
    program = build(cloudControllerManager=True)
    cluster = {"kubernetes.io/cluster/dev": "owned"}
    for name, subnet in program.of("Subnet").items():
        tags = {key: value for key, value in subnet.inputs["tags"].items() if "/" in key}
        # Load balancers take any free address of their subnet, and so never one of the nodes'.
        roles = {"kubernetes.io/role/elb": "1", "kubernetes.io/role/internal-elb": "1"}
        assert tags == ({**cluster, **roles} if name.startswith("edge-") else {})
    for name, group in program.of("SecurityGroup").items():
        tags = {key: value for key, value in group.inputs["tags"].items() if "/" in key}
        assert tags == (cluster if name in ("control-plane", "worker") else {})
    assert build().of("Subnet")["edge-a"].inputs["tags"].keys().isdisjoint(cluster)
