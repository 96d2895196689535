"""SimulatePrincipalPolicy, which preflight asks and moto fails on; and who the sandbox's own caller is.

Users and roles of the account are decided by their real policies. The caller, a user without any, may do everything
except what `POST /_canal/deny` took away. moto's name for it, arn:aws:sts::…:user/moto, is no ARN that AWS has.
A real call's Region is no part of a simulation that is not told it: a key that is not told is missing, aws:RequestedRegion
too (openshift/installer#1322). Sources: IAM API Reference, SimulatePrincipalPolicy, ResourceSpecificResult; AWS STS API Reference, GetCallerIdentity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules
from .iam import about, decide, documents_of
from .permissions import caller_arn

_EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_GRAVITY = ("allowed", "implicitDeny", "explicitDeny")
_ENTITIES = (":user/", ":role/", ":group/")


def _simulate(call: Call) -> Any:
    documents, denied = _principal(call)
    context = {
        str(each["ContextKeyName"]): str((each.get("ContextKeyValues") or [""])[0])
        for each in call.params.get("ContextEntries") or []
    }

    def decided(action: str, resource: str) -> tuple[str, list[str]]:
        decision = "implicitDeny"
        if action not in (denied or ()):
            decision = decide(documents, action, resource, context, known=None)
        return decision, _missing(documents, action, resource, context)

    actions, resources = call.params.get("ActionNames") or [], call.params.get("ResourceArns") or []
    results = [_result(action, {each: decided(action, each) for each in resources or ["*"]}) for action in actions]
    return {"EvaluationResults": results, "IsTruncated": False}


def _result(action: str, decided: Mapping[str, tuple[str, list[str]]]) -> dict[str, Any]:
    """One action's, with its resources apart where it was asked about any: the gravest decision, and all that is missing."""
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": max((decision for decision, _ in decided.values()), key=_GRAVITY.index),
        "MatchedStatements": [],
        "MissingContextValues": sorted({key for _, missing in decided.values() for key in missing}),
    }
    if "*" in decided:
        return result
    apart = [
        {
            "EvalResourceName": resource,
            "EvalResourceDecision": decision,
            "MatchedStatements": [],
            "MissingContextValues": missing,
        }
        for resource, (decision, missing) in decided.items()
    ]
    return {**result, "ResourceSpecificResults": apart}


def _principal(call: Call) -> tuple[list[dict[str, Any]], set[str] | None]:
    """The principal's documents, and what the sandbox's caller is denied: None for any other."""
    arn = str(call.params["PolicySourceArn"])
    if ":iam:" not in arn or not any(each in arn for each in _ENTITIES):
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    given = [_read(text) for text in call.params.get("PolicyInputList") or []]
    documents = documents_of(call.backend, arn)
    if documents is not None:
        return [*documents, *given], None
    if arn == caller_arn(call.world.account_id):
        return [_EVERYTHING, *given], call.world.denied
    raise AwsError("NoSuchEntity", f"The entity with ARN {arn} cannot be found.", 404)


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AwsError("InvalidInput", "Invalid input policy: it is not a JSON object")
    return document


def _missing(documents: list[dict[str, Any]], action: str, resource: str, context: Mapping[str, str]) -> list[str]:
    asked = {
        key
        for statement in about(documents, action, resource)
        for wanted in (statement.get("Condition") or {}).values()
        for key in wanted
    }
    return sorted(asked - context.keys())


def _name_the_caller(call: Call, result: Any) -> Any:
    if not str(result["Arn"]).endswith(":user/moto"):
        return None
    return {**result, "UserId": "AIDACKCEVSQ6C2EXAMPLE", "Arn": caller_arn(call.world.account_id)}


def install(rules: Rules) -> None:
    """Install the simulation and the caller's name."""
    rules.instead("iam", "SimulatePrincipalPolicy", _simulate)
    rules.after("sts", "GetCallerIdentity", rule=_name_the_caller)
