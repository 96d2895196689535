"""The embedded AWS's own URLs, under /_canal/: for the sandbox and the tests, nothing that AWS has."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from .balancers import balancers
from .faults import Fault
from .leftovers import leftovers
from .roles import NoRole, role_of
from .seed_images import seed_newer_images
from .world import World

PREFIX = "/_canal/"
CONSOLE_CHARACTERS = 64 * 1024
#: EC2 API reference, AvailabilityZone, state.
ZONE_STATES = ("available", "information", "impaired", "unavailable", "constrained")


class ControlError(Exception):
    """A control request that cannot be met; answered with HTTP 400 and the message."""


def _ready(world: World, body: dict[str, Any]) -> Any:
    return {"ready": True, "account": world.account_id, "standIn": "moto, hardened; not AWS"}


def _calls(world: World, body: dict[str, Any]) -> Any:
    return world.calls.snapshot()


def _calls_reset(world: World, body: dict[str, Any]) -> Any:
    world.calls.reset()
    world.traffic.reset()
    return {}


def _quota(world: World, body: dict[str, Any]) -> Any:
    try:
        world.quotas.set(body["service"], body["code"], float(body["value"]))
    except KeyError as error:
        raise ControlError(f"quota: {error} is missing or not a quota that the embedded AWS knows") from None
    except (TypeError, ValueError) as error:
        raise ControlError(f"quota: value {body.get('value')!r}: {error}") from None
    return {}


def _ami(world: World, body: dict[str, Any]) -> Any:
    if body.get("newer") is not True:
        raise ControlError('ami: send {"newer": true}')
    return {"images": seed_newer_images(world)}


def _deny(world: World, body: dict[str, Any]) -> Any:
    actions = body.get("actions")
    if not isinstance(actions, list) or not all(isinstance(each, str) and ":" in each for each in actions):
        raise ControlError('deny: send {"actions": ["servicequotas:GetServiceQuota"]}; an empty list allows all again')
    world.denied = set(actions)
    return {}


def _faults(world: World, body: dict[str, Any]) -> Any:
    faults, delay = body.get("faults", []), body.get("delaySeconds", 0)
    if not isinstance(faults, list) or not isinstance(delay, int | float) or not 0 <= delay <= 60:
        raise ControlError(
            'faults: send {"faults": [{"fault": "drop", "actions": ["ec2:DescribeVpcs"], "times": 1}], '
            '"delaySeconds": 0.05}; an empty object takes all away'
        )
    try:
        world.faults.set([Fault.of(each) for each in faults], float(delay))
    except ValueError as error:
        raise ControlError(f"faults: {error}") from None
    return {}


def _traffic(world: World, body: dict[str, Any]) -> Any:
    return world.traffic.snapshot()


def _zone(world: World, body: dict[str, Any]) -> Any:
    zone, state = body.get("zone"), body.get("state")
    if not isinstance(zone, str) or state not in ZONE_STATES:
        raise ControlError(f'zone: send {{"zone": "us-east-1a", "state": one of {", ".join(ZONE_STATES)}}}')
    world.zone_states.pop(zone, None)
    if state != "available":
        world.zone_states[zone] = state
    return {}


def _region(world: World, body: dict[str, Any]) -> Any:
    region, enabled = body.get("region"), body.get("enabled")
    if not isinstance(region, str) or not isinstance(enabled, bool):
        raise ControlError('region: send {"region": "eu-south-1", "enabled": true}')
    (world.enabled_regions.add if enabled else world.enabled_regions.discard)(region)
    return {}


def _reset(world: World, body: dict[str, Any]) -> Any:
    world.reset()
    return {}


def _session(world: World, body: dict[str, Any]) -> Any:
    region, instance = body.get("region"), body.get("instance")
    if not isinstance(region, str) or not isinstance(instance, str):
        raise ControlError('session: send {"region": "us-east-1", "instance": "i-…"}')
    try:
        role = role_of(world.backend("ec2", region), world.backend("iam", region), instance)
    except NoRole as error:
        raise ControlError(f"session: {error}") from None
    return world.sessions.of(role, instance).document()


def _console(world: World, body: dict[str, Any]) -> Any:
    instance, text = body.get("instance"), body.get("text")
    if not isinstance(instance, str) or not isinstance(text, str):
        raise ControlError('console: send {"instance": "i-…", "text": "all that it wrote so far"}')
    now = datetime.datetime.now(datetime.UTC)
    # EC2 keeps the last 64 KB (API reference, GetConsoleOutput).
    world.consoles[instance] = (text[-CONSOLE_CHARACTERS:], now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return {}


def _balancers(world: World, body: dict[str, Any]) -> Any:
    return balancers(world)


def _leftovers(world: World, body: dict[str, Any]) -> Any:
    return leftovers(world)


ROUTES: dict[tuple[str, str], Callable[[World, dict[str, Any]], Any]] = {
    ("GET", "ready"): _ready,
    ("GET", "calls"): _calls,
    ("POST", "calls/reset"): _calls_reset,
    ("POST", "quota"): _quota,
    ("POST", "ami"): _ami,
    ("POST", "deny"): _deny,
    ("POST", "faults"): _faults,
    ("GET", "traffic"): _traffic,
    ("POST", "region"): _region,
    ("POST", "zone"): _zone,
    ("POST", "reset"): _reset,
    ("GET", "leftovers"): _leftovers,
    # The fleet's own, which plays the instances.
    ("GET", "balancers"): _balancers,
    ("POST", "session"): _session,
    ("POST", "console"): _console,
}


def answer(world: World, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """HTTP status and JSON body for a request under /_canal/."""
    route = ROUTES.get((method, path.removeprefix(PREFIX).rstrip("/")))
    if route is None:
        known = ", ".join(f"{verb} {PREFIX}{name}" for verb, name in ROUTES)
        return 404, json.dumps({"error": f"no such control URL: {method} {path}; there are {known}"}).encode()
    try:
        parsed = json.loads(body or b"{}")
        if not isinstance(parsed, dict):
            raise ControlError("the body must be a JSON object")
        with world.lock:
            world.timeline.catch_up()
            return 200, json.dumps(route(world, parsed)).encode()
    except (ControlError, json.JSONDecodeError) as error:
        return 400, json.dumps({"error": str(error)}).encode()
