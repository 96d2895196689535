"""DescribeInstanceTypeOfferings: quick, and with the wildcards that EC2's filters take.

moto compares each of 6,400 offers with each filter, exactly, and takes a filter that it does not know for one that
nothing matches. Source: EC2 API reference DescribeInstanceTypeOfferings (filters location and instance-type), and
"List and filter using the CLI and API" (wildcards).
"""

from __future__ import annotations

import fnmatch
from typing import Any

from ..errors import invalid_parameter
from ..pipeline import Call, Rules
from ..topology import offerings


def _offerings(call: Call) -> Any:
    kind = call.params.get("LocationType") or "region"
    filters = {each["Name"]: each.get("Values") or [] for each in call.params.get("Filters") or []}
    for name in filters:
        if name not in ("location", "instance-type"):
            raise invalid_parameter(f"The filter '{name}' is invalid")
    offered = offerings(call.region, kind)
    wanted = filters.get("instance-type", ["*"])
    plain = not any("*" in value or "?" in value for value in wanted)
    types = wanted if plain else [name for name in offered if _matches(name, wanted)]
    found = [
        {"InstanceType": name, "LocationType": kind, "Location": place}
        for name in dict.fromkeys(types)
        for place in offered.get(name, ())
        if _matches(place, filters.get("location", ["*"]))
    ]
    return {"InstanceTypeOfferings": found}


def _matches(text: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


def install(rules: Rules) -> None:
    """Install the answer."""
    rules.instead("ec2", "DescribeInstanceTypeOfferings", _offerings)
