"""The Service Quotas API for the quotas that the embedded AWS enforces.

moto knows only service `vpc`, with values of 2021 (50 routes per table), and fails on the other operations.
Source: Service Quotas API reference (GetServiceQuota: the applied value, NoSuchResourceException where there
is none; GetAWSDefaultServiceQuota; ListServiceQuotas; ListAWSDefaultServiceQuotas).
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules
from ..quotas import QUOTAS, SERVICE_NAMES


def _shown(call: Call, key: tuple[str, str], value: float) -> dict[str, Any]:
    service, code = key
    return {
        "ServiceCode": service,
        "ServiceName": SERVICE_NAMES[service],
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.world.account_id}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": QUOTAS[key].name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": QUOTAS[key].adjustable,
        "GlobalQuota": False,
    }


def _key(call: Call) -> tuple[str, str]:
    key = (str(call.params.get("ServiceCode")), str(call.params.get("QuotaCode")))
    if key not in QUOTAS:
        raise AwsError("NoSuchResourceException", "The request failed because the specified quota is unknown.")
    return key


def _applied(call: Call) -> Any:
    key = _key(call)
    value = call.world.quotas.applied(key)
    if value is None:
        raise AwsError(
            "NoSuchResourceException",
            f"The request failed because the specified service quota {key[1]} has no applied value.",
        )
    return {"Quota": _shown(call, key, value)}


def _default(call: Call) -> Any:
    key = _key(call)
    return {"Quota": _shown(call, key, QUOTAS[key].default)}


def _of_service(call: Call) -> list[tuple[str, str]]:
    service = str(call.params.get("ServiceCode"))
    if service not in SERVICE_NAMES:
        raise AwsError("NoSuchResourceException", f"The service {service} is not known to Service Quotas.")
    return [key for key in QUOTAS if key[0] == service]


def _list_applied(call: Call) -> Any:
    applied = {key: call.world.quotas.applied(key) for key in _of_service(call)}
    return {"Quotas": [_shown(call, key, value) for key, value in applied.items() if value is not None]}


def _list_defaults(call: Call) -> Any:
    return {"Quotas": [_shown(call, key, QUOTAS[key].default) for key in _of_service(call)]}


def install(rules: Rules) -> None:
    """Install the four reading operations; asking for an increase is not modelled."""
    rules.instead("service-quotas", "GetServiceQuota", _applied)
    rules.instead("service-quotas", "GetAWSDefaultServiceQuota", _default)
    rules.instead("service-quotas", "ListServiceQuotas", _list_applied)
    rules.instead("service-quotas", "ListAWSDefaultServiceQuotas", _list_defaults)
