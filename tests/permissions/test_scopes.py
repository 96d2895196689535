"""What single actions are allowed on."""

from __future__ import annotations

from canal_aws.permissions import Scope
from canal_aws.permissions.needs import needs_of

SCOPE = Scope("aws", "eu-central-1", "123456789012", "acme/canal-aws/dev")
NEW = ("StringEquals", "aws:RequestTag/canal-aws:stack", ("acme/canal-aws/dev",))
OWN = ("StringEquals", "aws:ResourceTag/canal-aws:stack", ("acme/canal-aws/dev",))


def _grants(action: str, scope: Scope = SCOPE) -> list[tuple[tuple[str, ...], object]]:
    return [(need.grant.resources, need.grant.condition) for need in needs_of(action, scope)]


def _ec2(*resources: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:ec2:eu-central-1:123456789012:{each}" for each in resources)


def test_a_subnet_is_made_with_the_tag_in_a_vpc_that_has_it() -> None:
    assert _grants("ec2:CreateSubnet") == [(_ec2("subnet/*"), (NEW,)), (_ec2("*/*"), (OWN,))]
    examples = [need.examples for need in needs_of("ec2:CreateSubnet", SCOPE)]
    assert [each[0].split(":")[5].split("/")[0] for each in examples] == ["subnet", "vpc"]


def test_an_instance_comes_from_a_public_image_and_its_interface_has_no_tag() -> None:
    assert _grants("ec2:RunInstances") == [
        (_ec2("instance/*", "volume/*"), (NEW,)),
        (_ec2("*/*"), (OWN,)),
        (("arn:aws:ec2:eu-central-1::image/*",), ()),
        (_ec2("network-interface/*"), ()),
    ]


def test_an_interface_gets_the_stacks_groups_on_the_stacks_instance_alone() -> None:
    assert _grants("ec2:ModifyNetworkInterfaceAttribute") == [
        (_ec2("*/*"), (OWN,)),
        (_ec2("network-interface/*"), ()),
    ]
    own, _ = needs_of("ec2:ModifyNetworkInterfaceAttribute", SCOPE)
    assert [each.split(":")[5].split("/")[0] for each in own.examples] == ["instance", "security-group"]


def test_the_request_of_a_spot_instance_has_no_tag() -> None:
    assert _grants("ec2:CancelSpotInstanceRequests") == [(_ec2("spot-instances-request/*"), ())]
    assert _grants("ec2:DescribeSpotInstanceRequests") == [(("*",), ())]


def test_the_groups_of_a_vpc_are_those_of_the_stacks() -> None:
    assert _grants("ec2:GetSecurityGroupsForVpc") == [(_ec2("*/*"), (OWN,))]
    (need,) = needs_of("ec2:GetSecurityGroupsForVpc", SCOPE)
    assert [each.split(":")[5].split("/")[0] for each in need.examples] == ["vpc"]


def test_tags_are_put_on_what_is_being_made_or_is_the_stacks() -> None:
    (made, conditions), (own, tagged) = _grants("ec2:CreateTags")
    assert "vpc/*" in str(made)
    assert conditions[0] == NEW  # type: ignore[index]
    assert conditions[1][1] == "ec2:CreateAction"  # type: ignore[index]
    assert (own, tagged) == (_ec2("*/*"), (OWN,))


def test_a_role_is_passed_to_ec2_alone() -> None:
    ((resources, condition),) = _grants("iam:PassRole")
    assert resources == (
        "arn:aws:iam::123456789012:role/control-plane-*",
        "arn:aws:iam::123456789012:role/worker-*",
    )
    assert condition == (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)),)
    ((_, in_china),) = _grants("iam:PassRole", Scope("aws-cn"))
    assert "ec2.amazonaws.com.cn" in str(in_china)


def test_iam_knows_profiles_from_roles() -> None:
    kinds = {
        action: needs_of(f"iam:{action}", SCOPE)[0].grant.resources[0].split(":")[5].split("/")[0]
        for action in ("AddRoleToInstanceProfile", "ListInstanceProfilesForRole", "DeleteInstanceProfile", "GetRole")
    }
    assert list(kinds.values()) == ["instance-profile", "role", "instance-profile", "role"]


def test_parameters_are_those_of_the_stack() -> None:
    ((resources, _),) = _grants("ssm:PutParameter")
    assert resources == ("arn:aws:ssm:eu-central-1:123456789012:parameter/canal-aws/dev/*",)


def test_a_stack_without_its_organization_is_known_by_the_end_of_the_tag() -> None:
    ((_, condition),) = _grants("ec2:DeleteVpc", Scope(stack="dev"))
    assert condition == (("StringLike", "aws:ResourceTag/canal-aws:stack", ("*/canal-aws/dev",)),)
    ((_, any_stack),) = _grants("ec2:DeleteVpc", Scope())
    assert any_stack == (("Null", "aws:ResourceTag/canal-aws:stack", ("false",)),)


def test_service_linked_roles_are_those_of_three_services() -> None:
    names = [need.grant.resources[0].split("/")[-2] for need in needs_of("iam:CreateServiceLinkedRole", SCOPE)]
    assert names == [f"{each}.amazonaws.com" for each in ("elasticloadbalancing", "spot", "servicequotas")]
