"""Regions that the account has not enabled: their endpoints know none of its keys.

moto answers in all of them, takes three of them for Regions that every account has, and lists them unasked.
Sources: AWS Account Management Reference, "Enable or disable AWS Regions in your account" (which need it); EC2 API
reference, DescribeRegions (AllRegions) and Region (OptInStatus). What endpoints answer there is in users' logs: EC2 in
cloud-custodian pull request 4006, STS in aws-okta issue 225, Systems Manager in landing-zone-accelerator issue 269.
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..faults import ERRORS
from ..pipeline import Call, Rules

NOT_BY_DEFAULT = ("af-south-1", "ap-southeast-3", "eu-south-1")
"""Those that moto calls opt-in-not-required, and AWS does not."""
_MESSAGES = {"ec2": "AWS was not able to validate the provided access credentials"}


def opt_in_status(call: Call, region: Any) -> str:
    """OptInStatus of one of moto's Regions for this account."""
    needed = region.opt_in_status == "not-opted-in" or region.name in NOT_BY_DEFAULT
    if not needed:
        return "opt-in-not-required"
    return "opted-in" if region.name in call.world.enabled_regions else "not-opted-in"


def _refuse_where_not_enabled(call: Call) -> None:
    here = next((each for each in call.ec2.regions if each.name == call.region), None)
    if here is None or opt_in_status(call, here) != "not-opted-in":
        return
    codes, message = ERRORS["invalid"]
    code, status = codes.get(call.service, codes[""])
    raise AwsError(code, _MESSAGES.get(call.service, message), status)


def _show_enabled(call: Call, result: Any) -> Any:
    everyone = str(call.params.get("AllRegions", "")).lower() == "true"
    shown = [
        {"RegionName": each.name, "Endpoint": each.endpoint, "OptInStatus": opt_in_status(call, each)}
        for each in result["Regions"]
    ]
    return {"Regions": [each for each in shown if everyone or each["OptInStatus"] != "not-opted-in"]}


def install(rules: Rules) -> None:
    """Install the refusal in front of every operation of the services that have an endpoint in each Region."""
    for service in ("ec2", "elbv2", "elb", "ssm", "service-quotas", "sts"):
        rules.before(service, "*", rule=_refuse_where_not_enabled)
    rules.after("ec2", "DescribeRegions", rule=_show_enabled)
