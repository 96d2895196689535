"""Names, descriptions and tags of everything that the program makes: nothing that AWS would refuse."""

from __future__ import annotations

import re
from typing import Any

from tests.infra.program import Program, build
from tests.infra.shapes import each_telling_shape

# Behind a logical name pulumi-aws puts a hyphen and seven hexadecimal digits.
_SUFFIX = "-0123456"
#: What becomes a name in AWS, by type (the API references: CreateRole and so on; S3 User Guide, "Bucket naming rules").
_NAMES = {
    "Role": r"[\w+=,.@-]{1,64}",
    "InstanceProfile": r"[\w+=,.@-]{1,128}",
    "RolePolicy": r"[\w+=,.@-]{1,128}",
    "SecurityGroup": r"(?!sg-)[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    "LoadBalancer": r"(?!internal-)[a-zA-Z0-9][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]",
    "TargetGroup": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]",
    "LaunchTemplate": r"[a-zA-Z0-9().\-/_]{3,128}",
    "Bucket": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
}
#: Descriptions by type (EC2 IpRange and UserIdGroupPair; IAM CreateRole; SSM PutParameter).
_DESCRIPTIONS = {
    "SecurityGroup": r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}",
    "SecurityGroupIngressRule": r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}",
    "SecurityGroupEgressRule": r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}",
    "Role": r"[\t\n\r -~\xa1-\xff]{1,1000}",
    "Parameter": r"(?s:.{1,1024})",
}
_LONGEST_POOL = "p" + "o" * 38 + "l"


def _program(shape: dict[str, Any]) -> Program:
    return build(**shape, tags={"team": "network"}, workerPools=[{"name": "p"}, {"name": _LONGEST_POOL}])


@each_telling_shape
def test_names(shape: dict[str, Any]) -> None:
    program = _program(shape)
    for kind, pattern in _NAMES.items():
        assert program.of(kind), kind
        for name in program.of(kind):
            assert re.fullmatch(pattern, name + _SUFFIX), f"{kind} {name}"
    for parameter in program.of("Parameter").values():
        assert re.fullmatch(r"(?!/aws|/ssm)(/[a-zA-Z0-9_.-]+){1,15}", parameter.inputs["name"])


@each_telling_shape
def test_descriptions(shape: dict[str, Any]) -> None:
    for each in _program(shape).aws():
        kind = each.type.rsplit(":", 1)[-1]
        assert ("description" in each.inputs) is (kind in _DESCRIPTIONS), each.name
        if kind in _DESCRIPTIONS:
            assert re.fullmatch(_DESCRIPTIONS[kind], each.inputs["description"]), f"{kind} {each.name}"


@each_telling_shape
def test_tags_are_such_as_every_service_takes(shape: dict[str, Any]) -> None:
    for each in _program(shape).aws():
        tags = each.inputs.get("tags", {})
        # To IAM two keys that differ by case alone are one.
        assert len({key.lower() for key in tags}) == len(tags)
        for key, value in tags.items():
            assert re.fullmatch(r"[a-zA-Z0-9 _.:/=+\-@]{1,128}", key), f"{each.name}: {key}"
            assert re.fullmatch(r"[a-zA-Z0-9 _.:/=+\-@]{0,256}", value), f"{each.name}: {value}"
