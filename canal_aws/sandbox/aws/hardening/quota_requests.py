"""Requests for more of a quota, which moto does not know. Nobody decides about them here: they stay PENDING.

Sources: Service Quotas API reference (RequestServiceQuotaIncrease, ListRequestedServiceQuotaChangeHistoryByQuota,
RequestedServiceQuotaChange); AWS CLI reference, request-service-quota-increase, for the shapes of Id and Requester. The
messages are those that people report of AWS: hashicorp/terraform-provider-aws#19657 (one open request a quota),
cloud-custodian/cloud-custodian#8939 (a value that is no increase); an applied value can be lower than the default,
and then the default has to be exceeded.
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from ..errors import AwsError, not_modelled
from ..pipeline import Call, Rules
from ..quotas import OPEN_STATUSES, QUOTAS, Key
from .permissions import caller_arn
from .service_quotas import asked_key, shown


def _request(call: Call) -> Any:
    key = asked_key(call)
    if call.params.get("ContextId"):
        raise not_modelled(call.service, call.operation, "quotas of single resources (ContextId)")
    if call.params.get("SupportCaseAllowed") is False:
        raise not_modelled(call.service, call.operation, "a request that may open no support case")
    desired = float(call.params["DesiredValue"])
    _refuse(call, key, desired)
    now = datetime.datetime.now(datetime.UTC)
    about = shown(call, key, desired)
    made = {name: about[name] for name in _ABOUT}
    made |= {
        "Id": uuid.uuid4().hex + uuid.uuid4().hex[:8],
        "DesiredValue": desired,
        "Status": "PENDING",
        "Created": now,
        "Requester": json.dumps(
            {"accountId": call.world.account_id, "callerArn": caller_arn(call.world.account_id)}, separators=(",", ":")
        ),
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
    # The newest first, as AWS lists them.
    call.world.quotas.requests.setdefault((call.region, key), []).insert(0, made)
    return {"RequestedQuota": made}


_ABOUT = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")


def _refuse(call: Call, key: Key, desired: float) -> None:
    if not QUOTAS[key].adjustable:
        raise _illegal("The request failed because the specified quota is not adjustable.")
    if any(each["Status"] in OPEN_STATUSES for each in _of(call, key)):
        raise AwsError(
            "ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota."
        )
    if desired <= call.world.quotas.value(key):
        raise _illegal("You must provide a quota value greater than the current quota value")
    if desired <= QUOTAS[key].default:
        raise _illegal(
            f"You must provide a quota value greater than the default quota value of {QUOTAS[key].default:.1f}"
        )


def _history(call: Call) -> Any:
    key = asked_key(call)
    status = call.params.get("Status")
    level = call.params.get("QuotaRequestedAtLevel", "ACCOUNT")
    found = [] if level == "RESOURCE" else _of(call, key)
    return {"RequestedQuotas": [each for each in found if status in (None, each["Status"])]}


def _of(call: Call, key: Key) -> list[dict[str, Any]]:
    return call.world.quotas.requests.get((call.region, key), [])


def _illegal(message: str) -> AwsError:
    return AwsError("IllegalArgumentException", message)


def install(rules: Rules) -> None:
    """Install the operation that asks for more, and the one that lists what was asked for."""
    rules.instead("service-quotas", "RequestServiceQuotaIncrease", _request)
    rules.instead("service-quotas", "ListRequestedServiceQuotaChangeHistoryByQuota", _history)
