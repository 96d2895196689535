"""The static pods of a machine: a process for each container, seeing what its manifest mounts and nothing else."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from canal_aws.sandbox.machines.inside.body import Body, end_group
from canal_aws.sandbox.machines.inside.root import STAND_INS, TOOLCHAIN, Root

MANIFESTS = "/etc/kubernetes/manifests"
"""kubeadm's staticPodPath."""

# The kubelet's back-off for a container that ends: at once, then 10 s doubling to 5 min, forgotten after 10 min
# (Kubernetes documentation, "Pod Lifecycle", container restarts).
_FIRST_PAUSE, _LONGEST_PAUSE, _FORGET_SECONDS = 10.0, 300.0, 600.0
_STOP_SECONDS = 5.0
# A kubelet starts its pods in no order. Clients of an API that is not ready fail once and then wait out back-offs and
# lease periods, on a real node like here; the order in which nobody waits is as good as any other.
_CLIENTS = ("kube-controller-manager", "kube-scheduler")
_CLIENTS_WAIT_SECONDS = 15.0
_CONTAINER = (
    "unshare",
    "--mount",
    "--propagation",
    "unchanged",
    "bash",
    "-c",
    (STAND_INS / "container").read_text(),
    "container",
)


class ManifestRefused(Exception):
    """A kubelet would not run this manifest, or the machines do not model something in it."""


@dataclass
class Pod:
    """A manifest and its process. `hash` is what the kubelet calls config.hash: it changes with the file."""

    name: str
    hash: str
    manifest: dict[str, Any]
    seen: float
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0  # before the next start
    due: float = 0.0
    refused: str = ""


