"""Stand-in for systemd: the units that user data wrote, and the calls of `systemctl` by scripts and kubeadm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from canal_aws.sandbox.machines.inside.body import Body
from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.inside.services import Present, Service, Startable
from canal_aws.sandbox.machines.inside.timers import Timer
from canal_aws.sandbox.machines.inside.units import Unit, UnitRefused, parse

_FOLDERS = ("/etc/systemd/system", "/run/systemd/system")
_TARGETS = ("multi-user.target", "timers.target")
# What the images bring, and nothing here depends on.
_PRESENT = (
    *("containerd.service", "docker.service", "systemd-resolved.service", "systemd-networkd.service"),
    *("systemd-sysext.service", "ensure-sysext.service", "update-engine.service", "locksmithd.service"),
    *("systemd-sysupdate.timer", "systemd-sysupdate.service", "systemd-modules-load.service", "systemd-sysctl.service"),
)
_ENABLED = ("kubelet.service",)  # by its package, and by Flatcar's extension
_IGNORED = ("--no-block", "--quiet", "-q", "--now", "--no-pager", "--runtime", "--full", "-l")
_START_SECONDS = 600.0
_NOT_MODELLED = 64


class Systemd:
    """One machine's. `own` are units with an implementation of their own, the kubelet among them.

    `out(line, console)` takes what a unit writes, `changed(unit, active)` every new state.
    """

    def __init__(
        self,
        body: Body,
        root: Root,
        own: Mapping[str, Startable],
        out: Callable[[str, str, bool], None],
        changed: Callable[[str, str], None],
    ) -> None:
        self._body = body
        self._root = root
        self._own = {**{name: Present() for name in _PRESENT}, **own}
        self._out = out
        self._changed = changed
        self._booted = time.monotonic()
        self._loaded: dict[str, Startable] = {}
        self._lock = threading.Lock()

    def boot(self) -> None:
        """Starts what is enabled, without waiting. A unit that systemd would not load is named on the console."""
        self._booted = time.monotonic()
        for name in (*_ENABLED, *self.enabled()):
            try:
                self._get(name).start()
            except UnitRefused as error:
                self._out(name, str(error), True)

    def enabled(self) -> list[str]:
        """Units that a target wants, in the order of their names."""
        folder = self._root.path(_FOLDERS[0])
        return sorted({link.name for target in _TARGETS for link in folder.glob(f"{target}.wants/*")})

    def start(self, name: str) -> threading.Event:
        """Starts a unit; raises UnitRefused where there is none or it cannot be loaded."""
        return self._get(_full(name)).start()

    def shut_down(self) -> None:
        """Stops all units, whose processes have been killed already."""
        with self._lock:
            units = [*self._loaded.values(), *self._own.values()]
            self._loaded.clear()
        for unit in units:
            unit.stop()

    def systemctl(self, words: Sequence[str]) -> tuple[int, str]:
        """Exit status and output of `systemctl WORDS…`."""
        verbs = [word for word in words if not word.startswith("-")]
        unknown = [word for word in words if word.startswith("-") and word not in _IGNORED]
        if unknown or not verbs:
            return _NOT_MODELLED, f"stand-in systemctl does not model: {' '.join(words)}\n"
        verb, names = verbs[0], [_full(name) for name in verbs[1:]]
        act = getattr(self, f"_do_{verb.replace('-', '_')}", None)
        if act is None:
            return _NOT_MODELLED, f"stand-in systemctl does not model: {' '.join(words)}\n"
        try:
            status, output = act(names, "--no-block" not in words)
            if status == 0 and "--now" in words:
                follow = self._do_start if verb == "enable" else self._do_stop
                return follow(names, "--no-block" not in words)
            return status, output
        except UnitRefused as error:
            return 5, f"{error}\n"

    def _do_daemon_reload(self, names: list[str], wait: bool) -> tuple[int, str]:
        return 0, ""

    def _do_reset_failed(self, names: list[str], wait: bool) -> tuple[int, str]:
        return 0, ""

    def _do_start(self, names: list[str], wait: bool) -> tuple[int, str]:
        units = {name: self._get(name) for name in names}
        jobs = [unit.start() for unit in units.values()]
        if wait:
            for job in jobs:
                job.wait(_START_SECONDS)
        failed = [name for name, unit in units.items() if wait and unit.active == "failed"]
        return (1, f"Job for {failed[0]} failed.\n") if failed else (0, "")

    def _do_stop(self, names: list[str], wait: bool) -> tuple[int, str]:
        for name in names:
            self._get(name).stop()
        return 0, ""

    def _do_restart(self, names: list[str], wait: bool) -> tuple[int, str]:
        self._do_stop(names, wait)
        return self._do_start(names, wait)

    _do_try_restart = _do_reload_or_restart = _do_restart

    def _do_enable(self, names: list[str], wait: bool) -> tuple[int, str]:
        for name in names:
            for link in self._links(name):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(f"{_FOLDERS[0]}/{name}")
        return 0, ""

    def _do_disable(self, names: list[str], wait: bool) -> tuple[int, str]:
        for name in names:
            for link in self._links(name):
                link.unlink(missing_ok=True)
        return 0, ""

    def _do_mask(self, names: list[str], wait: bool) -> tuple[int, str]:
        for name in names:
            file = self._root.path(f"{_FOLDERS[0]}/{name}")
            file.unlink(missing_ok=True)
            file.symlink_to("/dev/null")
        return 0, ""

    def _do_is_active(self, names: list[str], wait: bool) -> tuple[int, str]:
        states = [self._state(name) for name in names]
        return (0 if "active" in states else 3), "".join(f"{state}\n" for state in states)

    def _do_is_enabled(self, names: list[str], wait: bool) -> tuple[int, str]:
        on = [name in self.enabled() for name in names]
        return (0 if any(on) else 1), "".join("enabled\n" if each else "disabled\n" for each in on)

    def _do_status(self, names: list[str], wait: bool) -> tuple[int, str]:
        for name in names:
            try:
                active = self._get(name).active
            except UnitRefused:
                return 4, f"Unit {name} could not be found.\n"
            if active != "active":
                return 3, f"{name}\n     Loaded: loaded\n     Active: {active}\n"
        return 0, "".join(f"{name}\n     Loaded: loaded\n     Active: active\n" for name in names)

    def _state(self, name: str) -> str:
        try:
            return self._get(name).active
        except UnitRefused:
            return "inactive"

    def _links(self, name: str) -> list[Path]:
        """Where [Install] wants the unit linked; a unit of the image's own is wanted by multi-user.target."""
        unit = self._read(name) if name not in self._own else None
        wanted = ["multi-user.target"]
        if unit is not None:
            wanted = unit.words("Install", "WantedBy") + unit.words("Install", "RequiredBy")
        return [self._root.path(f"{_FOLDERS[0]}/{target}.wants/{name}") for target in wanted]

    def _get(self, name: str) -> Startable:
        with self._lock:
            if name in self._own:
                return self._own[name]
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> Startable:
        unit = self._read(name)
        if name.endswith(".timer"):
            return Timer(unit, self._booted, self._elapsed, lambda active: self._changed(name, active))
        if not name.endswith(".service"):
            raise UnitRefused(f"{name}: the machines know services and timers only")
        console = "console" in unit.one("Service", "StandardOutput")
        return Service(
            unit,
            self._body,
            self._root,
            lambda line: self._out(name, line, console),
            lambda active: self._changed(name, active),
        )

    def _read(self, name: str) -> Unit:
        """The unit's file and its drop-ins, as systemd.unit(5) orders them."""
        files = [self._root.path(f"{folder}/{name}") for folder in _FOLDERS]
        found = [file for file in files if file.exists() or file.is_symlink()][:1]
        if not found:
            raise UnitRefused(f"Unit {name} could not be found.")
        if found[0].is_symlink() and found[0].readlink() == Path("/dev/null"):
            raise UnitRefused(f"Unit {name} is masked.")
        drop_ins = sorted(
            (file for folder in _FOLDERS for file in self._root.path(f"{folder}/{name}.d").glob("*.conf")),
            key=lambda file: file.name,
        )
        return parse(name, [file.read_text() for file in (*found, *drop_ins)])

    def _elapsed(self, name: str) -> None:
        try:
            self.start(name)
        except UnitRefused as error:
            self._out(name, str(error), True)


def _full(name: str) -> str:
    """`systemctl` takes a name without a suffix for a service's."""
    return name if "." in name else f"{name}.service"
