"""The Service Quotas API for the quotas that the embedded AWS enforces.

moto knows only service `vpc`, with values of 2021 (50 routes per table), and fails on the other operations.
Source: Service Quotas API reference (GetServiceQuota: the applied value, NoSuchResourceException where there
is none; GetAWSDefaultServiceQuota; ListServiceQuotas; ListAWSDefaultServiceQuotas).
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules
from ..quotas import GLOBAL_REGION, GLOBAL_SERVICES, QUOTAS, SERVICE_NAMES, Key


def shown(call: Call, key: Key, value: float) -> dict[str, Any]:
    """A quota as every operation shows it, with this value."""
    service, code = key
    is_global = service in GLOBAL_SERVICES
    return {
        "ServiceCode": service,
        "ServiceName": SERVICE_NAMES[service],
        "QuotaArn": f"arn:aws:servicequotas:{'' if is_global else call.region}:{call.world.account_id}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": QUOTAS[key].name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": QUOTAS[key].adjustable,
        "GlobalQuota": is_global,
    }


def asked_key(call: Call) -> Key:
    """The quota that a call is about; NoSuchResourceException where this Region has none of that name."""
    key = (str(call.params.get("ServiceCode")), str(call.params.get("QuotaCode")))
    if key not in QUOTAS or not _is_known_here(call, key[0]):
        raise AwsError("NoSuchResourceException", "The request failed because the specified quota is unknown.")
    return key


def _is_known_here(call: Call, service: str) -> bool:
    return service not in GLOBAL_SERVICES or call.region == GLOBAL_REGION


def _applied(call: Call) -> Any:
    key = asked_key(call)
    value = call.world.quotas.applied(key)
    if value is None:
        raise AwsError(
            "NoSuchResourceException",
            f"The request failed because the specified service quota {key[1]} has no applied value.",
        )
    return {"Quota": shown(call, key, value)}


def _default(call: Call) -> Any:
    key = asked_key(call)
    return {"Quota": shown(call, key, QUOTAS[key].default)}


def _of_service(call: Call) -> list[Key]:
    service = str(call.params.get("ServiceCode"))
    if service not in SERVICE_NAMES or not _is_known_here(call, service):
        raise AwsError("NoSuchResourceException", f"The service {service} is not known to Service Quotas.")
    return [key for key in QUOTAS if key[0] == service]


def _list_applied(call: Call) -> Any:
    applied = {key: call.world.quotas.applied(key) for key in _of_service(call)}
    return {"Quotas": [shown(call, key, value) for key, value in applied.items() if value is not None]}


def _list_defaults(call: Call) -> Any:
    return {"Quotas": [shown(call, key, QUOTAS[key].default) for key in _of_service(call)]}


def install(rules: Rules) -> None:
    """Install the four reading operations; quota_requests.py has those that ask for more."""
    rules.instead("service-quotas", "GetServiceQuota", _applied)
    rules.instead("service-quotas", "GetAWSDefaultServiceQuota", _default)
    rules.instead("service-quotas", "ListServiceQuotas", _list_applied)
    rules.instead("service-quotas", "ListAWSDefaultServiceQuotas", _list_defaults)
