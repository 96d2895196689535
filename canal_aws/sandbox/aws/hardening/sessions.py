"""Calls of an instance's role: signed with its session, and allowed only what the role's policies allow.

moto lets every key do everything, and its own check of policies knows no resources. Each service has its own codes:
EC2 API reference "Error codes", S3 API reference "Error responses", "Common errors" of Systems Manager, IAM, STS and ELB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..calls import iam_action
from ..errors import AwsError
from ..pipeline import Call, Rules
from ..roles import Session
from ..signatures import access_key, is_signed_by
from .iam import decide, documents_of

_QUERY = (("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403), ("AccessDenied", 403))
# service: (unknown key, wrong signature, denied), each a code and its HTTP status
_CODES: dict[str, tuple[tuple[str, int], ...]] = {
    "ec2": (("AuthFailure", 401), ("AuthFailure", 401), ("UnauthorizedOperation", 403)),
    "s3": (("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403), ("AccessDenied", 403)),
    **dict.fromkeys(("elbv2", "iam", "sts"), _QUERY),
}
_JSON = (
    ("UnrecognizedClientException", 400),
    ("InvalidSignatureException", 400),
    ("AccessDeniedException", 400),
)


def _parameter(call: Call) -> str:
    return f"arn:aws:ssm:{call.region}:{call.world.account_id}:parameter/{str(call.params.get('Name', '')).lstrip('/')}"


def _role(call: Call) -> str:
    return _role_arn(call, str(call.params.get("RoleName", "")))


def _role_arn(call: Call, name: str) -> str:
    """With the role's path, which neither a request nor a session names."""
    roles = call.world.backend("iam", call.region).roles.values()
    found = next((str(each.arn) for each in roles if each.name == name), None)
    return found or f"arn:aws:iam::{call.world.account_id}:role/{name}"


def _principal(call: Call) -> str:
    return str(call.params.get("PolicySourceArn", ""))


def _everything(call: Call) -> str:
    return "*"


RESOURCES: dict[str, Callable[[Call], str]] = {
    "iam:GetRole": _role,
    "iam:SimulatePrincipalPolicy": _principal,
    "ssm:GetParameter": _parameter,
    "ssm:PutParameter": _parameter,
}
"""What a call is about; every other one only a statement on all resources allows (Service Authorization Reference)."""


def check(call: Call, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
    """Refuse a call of a role's session that is not its own, or not allowed; any other key's passes."""
    key = access_key(call.response.headers)
    session = call.world.sessions.by_key.get(key)
    unknown, mismatch, denied = _CODES.get(call.service, _JSON)
    if session is None:
        if key.startswith("ASIA"):
            raise AwsError(unknown[0], "The security token included in the request is invalid.", unknown[1])
        return
    if not is_signed_by(session, call.response.normalized_request):
        raise AwsError(
            mismatch[0],
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method.",
            mismatch[1],
        )
    if not _allows(call, session, action, resource, context):
        raise AwsError(
            denied[0],
            f"User: {session.arn(call.world.account_id)} is not authorized to perform: {action} on resource: "
            f"{resource} because no identity-based policy allows the {action} action",
            denied[1],
        )


def _allows(call: Call, session: Session, action: str, resource: str, context: Mapping[str, str] | None) -> bool:
    iam = call.world.backend("iam", call.region)
    documents: list[dict[str, Any]] | None = documents_of(iam, _role_arn(call, session.role))
    return documents is not None and decide(documents, action, resource, context or {}) == "allowed"


def _check(call: Call) -> None:
    action = iam_action(call.service, call.operation)
    check(call, action, RESOURCES.get(action, _everything)(call))


def install(rules: Rules) -> None:
    """Install the check in front of every operation of the services that moto answers by its pipeline."""
    for service in ("ec2", "ssm", "elbv2", "iam", "sts", "service-quotas"):
        rules.before(service, "*", rule=_check)
