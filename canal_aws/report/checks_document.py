"""docs/checks.md: every check as its registration and its docstring describe it. `make docs` writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from canal_aws.preflight.registry import Check, destroy_checks, doctor_checks, input_checks, live_checks
from canal_aws.quotas import BY_CODE, NEAR_SHARE, Quota

_PARTS: tuple[tuple[str, str, Callable[[], tuple[Check, ...]]], ...] = (
    (
        "From the inputs alone",
        "Run by `canal-aws preflight`, `--inputs-only` included, and by `pulumi preview` and `up`.",
        input_checks,
    ),
    ("Asked of AWS", "Run by `canal-aws preflight`.", live_checks),
    ("Before a destroy", "Run by `canal-aws preflight --destroy` ([destroy.md](destroy.md)).", destroy_checks),
    ("On a stack that runs", "Run by `canal-aws doctor` ([doctor.md](doctor.md)).", doctor_checks),
)
_HEAD = f"""# Every check

Made by `make docs` from the checks themselves; do not edit. `Reads` are the types of fact that a check is given: without
one of them it says so and does not pass.

A quota is graded by what there is and what the plan adds: ok; near from {NEAR_SHARE:.0%} of its limit on; over the applied
quota; over the hard maximum, where AWS has one. The limit is the applied value that Service Quotas tells, with
`--inputs-only` AWS's default. What the plan adds nothing to is near at worst.
"""


def document() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    for title, run_by, checks in _PARTS:
        rows = "\n".join(_row(check) for check in checks())
        parts.append(
            f"\n## {title}\n{run_by}\n\n| check | group | what | reads | quota | source |\n|---|---|---|---|---|---|\n{rows}\n"
        )
    return "".join(parts)


def _row(check: Check) -> str:
    cells = (
        f"`{check.name}`",
        check.group,
        check.summary,
        ", ".join(need.__name__ for need in check.needs),
        "; ".join(_quotas(check)) or "-",
        check.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _quotas(check: Check) -> Iterator[str]:
    for code in check.quotas:
        quota: Quota = BY_CODE[code]
        most = f", at most {quota.maximum:,}" if quota.maximum else ""
        yield f"{quota.key} ({quota.name}: {quota.default:,}{most})"


if __name__ == "__main__":
    print(document(), end="")
