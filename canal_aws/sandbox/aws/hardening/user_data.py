"""User data: at most 16,384 bytes before base64, and valid base64.

moto takes any size. Source: EC2 User Guide, "User data is limited to 16 KB, in raw form, before it is
base64-encoded"; RunInstances refuses with InvalidParameterValue, launch templates with
InvalidUserData.Malformed (users' logs).
"""

from __future__ import annotations

import base64
import binascii

from moto.ec2.utils import parse_user_data

from ..errors import AwsError
from ..pipeline import Call, Rules

MAXIMUM_BYTES = 16_384


def _check(encoded: object, code: str) -> None:
    if encoded is None:
        return
    try:
        raw = base64.b64decode(str(encoded), validate=True)
    except (binascii.Error, ValueError):
        raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None
    if len(raw) > MAXIMUM_BYTES:
        raise AwsError(code, f"User data is limited to {MAXIMUM_BYTES} bytes")


def _check_instance(call: Call) -> None:
    _check(call.params.get("UserData"), "InvalidParameterValue")


def _check_template(call: Call) -> None:
    data = call.params.get("LaunchTemplateData") or {}
    _check(data.get("UserData"), "InvalidUserData.Malformed")
    if call.operation == "CreateLaunchTemplateVersion" and data.get("UserData") is not None:
        # moto does this for a template's first version only, and then stumbles over the others.
        data["UserData"] = parse_user_data(str(data["UserData"]))


def install(rules: Rules) -> None:
    """Install the limit on user data."""
    rules.before("ec2", "RunInstances", rule=_check_instance)
    rules.before("ec2", "CreateLaunchTemplate", "CreateLaunchTemplateVersion", rule=_check_template)
