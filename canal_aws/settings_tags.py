"""The user's tags, which every resource gets: so a key or a value must suit each service that the program uses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from canal_aws.add_on_permissions import INSTANCE_CLUSTER_TAG
from canal_aws.settings_fields import Violation, Violations, decoded

# EC2 takes only these characters in the keys of instance tags once instance metadata shows them, and a comma, which the
# others refuse (EC2 User Guide, "Work with instance tags in instance metadata"; Tag in the API references of IAM, Elastic
# Load Balancing and Systems Manager). Lengths: EC2 User Guide, "Tag restrictions".
_KEY = re.compile(r"[0-9a-zA-Z\-_+=.@:]{1,128}")
_RESERVED_KEYS = (".", "..", "_index")
_LONGEST_VALUE = 256
# AWS takes 50 tags a resource; the program needs up to eight of its own.
_MOST = 40


def parse(key: str, value: Any) -> Any:
    """A map of tags from a map (or its JSON text), or all that is wrong with it."""
    given = decoded(value)
    if not isinstance(given, Mapping):
        return Violation(key, value, "not a map of tags", 'write it like {"team": "network"}')
    found = [*_wrong_keys(key, [str(name) for name in given]), *_wrong_values(key, given)]
    if len(given) > _MOST:
        found.append(
            Violation(
                key,
                f"{len(given)} tags",
                "AWS takes 50 a resource, and the program needs some",
                f"use {_MOST} at most",
            )
        )
    return Violations(tuple(found)) if found else dict(given)


def _wrong_keys(key: str, names: list[str]) -> Iterator[Violation]:
    for index, name in enumerate(names):
        # IAM User Guide, "Tags for IAM resources": keys are one where they differ by case alone.
        same = [other for other in names[:index] if other.lower() == name.lower()]
        if "," in name:
            reason = "IAM, Elastic Load Balancing and Systems Manager refuse a comma in a key"
            yield Violation(key, name, reason, "leave it out")
        elif not _KEY.fullmatch(name):
            yield Violation(
                key,
                name,
                "EC2 refuses this key on instances whose metadata shows their tags",
                "use 1 to 128 letters, digits and - _ + = . @ : (no space, no /)",
            )
        elif name in _RESERVED_KEYS:
            reason = "EC2 reserves this key on instances whose metadata shows their tags"
            yield Violation(key, name, reason, "choose another key")
        elif name.lower().startswith(("aws:", "canal-aws:")):
            yield Violation(key, name, "this prefix is reserved", "choose a key without aws: or canal-aws: in front")
        elif name.lower() == "name":
            # In lower case too: IAM would take it for the same.
            yield Violation(key, name, "the program names its resources itself", "choose another key")
        elif name == INSTANCE_CLUSTER_TAG:
            reason = "the program puts it on instances, for the cloud controller manager to know its cluster's"
            yield Violation(key, name, reason, "choose another key")
        elif same:
            yield Violation(key, name, f"to IAM the same key as {same[0]}", "keep one of them")


def _wrong_values(key: str, given: Mapping[Any, Any]) -> Iterator[Violation]:
    for name, text in given.items():
        if not isinstance(text, str) or len(text) > _LONGEST_VALUE or not all(map(_everywhere, text)):
            yield Violation(
                key, f"{name}={text}", "not a tag value", "use up to 256 letters, digits, spaces and . : / = + - @ _"
            )
        elif text.lower().startswith("aws:"):
            yield Violation(key, f"{name}={text}", "this prefix is reserved", "choose a value without aws: in front")


def _everywhere(character: str) -> bool:
    r"""Whether all services take it in a value: [\p{L}\p{Z}\p{N}_.:/=+\-@], which a tab or a line break is not."""
    return unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@"
