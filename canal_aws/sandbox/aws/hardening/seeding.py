"""moto knows neither Canonical's nor Flatcar's images, nor Canonical's SSM parameters; AWS has them in every
Region."""

from __future__ import annotations

from ..pipeline import Call, Rules
from ..seed_images import seed_region


def _seed(call: Call) -> None:
    seed_region(call.world, call.region)


def install(rules: Rules) -> None:
    """Seed a Region when it is first spoken to."""
    rules.before("ec2", "*", rule=_seed)
    rules.before("ssm", "*", rule=_seed)
