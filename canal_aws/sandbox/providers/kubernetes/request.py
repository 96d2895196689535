"""What is wanted of one object, and how long and how it may be waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.sandbox.providers.kubernetes.check import annotation
from canal_aws.sandbox.providers.kubernetes.kinds import Kind
from canal_aws.sandbox.providers.kubernetes.waiting import DEFAULT_SECONDS


@dataclass(frozen=True)
class Request:
    """One object, as its inputs describe it, and what the engine said of the operation.

    `timeout` is `custom_timeouts` in seconds, 0 where none is given; `report` shows progress.
    """

    kind: Kind
    inputs: Mapping[str, Any]
    preview: bool = False
    timeout: float = 0.0
    report: Callable[[str], None] = lambda text: None

    @property
    def name(self) -> str:
        return str(self.inputs["metadata"]["name"])

    @property
    def namespace(self) -> str | None:
        namespace = self.inputs["metadata"].get("namespace")
        return str(namespace) if namespace else None

    @property
    def title(self) -> str:
        """For messages: `DaemonSet kube-system/calico-node`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.name} {place}{self.name}"

    @property
    def seconds(self) -> float:
        return self.timeout or float(annotation(self.inputs, "timeoutSeconds") or DEFAULT_SECONDS)
