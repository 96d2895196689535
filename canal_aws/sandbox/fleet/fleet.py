"""The fleet's loop: what DescribeInstances says, handed to a cluster for each stack."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Iterable
from dataclasses import replace

from canal_aws.sandbox.fleet.aws import Balancer
from canal_aws.sandbox.fleet.cluster import Cluster, Settings
from canal_aws.sandbox.fleet.fleet_state import FleetState
from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.fleet.proxy import Proxy

POLL_SECONDS = 0.4
_LONGEST_PAUSE_SECONDS = 5.0
_FINISH_SECONDS = 15.0
_log = logging.getLogger("fleet")


class Fleet:
    """Polls until `stop` is set. Data of an earlier fleet that was killed is removed at the start."""

    def __init__(self, settings: Settings, state: FleetState, home_region: str) -> None:
        self._state = state
        self._settings = replace(settings, changed=self._changed)
        self._dirty = threading.Event()
        self._clusters: dict[str, Cluster] = {}
        self._instances: dict[str, list[Instance]] = {}  # by Region
        self._balancers: list[Balancer] = []
        self._active = {home_region}
        self._others: list[str] = []  # Regions still to be looked into in this round
        self._proxy = Proxy(self._way_to)

    def run(self, stop: threading.Event) -> None:
        """Returns when `stop` is set and every child process has ended."""
        shutil.rmtree(self._settings.folder, ignore_errors=True)
        self._settings.folder.mkdir(parents=True)
        self._proxy.start()
        self._write()
        failures = 0
        try:
            while not stop.is_set():
                started = time.monotonic()
                try:
                    self._poll()
                    failures = 0
                except Exception as error:
                    # The embedded AWS may be restarting; nothing is concluded from an answer that did not come.
                    failures += 1
                    expected = type(error).__module__.startswith(("botocore", "requests"))
                    _log.warning("the embedded AWS: %s", error, exc_info=not expected)
                self._give()
                if self._dirty.is_set():
                    self._write()
                stop.wait(_pause(time.monotonic() - started, failures))
        finally:
            self._finish()

    def _changed(self) -> None:
        self._dirty.set()

    def _way_to(self, host: str) -> str | None:
        ways = (cluster.proxy_to(host) for cluster in list(self._clusters.values()))
        return next((way for way in ways if way), None)

    def _poll(self) -> None:
        """Regions with instances at each turn, and one of the others, so that none is overlooked for long."""
        aws = self._settings.aws
        if not self._others:
            self._others = [region for region in aws.regions() if region not in self._active]
        other = self._others.pop(0)
        if aws.has_instances(other):
            self._active.add(other)
        for region in sorted(self._active):
            self._instances[region] = [Instance.of(found, region) for found in aws.instances(region)]
        self._balancers = aws.balancers() if any(self._instances.values()) else []

    def _give(self) -> None:
        """Hand each cluster its instances; a cluster begins with its first instance."""
        stacks: dict[str, list[Instance]] = {}
        for instances in self._instances.values():
            for instance in instances:
                stacks.setdefault(instance.stack, []).append(instance)
        for stack, instances in stacks.items():
            cluster = self._clusters.get(stack)
            if cluster is not None and cluster.ended:
                del self._clusters[stack]
                cluster = None
                self._changed()
            if cluster is None and any(not instance.gone for instance in instances):
                cluster = Cluster(stack, folder_name(stack), self._settings)
                self._clusters[stack] = cluster
                cluster.update(instances, self._balancers)
                cluster.start()
                self._changed()
            elif cluster is not None:
                cluster.update(instances, self._balancers)
        for stack in set(self._clusters) - set(stacks):
            # The account was reset, or EC2 forgot the terminated instances.
            self._end([self._clusters.pop(stack)])
            self._changed()

    def _write(self) -> None:
        self._dirty.clear()
        self._state.write(self._proxy.url, [cluster.description() for cluster in self._clusters.values()])

    def _finish(self) -> None:
        self._proxy.stop()
        self._end(self._clusters.values())
        shutil.rmtree(self._settings.folder, ignore_errors=True)
        self._state.remove()
        _log.info("ended")

    @staticmethod
    def _end(clusters: Iterable[Cluster]) -> None:
        ending = list(clusters)
        for cluster in ending:
            cluster.finish()
        for cluster in ending:
            cluster.join(_FINISH_SECONDS)


def folder_name(stack: str) -> str:
    """A folder for organization/project/stack: readable, and never the same for two stacks."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", stack)[-40:] + "-" + hashlib.sha256(stack.encode()).hexdigest()[:8]


def _pause(poll_took: float, failures: int) -> float:
    """Seconds until the next poll: the fleet never takes more than a third of the embedded AWS's time."""
    return min(max(POLL_SECONDS, 2 * poll_took) * 2.0 ** min(failures, 4), _LONGEST_PAUSE_SECONDS)
