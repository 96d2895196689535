"""SSM parameters: how large a value may be, and that a SecureString is not to be read without decryption.

moto takes any size, lets an advanced parameter become a standard one, and shows a SecureString's text behind
a prefix to whoever forgets WithDecryption.
Sources: Systems Manager User Guide "Managing parameter tiers" (4 KB standard, 8 KB advanced, no way back);
the messages as users report them.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules

MAXIMUM_BYTES = {"Standard": 4096, "Advanced": 8192}
GUIDE = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"


def _check_put(call: Call) -> None:
    name, size = call.params.get("Name", ""), len(str(call.params.get("Value", "")).encode())
    present = call.backend.get_parameter(name)
    before = (present.tier or "Standard") if present is not None else None
    tier = call.params.get("Tier") or before or "Standard"
    if before == "Advanced" and tier == "Standard":
        raise AwsError(
            "ValidationException",
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter.",
        )
    if tier == "Standard" and size > MAXIMUM_BYTES["Standard"]:
        raise AwsError(
            "ValidationException",
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
            "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, "
            f"see {GUIDE}",
        )
    if size > MAXIMUM_BYTES["Advanced"]:
        raise AwsError(
            "ValidationException",
            "Advanced tier parameters support a maximum parameter value of 8192 characters.",
        )


def _sealed(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter.get("Type") != "SecureString":
        return parameter
    # Only its form is that of a ciphertext; it holds nothing.
    digest = hashlib.sha512(f"{parameter['Name']} {parameter.get('Version')}".encode()).digest()
    return {**parameter, "Value": base64.b64encode(b"\x01\x02\x02\x00x" + digest * 2).decode()}


def _seal(call: Call, result: Any) -> Any:
    if call.params.get("WithDecryption"):
        return None
    if "Parameter" in result:
        return {**result, "Parameter": _sealed(result["Parameter"])}
    return {**result, "Parameters": [_sealed(parameter) for parameter in result["Parameters"]]}


def install(rules: Rules) -> None:
    """Install the rules on SSM parameters."""
    rules.before("ssm", "PutParameter", rule=_check_put)
    rules.after("ssm", "GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory", rule=_seal)
