"""What a run of the demo found, and its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: kwok marks every pod Ready, so the sandbox can say no more of pods than that.
PODS_READY = "simulated"


@dataclass
class Result:
    """One architecture's run; None where a phase was not reached.

    Seconds are those of the Pulumi command alone. `second_up_changes` and `refresh_changes` count resources that were
    not left as they were, `leftovers` is what the embedded AWS still holds after `destroy` ("type id"), `vpc_routes`
    the pod routes of the fullest route table. `pod_mtu` and `source_dest_check` are read back from the cluster and the
    instances. `error` says why a phase ended early.
    """

    name: str
    resources: int | None = None
    seconds: float | None = None
    second_up_changes: int | None = None
    refresh_changes: int | None = None
    leftovers: list[str] = field(default_factory=list)
    canal_accepted: bool = False
    pods_ready: str = PODS_READY
    pod_mtu: int | None = None
    source_dest_check: bool | None = None
    vpc_routes: int | None = None
    route_warning: str | None = None
    second_up_changed: list[str] = field(default_factory=list)
    second_up_seconds: float | None = None
    refresh_seconds: float | None = None
    destroy_seconds: float | None = None
    nodes: int | None = None
    aws_calls: int | None = None
    aws_calls_by_operation: dict[str, int] = field(default_factory=dict)
    sandbox_memory_peak_bytes: int | None = None
    engine_memory_peak_bytes: int | None = None
    error: str | None = None

    @property
    def as_expected(self) -> bool:
        """Whether it came up, stayed as it was, and left nothing."""
        unchanged = self.second_up_changes == 0 and self.refresh_changes == 0
        return self.error is None and unchanged and self.canal_accepted and not self.leftovers

    def complaints(self) -> list[str]:
        """What was not as expected, one sentence each; the error first."""
        found = [self.error] if self.error else []
        if self.second_up_changes:
            which = f": {'; '.join(self.second_up_changed)}" if self.second_up_changed else ""
            found.append(f"the second `up` changed {self.second_up_changes} resources instead of none{which}")
        if self.refresh_changes:
            found.append(f"`refresh` found {self.refresh_changes} resources changed instead of none")
        if self.second_up_changes is not None and not self.canal_accepted:
            found.append("the API server does not hold all of Canal's DaemonSets and Deployments")
        if self.leftovers:
            found.append(f"`destroy` left {', '.join(self.leftovers)}")
        return found


def as_json(results: Sequence[Result], seconds: float) -> dict[str, Any]:
    """The demo's JSON: `architectures` in the order of the run, and the `seconds` of the whole."""
    return {"architectures": [asdict(result) for result in results], "seconds": round(seconds, 1)}
