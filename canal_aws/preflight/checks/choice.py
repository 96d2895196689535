"""The settings as such."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.settings_fields import shown

_EVERYONE = "0.0.0.0/0"


@check("settings", group="settings", source="Pulumi.yaml, canal_aws/settings_rules.py")
def settings_go_together(choice: Choice) -> Iterator[Finding]:
    """Every setting can be read, and they go together: ranges apart and large enough, counts, tag keys, choices."""
    for violation in choice.violations:
        yield fails(f"{violation.key} = {shown(violation.value)}: {violation.reason}", violation.way_out)
    if not choice.violations:
        yield ok("every setting can be used")


@check("api-access", group="settings", source="ELB, security groups for your Network Load Balancer")
def api_is_not_open_to_everyone(plan: Plan) -> Iterator[Finding]:
    """The Kubernetes API is reachable from the addresses that were named, and not from everywhere."""
    settings = plan.settings
    allowed = [str(network) for network in settings.api_allowed_cidrs]
    if settings.api_access == "private":
        yield ok(f"the API is reachable from {' and '.join(['within the VPC', *allowed])} alone")
    elif _EVERYONE in allowed:
        yield warning(
            f"apiAllowedCidrs holds {_EVERYONE}: anyone on the internet may speak to the Kubernetes API",
            "name the addresses from which it is needed",
        )
    else:
        yield ok(f"the API is reachable from {', '.join(allowed)}")
