"""DescribeAvailabilityZones with zones that AWS does not call available for the moment.

moto's zones are all `available`, for ever. The states: EC2 API reference, AvailabilityZone.
"""

from __future__ import annotations

import copy
from typing import Any

from ..pipeline import Call, Rules


def _with_states(call: Call, result: Any) -> Any:
    states = call.world.zone_states
    filters = {each["Name"]: each.get("Values") or [] for each in call.params.get("Filters") or []}
    if not states:
        return result
    shown = []
    for zone in call.ec2.describe_availability_zones(
        {name: values for name, values in filters.items() if name != "state"},
        zone_names=call.params.get("ZoneNames") or [],
        zone_ids=call.params.get("ZoneIds") or [],
    ):
        described = copy.copy(zone)
        described.state = states.get(zone.name, zone.state)
        if described.state in filters.get("state", [described.state]):
            shown.append(described)
    return {"AvailabilityZones": shown}


def install(rules: Rules) -> None:
    """Install the answer."""
    rules.after("ec2", "DescribeAvailabilityZones", rule=_with_states)
