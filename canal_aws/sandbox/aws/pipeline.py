"""Puts the hardening between a parsed request and moto's answer.

moto parses every request into parameters, calls one method an operation, and serialises what it returns. The
rules stand around that method: `before` ones refuse what AWS refuses (or complete the parameters), an
`instead` one answers for moto, `after` ones mend the answer before it is serialised. They belong to a
server, not to moto: `installed` puts them in and takes them out again.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores
from werkzeug.exceptions import HTTPException

from .calls import FLEET_USER_AGENT
from .errors import AwsError, not_modelled
from .faults import HEADER
from .world import World

log = logging.getLogger(__name__)


@dataclass
class Call:
    """One API call: who is asked for what. `params` is what moto's method reads, for EC2, ELB and IAM: to
    change it is to change the request. For the JSON services (SSM, Service Quotas) it is a copy."""

    service: str
    operation: str
    response: Any
    world: World
    page: tuple[int | None, str | None] | None = None
    """The limit and the token of a list operation, taken out of `params` for the paging rule."""

    @cached_property
    def params(self) -> dict[str, Any]:
        if self.response.automated_parameter_parsing:
            parsed: dict[str, Any] = self.response.params
            return parsed
        try:
            body = json.loads(self.response.body or "{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def region(self) -> str:
        return str(self.response.region)

    @property
    def user_agent(self) -> str:
        return str(self.response.headers.get("User-Agent", ""))

    @property
    def backend(self) -> Any:
        """moto's state of this call's service in this call's Region."""
        return self.world.backend(self.service, self.region)

    @property
    def ec2(self) -> Any:
        """moto's EC2 state in this call's Region."""
        return self.world.backend("ec2", self.region)

    def ask_moto(self) -> Any:
        """moto's own answer, unserialised: for an `instead` rule that completes it or stands in for some
        cases."""
        return getattr(self.response, camelcase_to_underscores(self.operation))().result


Before = Callable[[Call], None]
Instead = Callable[[Call], Any]
After = Callable[[Call, Any], Any]


@dataclass
class Rules:
    """The hardening of one server, by (service, operation); the operation "*" stands for all of a service."""

    world: World
    _before: dict[tuple[str, str], list[Before]] = field(default_factory=lambda: defaultdict(list))
    _instead: dict[tuple[str, str], Instead] = field(default_factory=dict)
    _after: dict[tuple[str, str], list[After]] = field(default_factory=lambda: defaultdict(list))

    def before(self, service: str, *operations: str, rule: Before) -> None:
        """Run `rule` before moto does anything; it raises AwsError to refuse."""
        for operation in operations:
            self._before[service, operation].append(rule)

    def instead(self, service: str, operation: str, rule: Instead) -> None:
        """Let `rule` answer in moto's place, with the operation's output as a dict."""
        self._instead[service, operation] = rule

    def after(self, service: str, *operations: str, rule: After) -> None:
        """Hand moto's unserialised answer to `rule`; what it returns, unless None, is the answer."""
        for operation in operations:
            self._after[service, operation].append(rule)

    def answer(self, call: Call) -> Any:
        """The answer to one call, still unserialised; raises what AWS would answer as an error."""
        key, every = (call.service, call.operation), (call.service, "*")
        for check in (*self._before.get(every, ()), *self._before.get(key, ())):
            check(call)
        if call.service == "ec2" and call.params.get("DryRun"):
            # moto creates for some operations all the same; AWS checks the request and stops here.
            raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412)
        method = getattr(call.response, camelcase_to_underscores(call.operation), None)
        if key in self._instead:
            outcome: Any = ActionResult(self._instead[key](call))
        elif method is None:
            raise not_modelled(call.service, call.operation, "there is no such operation in it")
        else:
            outcome = method()
        if not isinstance(outcome, ActionResult):
            return outcome
        result = outcome.result
        for mend in (*self._after.get(every, ()), *self._after.get(key, ())):
            mended = mend(call, result)
            result = result if mended is None else mended
        return ActionResult(result)


def _answered(rules: Rules, response: Any) -> tuple[int, dict[str, Any], Any]:
    service, operation = str(response.service_name), str(response._get_action())
    call = Call(service, operation, response, rules.world)
    rules.world.calls.count(service, operation, call.user_agent)
    rules.world.timeline.catch_up()
    status: int | None = None
    refused = ""
    try:
        outcome = rules.answer(call)
    except AwsError as error:
        outcome, status, refused = ActionResult(error), error.status, str(error)
    except ServiceException as error:
        outcome, refused = ActionResult(error), str(error)
    except HTTPException as error:
        headers = {**dict(error.get_headers() or []), "status": error.code}
        outcome = (error.description, headers)
    except Exception as error:
        log.exception("%s:%s failed inside moto", service, operation)
        refusal = not_modelled(service, operation, f"moto failed with {type(error).__name__}: {error}")
        outcome, status = ActionResult(refusal), refusal.status
    if isinstance(outcome, ActionResult):
        code, answer_headers, body = response.serialized(outcome)
    elif isinstance(outcome, str):
        code, answer_headers, body = 200, response.response_headers, outcome
    else:
        code, answer_headers, body = response._transform_response(response.response_headers, outcome)
    answer_headers, body = response._enrich_response(answer_headers, body)
    # Never the parameters: user data and kubeconfigs are among them.
    log.info("%s %s:%s %s %s", call.region, service, operation, status or code, refused)
    return status or code, answer_headers, body


@contextmanager
def installed(rules: Rules) -> Iterator[None]:
    """Let `rules` stand around every call that moto answers in this process, until the context ends."""
    original = BaseResponse.call_action

    def call_action(response: Any) -> tuple[int, dict[str, Any], Any]:
        faults = rules.world.faults
        fault = ""
        if FLEET_USER_AGENT not in str(response.headers.get("User-Agent", "")):
            fault = faults.on_the_way(str(response.service_name), str(response._get_action()))
            faults.pause()
        if fault:
            return 200, {HEADER: fault}, ""
        with rules.world.lock:
            return _answered(rules, response)

    BaseResponse.call_action = call_action
    try:
        yield
    finally:
        BaseResponse.call_action = original
