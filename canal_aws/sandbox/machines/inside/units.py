"""systemd's unit files: as much of systemd.unit(5), systemd.service(5) and systemd.timer(5) as the machines model."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Sections = dict[str, list[tuple[str, str]]]

# What has no effect on a machine that starts few units, in an order that its scripts do not rely on.
_WITHOUT_EFFECT = {
    "Unit": {
        *("Description", "Documentation", "After", "Before", "Wants", "StartLimitIntervalSec", "StartLimitBurst"),
        *("DefaultDependencies", "Requires", "BindsTo", "PartOf", "Conflicts", "FailureAction"),
    },
    "Service": {
        *("StandardError", "SyslogIdentifier", "KillMode", "UMask", "LimitNOFILE", "OOMScoreAdjust", "Slice"),
        *("CPUAccounting", "MemoryAccounting", "TimeoutStartSec", "TimeoutStopSec", "TimeoutSec", "Delegate"),
    },
    "Timer": {"AccuracySec", "Persistent", "RandomizedDelaySec", "FixedRandomDelay"},
    "Install": {"Alias", "Also"},
}
_MODELLED = {
    "Unit": {"ConditionPathExists", "AssertPathExists", "ConditionFirstBoot"},
    "Service": {
        *("Type", "ExecStartPre", "ExecStart", "ExecStartPost", "Restart", "RestartSec", "Environment"),
        *("EnvironmentFile", "StandardOutput", "RemainAfterExit", "WorkingDirectory", "ExecCondition"),
    },
    "Timer": {"OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec", "OnCalendar", "Unit"},
    "Install": {"WantedBy", "RequiredBy", "UpheldBy"},
}
_TYPES = ("simple", "exec", "oneshot", "notify", "idle")
_RESTARTS = ("no", "on-failure", "always", "on-success", "on-abnormal")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zµ]*)")
# systemd.time(7).
_UNITS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec"), 0.001),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
}
_CALENDAR = {"minutely": 60.0, "hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0}


class UnitRefused(ValueError):
    """systemd would not load the unit, or it uses what the machines do not model; names unit, key and value."""


@dataclass(frozen=True)
class Unit:
    """A unit file that was parsed, drop-ins included. Keys may stand more than once; an empty value clears a list."""

    name: str
    sections: Sections = field(default_factory=dict)

    def all(self, section: str, key: str) -> list[str]:
        """Every value of a key, after the last empty one."""
        values: list[str] = []
        for found, value in self.sections.get(section, ()):
            if found == key:
                values = [*values, value] if value else []
        return values

    def one(self, section: str, key: str, default: str = "") -> str:
        """The last value of a key."""
        return (self.all(section, key) or [default])[-1]

    def words(self, section: str, key: str) -> list[str]:
        """The words of all values of a key."""
        return [word for value in self.all(section, key) for word in value.split()]

    def seconds(self, section: str, key: str, default: float) -> float:
        """A time span in seconds."""
        value = self.one(section, key)
        return span(value, f"{self.name}: {key}") if value else default


def parse(name: str, texts: Sequence[str]) -> Unit:
    """The unit of a file and its drop-ins, in order. Raises UnitRefused."""
    sections: Sections = {}
    for text in texts:
        section = ""
        for line in re.sub(r"\\\n", " ", text).splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line[0] == "[" and line[-1] == "]":
                section = line[1:-1]
                sections.setdefault(section, [])
                continue
            key, equals, value = line.partition("=")
            if not equals or not section:
                raise UnitRefused(f"{name}: {line!r} is neither a [Section] nor Key=value in one")
            sections[section].append((key.strip(), value.strip()))
    unit = Unit(name, sections)
    _check(unit)
    return unit


def span(text: str, what: str) -> float:
    """Seconds of systemd's time spans: "30", "1h", "1min 30s". Raises UnitRefused."""
    found = _SPAN.findall(text)
    if not found or _SPAN.sub("", text).strip() or any(unit not in _UNITS for _, unit in found):
        raise UnitRefused(f"{what}={text} is no time span as systemd.time(7) has them")
    return sum(float(number) * _UNITS[unit] for number, unit in found)


def calendar(text: str, what: str) -> float:
    """Seconds between two turns of an OnCalendar= that is one of systemd's names; others are not modelled."""
    if text not in _CALENDAR:
        raise UnitRefused(f"{what}={text}: the machines know only {', '.join(_CALENDAR)}")
    return _CALENDAR[text]


def command(line: str, what: str, variables: Mapping[str, str]) -> tuple[bool, list[str]]:
    """Whether a failure counts, and the argument vector, of an Exec line. Raises UnitRefused."""
    counts = True
    while line[:1] in "-:@+!":
        if line[:1] != "-":
            raise UnitRefused(f"{what}={line}: the prefix {line[0]!r} is not modelled")
        counts, line = False, line[1:]
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UnitRefused(f"{what}={line}: {error}") from None
    if not words or not words[0].startswith("/"):
        raise UnitRefused(f"{what}={line}: systemd wants an absolute path")
    expanded: list[str] = []
    for word in words:
        if re.fullmatch(r"\$[A-Za-z_]\w*", word):  # a word of its own is split, ${X} within one is not
            expanded += variables.get(word[1:], "").split()
        else:
            expanded.append(re.sub(r"\$\{(\w+)\}", lambda found: variables.get(found[1], ""), word).replace("%%", "%"))
    return counts, expanded


def _check(unit: Unit) -> None:
    for section, pairs in unit.sections.items():
        if section.startswith("X-"):
            continue
        if section not in _MODELLED:
            raise UnitRefused(f"{unit.name}: the section [{section}] is not modelled")
        for key, value in pairs:
            if key not in _MODELLED[section] and key not in _WITHOUT_EFFECT[section]:
                raise UnitRefused(f"{unit.name}: {key}={value} in [{section}] is no key that the machines know")
    kind = unit.name.rpartition(".")[2]
    if kind == "service":
        if unit.one("Service", "Type", "simple") not in _TYPES:
            raise UnitRefused(f"{unit.name}: Type={unit.one('Service', 'Type')} is not modelled")
        if unit.one("Service", "Restart", "no") not in _RESTARTS:
            raise UnitRefused(f"{unit.name}: Restart={unit.one('Service', 'Restart')} is not modelled")
        if not unit.all("Service", "ExecStart"):
            raise UnitRefused(f"{unit.name} has no ExecStart=")
