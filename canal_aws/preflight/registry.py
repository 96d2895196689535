"""A check is one small function: its parameters' types say what it reads, its docstring what it is for.

    @check("routes-per-table", group="routes", quotas=("L-93826ACB",), source="VPC User Guide, Amazon VPC quotas")
    def routes_fit(plan: Plan, tables: RouteTables) -> Iterator[Finding]:
        \"\"\"Pod routes that the architecture adds to each table fit the applied quota.\"\"\"

docs/checks.md is made from what is said here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from canal_aws.preflight.findings import Finding

Function = Callable[..., Iterable[Finding]]
F = TypeVar("F", bound=Function)

_REGISTERED: dict[str, Check] = {}


@dataclass(frozen=True)
class Check:
    """One check. `needs` are the types of what it reads; `quotas` the codes that it grades; `source` where its rule is from."""

    name: str
    group: str
    function: Function
    needs: tuple[type, ...]
    quotas: tuple[str, ...]
    source: str

    @property
    def summary(self) -> str:
        """What it checks, in one sentence."""
        return (inspect.getdoc(self.function) or "").split("\n\n")[0].replace("\n", " ")

    def run(self, facts: dict[type, Any]) -> tuple[Finding, ...]:
        """Its findings, from facts by type."""
        return tuple(self.function(*(facts[need] for need in self.needs)))


def check(name: str, *, group: str, source: str, quotas: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Registers the function below as a check; its parameters are what it needs."""

    def register(function: F) -> F:
        hints = get_type_hints(function)
        needs = tuple(hints[parameter] for parameter in inspect.signature(function).parameters)
        if name in _REGISTERED:
            raise ValueError(f"two checks are named {name}")
        _REGISTERED[name] = Check(name, group, function, needs, quotas, source)
        return function

    return register


def input_checks() -> tuple[Check, ...]:
    """Every check that needs no credentials, in the order of their modules' names and of each module."""
    return _of("canal_aws.preflight.checks")


def live_checks() -> tuple[Check, ...]:
    """Every check that asks AWS, in the same order."""
    return _of("canal_aws.preflight.live_checks")


def doctor_checks() -> tuple[Check, ...]:
    """Every check of `canal-aws doctor`, in the same order."""
    return _of("canal_aws.doctor.checks")


def destroy_checks() -> tuple[Check, ...]:
    """Every check before `pulumi destroy`, in the same order."""
    return _of("canal_aws.preflight.destroy_checks")


def _of(package_name: str) -> tuple[Check, ...]:
    package = importlib.import_module(package_name)
    for module in sorted(each.name for each in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package_name}.{module}")
    found = [each for each in _REGISTERED.values() if each.function.__module__.startswith(f"{package_name}.")]
    # Modules import one another: what was registered first says nothing.
    return tuple(sorted(found, key=lambda each: (each.function.__module__, each.function.__code__.co_firstlineno)))
