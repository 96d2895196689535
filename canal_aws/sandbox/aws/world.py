"""What the embedded AWS knows beside moto's own state: quotas, counters, seeded Regions, times of creation."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from . import ACCOUNT_ID
from .calls import CallCounter
from .faults import Faults
from .quotas import Quotas
from .roles import Sessions
from .timeline import Timeline
from .traffic import Traffic


@dataclass
class World:
    """The state of one server. `lock` is held for the whole of every API call, so that a check (a quota, an
    address in use) and the change that it guards are one step, whatever runs in parallel."""

    account_id: str = ACCOUNT_ID
    quotas: Quotas = field(default_factory=Quotas)
    calls: CallCounter = field(default_factory=CallCounter)
    lock: threading.RLock = field(default_factory=threading.RLock)
    seeded: set[tuple[str, str]] = field(default_factory=set)
    image_generation: int = 1
    timeline: Timeline = field(default_factory=Timeline)
    denied: set[str] = field(default_factory=set)
    """IAM actions that the caller has no permission for, as "servicequotas:GetServiceQuota"."""
    faults: Faults = field(default_factory=Faults)
    traffic: Traffic = field(default_factory=Traffic)
    enabled_regions: set[str] = field(default_factory=set)
    """Regions that the account has opted into, beside those that every account has."""
    zone_states: dict[str, str] = field(default_factory=dict)
    """Zones whose state is not `available`, by name."""
    sessions: Sessions = field(default_factory=Sessions)
    consoles: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What an instance wrote to its console, and when (ISO 8601): put there by the fleet."""

    def backend(self, service: str, region: str) -> Any:
        """moto's own state of a service ("ec2", "elbv2", "iam", "s3", "ssm") in a Region; IAM's and S3's are global."""
        from moto.backends import get_backend

        backends = get_backend(service)[self.account_id]
        return backends["aws" if service in ("iam", "s3") else region]

    def regions(self, service: str) -> list[str]:
        """The Regions of a service that have been touched so far."""
        from moto.backends import get_backend

        return list(get_backend(service)[self.account_id].keys())

    def reset(self) -> None:
        """A fresh account: everything created is gone, quotas are the defaults, the call counter is zero."""
        from moto.moto_api._internal.models import moto_api_backend

        with self.lock:
            moto_api_backend.reset()
            self.quotas.reset()
            self.calls.reset()
            self.seeded.clear()
            self.timeline.clear()
            self.denied.clear()
            self.faults.clear()
            self.traffic.reset()
            self.enabled_regions.clear()
            self.zone_states.clear()
            self.sessions.by_key.clear()
            self.consoles.clear()
            self.image_generation = 1
