"""Failures: one clear line, what exists keeps its id, and no other account or endpoint is ever worked on."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError
from pulumi.runtime.proto import provider_pb2

from canal_aws.sandbox.providers.aws.batch import SPOT_REQUESTS
from canal_aws.sandbox.providers.aws.errors import PartlyCreated, ProviderError
from canal_aws.sandbox.providers.aws.server import partly_created
from tests.sandbox.providers.aws.engine import Engine, Made
from tests.sandbox.providers.aws.world import TAGS, World


@pytest.fixture(scope="module")
def world(engine: Engine) -> World:
    return World(engine, "failing")


def answer(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.component
def test_an_error_of_aws_is_one_line_that_names_request_and_resource(engine: Engine, world: World) -> None:
    with pytest.raises(ProviderError) as caught:
        world.make(
            "aws:ec2/route:Route",
            "nowhere",
            routeTableId=world.route_table.id,
            destinationCidrBlock="10.128.0.0/24",
            networkInterfaceId="eni-0123456789abcdef0",
        )
    line = str(caught.value)
    assert line.startswith(
        f"creating EC2 Route ({world.route_table.id}_10.128.0.0/24): CreateRoute: InvalidNetworkInterfaceID.NotFound: "
    )
    assert "\n" not in line
    assert "Traceback" not in line


@pytest.mark.component
def test_a_failure_after_creation_keeps_the_id_and_the_next_update_mends(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise answer("ModifyInstanceAttribute", "UnauthorizedOperation", "You are not authorized")

    inputs = world.instance_inputs("10.0.1.77")
    with monkeypatch.context() as patched:
        patched.setattr(engine.provider.aws.ec2, "modify_instance_attribute", refuse)
        with pytest.raises(PartlyCreated) as caught:
            world.make("aws:ec2/instance:Instance", "half", **inputs)
    error = caught.value
    assert error.resource_id.startswith("i-")
    assert str(error).startswith(f"creating EC2 Instance ({error.resource_id}): ModifyInstanceAttribute: Unauth")
    # The state tells the truth, so that the engine's next step is to mend it.
    assert error.state["sourceDestCheck"] is True
    assert error.state["privateIp"] == "10.0.1.77"
    checked = engine.check("aws:ec2/instance:Instance", "failing-half", inputs)
    half = Made("aws:ec2/instance:Instance", "failing-half", error.resource_id, checked, error.state)
    assert engine.diff(half, {}).diffs == ["sourceDestCheck"]
    mended = engine.update(half, {})
    assert mended.state["sourceDestCheck"] is False
    refreshed = engine.read(mended)
    assert refreshed is not None
    assert refreshed.state["sourceDestCheck"] is False
    engine.delete(mended)


@pytest.mark.component
def test_a_protected_instance_is_not_destroyed_without_force(engine: Engine, world: World) -> None:
    inputs = world.instance_inputs("10.0.1.78") | {"forceDestroy": False}
    kept = world.make("aws:ec2/instance:Instance", "kept", **inputs)
    with pytest.raises(ProviderError, match="TerminateInstances: OperationNotPermitted"):
        engine.delete(kept)
    assert engine.read(kept) is not None
    engine.delete(engine.update(kept, {"forceDestroy": True}))
    assert engine.read(kept) is None


@pytest.mark.component
def test_a_spot_instance_ends_after_its_request_was_read_and_cancelled(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise answer("CancelSpotInstanceRequests", "UnauthorizedOperation", "You are not authorized")

    def request() -> dict[str, Any]:
        found: dict[str, Any] = ec2.describe_spot_instance_requests(
            SpotInstanceRequestIds=[spot.state["spotInstanceRequestId"]]
        )["SpotInstanceRequests"][0]
        return found

    ec2 = engine.provider.aws.ec2
    spot = world.make("aws:ec2/instance:Instance", "spot", **world.instance_inputs("10.0.1.79"))
    assert spot.state["instanceLifecycle"] == spot.state["instanceMarketOptions"]["marketType"] == "spot"
    assert (request()["InstanceId"], request()["State"]) == (spot.id, "active")
    with monkeypatch.context() as patched:
        patched.setattr(ec2, "cancel_spot_instance_requests", refuse)
        with pytest.raises(ProviderError, match="CancelSpotInstanceRequests: UnauthorizedOperation"):
            engine.delete(spot)
    assert engine.read(spot) is not None
    engine.delete(spot)
    assert engine.read(spot) is None
    assert request()["State"] == "cancelled"


@pytest.mark.component
def test_a_spot_instance_whose_request_cannot_be_read_is_kept_as_half_made(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise answer("DescribeSpotInstanceRequests", "UnauthorizedOperation", "You are not authorized")

    with monkeypatch.context() as patched:
        patched.setattr(SPOT_REQUESTS, "_ask", refuse)
        with pytest.raises(PartlyCreated, match="DescribeSpotInstanceRequests: UnauthorizedOperation") as caught:
            world.make("aws:ec2/instance:Instance", "unread", **world.instance_inputs("10.0.1.80"))
    error = caught.value
    assert error.state["sourceDestCheck"] is False
    engine.delete(Made("aws:ec2/instance:Instance", "failing-unread", error.resource_id, {}, error.state))


@pytest.mark.component
def test_tags_of_an_instances_volumes_are_those_of_every_volume_on_it_unless_they_are_ignored(
    engine: Engine, world: World
) -> None:
    """What the EBS CSI driver put on a volume would be taken off it: the program says nothing of volumes' tags."""
    made = world.make("aws:ec2/instance:Instance", "attached", **world.instance_inputs("10.0.1.81"))
    ec2 = engine.provider.aws.ec2
    of_driver = {"ResourceType": "volume", "Tags": [{"Key": "CSIVolumeName", "Value": "pvc-1"}]}
    volume = ec2.create_volume(AvailabilityZone=made.state["availabilityZone"], Size=1, TagSpecifications=[of_driver])[
        "VolumeId"
    ]
    ec2.attach_volume(VolumeId=volume, InstanceId=made.id, Device="/dev/xvdba")
    refreshed = engine.read(made)
    assert refreshed is not None
    assert refreshed.state["volumeTags"] == made.state["volumeTags"] | {"CSIVolumeName": "pvc-1"}
    as_before = {"volumeTags": made.inputs["volumeTags"]}
    assert engine.diff(refreshed, as_before).diffs == ["volumeTags"]
    for said in (as_before, {"volumeTags": None}):
        assert not engine.diff(refreshed, said, ("volumeTags",)).changes
    engine.update(refreshed, as_before)
    assert "CSIVolumeName" not in {
        tag["Key"] for tag in ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0].get("Tags") or ()
    }
    ec2.detach_volume(VolumeId=volume, InstanceId=made.id, Device="/dev/xvdba")
    ec2.delete_volume(VolumeId=volume)
    engine.delete(made)


