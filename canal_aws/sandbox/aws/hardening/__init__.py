"""The places where moto is laxer than AWS, one concern a module; `install_all` puts them all around moto."""

from __future__ import annotations

from ..pipeline import Rules
from . import seeding

MODULES = (seeding,)


def install_all(rules: Rules) -> None:
    """Install every hardening into `rules`."""
    for module in MODULES:
        module.install(rules)