class StaticPods:
    """What a kubelet does with its manifests. `sync` is called by the kubelet's thread, `stop` by others, too.

    They outlive the kubelet's own end, as containers do; a unit of their own ("static-pods") stops them.
    """

    def __init__(
        self,
        body: Body,
        root: Root,
        tools: Path,
        api_is_ready: Callable[[], bool],
        out: Callable[[str], None],
        changed: Callable[[str, str], None],
    ) -> None:
        self.active = "active"
        self.pods: dict[str, Pod] = {}  # by the name of the manifest's file
        self._body = body
        self._root = root
        self._tools = tools
        self._api_is_ready = api_is_ready
        self._out = out
        self._changed = changed
        self._lock = threading.RLock()

    def start(self) -> threading.Event:
        done = threading.Event()
        done.set()
        return done

    def stop(self) -> None:
        """Ends every pod's process."""
        with self._lock:
            for file in list(self.pods):
                self._end(self.pods.pop(file))

    def sync(self) -> None:
        """Starts, restarts and ends processes so that they are what the manifests say."""
        with self._lock:
            found = {file.name: file for file in sorted(self._root.path(MANIFESTS).glob("*.yaml"))}
            for name in [name for name in self.pods if name not in found]:
                self._end(self.pods.pop(name))
            for name, file in found.items():
                self._take(name, file)
            ready: bool | None = None
            for pod in self.pods.values():
                if self._waits(pod):
                    ready = self._api_is_ready() if ready is None else ready
                    if not ready:
                        continue
                self._keep(pod)

    def _waits(self, pod: Pod) -> bool:
        """Whether a pod that was never started waits for this machine's own API server."""
        waited = time.monotonic() - pod.seen
        first = pod.name in _CLIENTS and pod.started == 0.0 and waited < _CLIENTS_WAIT_SECONDS
        return first and any(other.name == "kube-apiserver" for other in self.pods.values())

    def _take(self, name: str, file: Path) -> None:
        try:
            content = file.read_bytes()
        except OSError:
            return  # it went in this moment
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        known = self.pods.get(name)
        if known is not None and known.hash == digest:
            return
        try:
            manifest = yaml.safe_load(content)
            made = Pod(manifest["metadata"]["name"], digest, manifest, seen=time.monotonic())
        except (yaml.YAMLError, KeyError, TypeError):
            return  # it is just being written
        if known is not None:
            self._end(known)
        self.pods[name] = made

    def _keep(self, pod: Pod) -> None:
        now = time.monotonic()
        if pod.process is not None:
            status = pod.process.poll()
            if status is None:
                return
            ran = now - pod.started
            pod.pause = 0.0 if (pod.pause == 0.0 and pod.due == 0.0) or ran > _FORGET_SECONDS else pod.pause
            pod.due = now + pod.pause
            self._out(f"{pod.name} ended with status {status} after {ran:.1f} s, again in {pod.pause:g} s")
            self._changed(f"pod/{pod.name}", "activating")
            pod.pause = min(pod.pause * 2 or _FIRST_PAUSE, _LONGEST_PAUSE)
            pod.process = None
        if now < pod.due:
            return
        try:
            self._start(pod)
            pod.refused = ""
        except ManifestRefused as error:
            if str(error) != pod.refused:
                pod.refused = str(error)
                self._out(f"{pod.name}: {error}")
                self._changed(f"pod/{pod.name}", "failed")
            pod.due = now + _FIRST_PAUSE

    def _start(self, pod: Pod) -> None:
        spec = pod.manifest["spec"]
        if not spec.get("hostNetwork"):
            raise ManifestRefused("a static pod without hostNetwork is not modelled")
        if len(spec["containers"]) != 1 or spec.get("initContainers"):
            raise ManifestRefused("a static pod with more than one container is not modelled")
        container = spec["containers"][0]
        command = [*container.get("command", ()), *container.get("args", ())]
        if not command or "/" in command[0] or not (self._tools / command[0]).exists():
            raise ManifestRefused(f"the toolchain has no {command[0] if command else container['image']}")
        environment = {entry["name"]: entry["value"] for entry in container.get("env") or () if "value" in entry}
        where = (f"/run/pods/{pod.name}", f"{TOOLCHAIN}/{command[0]}")
        log = self._root.path(f"/var/log/pods/{pod.name}.log")
        with log.open("ab") as output:
            pod.process = self._body.spawn(
                [*_CONTAINER, *where, *self._mounts(spec, container), "--", *command],
                environment,
                bare=True,
                stdout=output,
            )
        pod.started = time.monotonic()
        self._changed(f"pod/{pod.name}", "active")

    def _mounts(self, spec: dict[str, Any], container: dict[str, Any]) -> list[str]:
        """SOURCE:TARGET:ro or :rw of each mount; hostPath volumes are made where their type says so."""
        volumes = {volume["name"]: volume.get("hostPath") for volume in spec.get("volumes") or ()}
        words = []
        for mount in container.get("volumeMounts") or ():
            host_path = volumes.get(mount["name"])
            if host_path is None:
                raise ManifestRefused(f"volume {mount['name']} is no hostPath, and no other kind is modelled")
            self._prepare(host_path["path"], host_path.get("type", ""))
            words.append(f"{host_path['path']}:{mount['mountPath']}:{'ro' if mount.get('readOnly') else 'rw'}")
        return words

    def _prepare(self, path: str, kind: str) -> None:
        place = self._root.path(path)
        if path.startswith("/usr/") and not path.startswith("/usr/local/"):
            place = Path(path)  # the host's
        if kind == "DirectoryOrCreate":
            place.mkdir(parents=True, exist_ok=True)
        elif kind == "FileOrCreate":
            place.touch(exist_ok=True)
        elif not place.exists():
            raise ManifestRefused(f"hostPath {path} does not exist")
        if kind.startswith("Directory") and not place.is_dir():
            raise ManifestRefused(f"hostPath type check failed: {path} is not a directory")
        if kind.startswith("File") and not place.is_file():
            raise ManifestRefused(f"hostPath type check failed: {path} is not a file")

    def _end(self, pod: Pod) -> None:
        if pod.process is not None:
            end_group(pod.process, signal.SIGTERM)
            try:
                pod.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                end_group(pod.process, signal.SIGKILL)
                pod.process.wait()
        self._changed(f"pod/{pod.name}", "inactive")
