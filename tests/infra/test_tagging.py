"""Tags on whatever can carry them, and names that stay the same however the cluster grows."""

from __future__ import annotations

from typing import Any

import pytest

from infra.tagging import TAGGABLE
from tests.infra.program import build
from tests.infra.shapes import SHAPES, each_shape, each_telling_shape

#: Types without tags, and why: pulumi-aws has no `tags` on them, since AWS has none there.
_UNTAGGABLE = {
    "aws:ec2/route:Route": "EC2 tags route tables, not routes",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "an association is no resource of EC2's tagging",
    "aws:iam/rolePolicy:RolePolicy": "inline, part of its role",
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": "a registration, part of its target group",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "part of its bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "part of its bucket",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "part of its bucket",
    "aws:s3/bucketVersioning:BucketVersioning": "part of its bucket",
}


def test_every_type_of_the_program_is_tagged_or_cannot_be() -> None:
    used = {each.type for shape in SHAPES for each in build(**shape).aws()}
    assert used == TAGGABLE | set(_UNTAGGABLE)


@pytest.mark.parametrize("token", sorted(_UNTAGGABLE))
def test_what_is_called_untaggable_takes_no_tags_in_the_sdk(token: str) -> None:
    import importlib

    module, name = token.split(":")[1].split("/")[0], token.rsplit(":", 1)[1]
    resource = getattr(importlib.import_module(f"pulumi_aws.{module}"), name)
    assert not hasattr(resource, "tags")


@each_telling_shape
def test_every_tag_is_there_and_the_users_too(shape: dict[str, Any]) -> None:
    for each in build(**shape, tags={"team": "network"}).aws():
        if each.type in TAGGABLE:
            tags = each.inputs["tags"]
            assert tags["canal-aws:stack"] == "organization/canal-aws/dev"
            assert tags["canal-aws:name"] == each.name
            assert tags["team"] == "network"
            assert all("/" not in key for key in tags), "instances show their tags in their metadata"
        assert "volumeTags" not in each.inputs, "they would be those of every volume that is attached"


@each_telling_shape
def test_root_volumes_get_whose_they_are_when_they_are_made(shape: dict[str, Any]) -> None:
    for template in build(**shape, tags={"team": "network"}).of("LaunchTemplate").values():
        (volume,) = template.inputs["tagSpecifications"]
        assert volume == {
            "resourceType": "volume",
            "tags": {
                "Name": f"dev-{template.name}",
                "canal-aws:stack": "organization/canal-aws/dev",
                "team": "network",
            },
        }


@each_telling_shape
def test_names_are_unique_within_their_type(shape: dict[str, Any]) -> None:
    names = [(each.type, each.name) for each in build(canal=True, **shape).registered]
    assert len(set(names)) == len(names)


@each_shape
def test_only_planned_nodes_are_numbered(shape: dict[str, Any]) -> None:
    """A list's index in a name would move everything behind what leaves the list."""
    nodes = ("control-plane-0", *(f"worker-{letter}-{index}" for letter in "abc" for index in (0, 1)))
    for each in build(**shape).aws():
        if each.name[-1].isdigit() and "Rule" not in each.type:
            assert each.name.endswith(nodes), each.name
