"""The pattern and the length of each text of a request, as the services publish them with their APIs: tags, names, descriptions.

moto looks at few of them, and at hardly any tag's value. EC2 and S3 publish none: EC2's stand beside what they are of.
Sources: the API models of IAM, Elastic Load Balancing and Systems Manager (`pattern`, `min` and `max` of their shapes,
which botocore carries); the message as in the issues auto-tag 90 and cloud-platform-environments 22667.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from ..errors import AwsError
from ..pipeline import Call, Rules

CODES = {"iam": "ValidationError", "elbv2": "ValidationError", "ssm": "ValidationException"}

# The services' patterns are Java's, whose classes Python has no names for. Letters and numbers are what Python's \w is.
_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": "",
    r"\p{Z}": "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """A service's pattern as Python's; None for one with classes that Python cannot say."""
    translated = pattern
    for java, python in _CLASSES.items():
        translated = translated.replace(java, python)
    if r"\p{" in translated:
        return None
    # Java's \w is ASCII's.
    return re.compile(translated, re.UNICODE if translated != pattern else re.ASCII)


def _texts(shape: Any, value: Any, path: str) -> Iterator[tuple[Any, str, str]]:
    """Each text of a request with its shape and its path, as `tags.1.member.key`."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _texts(member, value[name], f"{path}.{name[0].lower()}{name[1:]}".lstrip("."))
    elif shape.type_name == "list" and isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _texts(shape.member, each, f"{path}.{number}.member")
    elif shape.type_name == "string" and isinstance(value, str):
        yield shape, value, path


def _constraints(shape: Any, text: str) -> Iterator[str]:
    """What of its shape's constraints a text breaks, in the services' words."""
    known = shape.metadata
    if len(text) < known.get("min", 0):
        yield f"have length greater than or equal to {known['min']}"
    if len(text) > known.get("max", len(text)):
        yield f"have length less than or equal to {known['max']}"
    pattern = compiled(known["pattern"]) if "pattern" in known else None
    if pattern is not None and not pattern.fullmatch(text):
        yield f"satisfy regular expression pattern: {known['pattern']}"


def _check(call: Call) -> None:
    model = get_service_model(call.response.boto3_service_name).operation_model(call.operation)
    if model.input_shape is None:
        return
    broken = []
    for shape, text, path in _texts(model.input_shape, call.params, ""):
        # What the models call sensitive no answer repeats: it is logged.
        value = "Value" if shape.metadata.get("sensitive") else f"Value '{text}'"
        broken += [
            f"{value} at '{path}' failed to satisfy constraint: Member must {each}"
            for each in _constraints(shape, text)
        ]
    if broken:
        found = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected"
        raise AwsError(CODES[call.service], f"{found}: {'; '.join(broken)}")


def install(rules: Rules) -> None:
    """Install the check in front of every operation of these services."""
    for service in CODES:
        rules.before(service, "*", rule=_check)
