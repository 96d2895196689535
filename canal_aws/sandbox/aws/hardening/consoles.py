"""GetConsoleOutput: what the instance's machine wrote, as the fleet last put it there.

moto answers with somebody else's boot log. Source: EC2 API reference, GetConsoleOutput: base64, at most 64 KB, empty
until there is some.
"""

from __future__ import annotations

import base64
from typing import Any

from ..pipeline import Call, Rules


def _console(call: Call) -> Any:
    instance = call.ec2.get_instance(call.params["InstanceId"])
    if instance.id not in call.world.consoles:
        return {"InstanceId": instance.id}
    text, written = call.world.consoles[instance.id]
    return {"InstanceId": instance.id, "Timestamp": written, "Output": base64.b64encode(text.encode()).decode()}


def install(rules: Rules) -> None:
    """Install the answer."""
    rules.instead("ec2", "GetConsoleOutput", _console)