@pytest.mark.component
def test_a_secure_value_is_written_and_never_read_or_reported(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise AssertionError("GetParameter was called")

    ssm = engine.provider.aws.ssm
    with monkeypatch.context() as patched:
        patched.setattr(ssm, "get_parameter", refuse)
        made = world.make(
            "aws:ssm/parameter:Parameter",
            "secret",
            name="/canal-aws/failing/secret",
            type="SecureString",
            valueWo="s3cret-text",
            valueWoVersion=1,
        )
        refreshed = engine.read(made)
        # Another value alone changes nothing: only its version says that it is meant.
        assert not engine.diff(made, {"valueWo": "other"}).changes
        rewritten = engine.update(made, {"valueWo": "rewritten", "valueWoVersion": 2})
    assert refreshed is not None
    for state in (made.state, refreshed.state, rewritten.state):
        assert "s3cret-text" not in repr(state)
        assert "rewritten" not in repr(state)
        assert state["hasValueWo"] is True
    found = ssm.get_parameter(Name="/canal-aws/failing/secret", WithDecryption=True)["Parameter"]
    assert found["Value"] == "rewritten"
    assert rewritten.state["version"] == 2
    engine.delete(made)


@pytest.mark.component
def test_a_launch_templates_update_is_a_new_default_version(engine: Engine, world: World) -> None:
    changed = engine.update(world.launch_template, {"userData": "Y2hhbmdlZA=="})
    assert (changed.state["latestVersion"], changed.state["defaultVersion"]) == (2, 2)
    described = engine.provider.aws.ec2.describe_launch_template_versions(
        LaunchTemplateId=changed.id, Versions=["$Default"]
    )["LaunchTemplateVersions"][0]
    assert described["LaunchTemplateData"]["UserData"] == "Y2hhbmdlZA=="
    assert described["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"


@pytest.mark.component
def test_a_new_group_lets_nothing_out(engine: Engine, world: World) -> None:
    group = world.make("aws:ec2/securityGroup:SecurityGroup", "closed", vpcId=world.vpc.id)
    assert group.state["description"] == "Managed by Pulumi"
    found = engine.provider.aws.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group.id]}])
    assert found["SecurityGroupRules"] == []


@pytest.mark.component
def test_a_rule_of_a_protocol_without_ports_reads_back_as_it_was_written(engine: Engine, world: World) -> None:
    rule = world.make(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "ipip",
        securityGroupId=world.security_group.id,
        ipProtocol="4",
        referencedSecurityGroupId=world.security_group.id,
        tags=TAGS,
    )
    refreshed = engine.read(rule)
    assert refreshed is not None
    assert refreshed.state == rule.state
    assert not engine.diff(refreshed, {}).changes


@pytest.mark.component
def test_another_account_is_refused(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from canal_aws.sandbox.providers.aws import clients

    monkeypatch.setattr(clients, "SANDBOX_ACCOUNT", "111111111111")
    with pytest.raises(ProviderError, match=r"account 424242424242 .* is refused"):
        Engine(endpoint).configure()


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://ec2.us-east-1.amazonaws.com",
        "http://10.0.0.1:4566",
        "https://127.0.0.1:1",
        "http://127.0.0.1.example:80",
    ],
)
def test_only_loopback_endpoints_are_spoken_to(endpoint: str) -> None:
    with pytest.raises(ProviderError, match="AWS_ENDPOINT_URL"):
        Engine(endpoint).configure()


def test_a_sandbox_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(ProviderError, match="Is the sandbox running"):
        Engine("http://127.0.0.1:9").configure()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("profile", "work"),
        ("defaultTags", '{"tags": {"a": "b"}}'),
        ("assumeRoles", [{"roleArn": "arn:x"}]),
        ("allowedAccountIds", '["111111111111"]'),
        ("s3UsePathStyle", "true"),
    ],
)
def test_configuration_that_is_not_modelled_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(ProviderError, match=f"aws:{setting}"):
        Engine("http://127.0.0.1:9").configure(**{setting: value})


def test_a_partly_created_resource_reaches_the_engine_with_its_id() -> None:
    status = partly_created(PartlyCreated("creating it: failed", "i-1", {"privateIp": "10.0.1.1"}))
    assert status.code == grpc.StatusCode.UNKNOWN.value[0]
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "i-1"
    assert detail.properties["privateIp"] == "10.0.1.1"
    assert list(detail.reasons) == ["creating it: failed"]
