"""Worker pools beside the default one: the record, and how the list is read, with every violation of every pool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from canal_aws.errors import CanalError
from canal_aws.settings_fields import Parser, Violation, Violations, boolean, decoded, instance_type, integer

#: The pool of workersPerZone and workerInstanceType, which is always there.
DEFAULT_POOL = "worker"
#: GiB of a node's root volume where nothing else is said; kubeadm's images and etcd fit well.
DEFAULT_DISK_GIB = 30
#: Names a node's pool on the Node; every pool has it, the default one too.
POOL_LABEL = "canal-aws/pool"

_KEY = "workerPools"
# A pool's name begins its nodes' names (name-zone-number), which are DNS labels (RFC 1123) of 63 characters.
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
# Images take some 10 GiB with Kubernetes on them; gp3 ends at 16 TiB (EBS User Guide, "General Purpose SSD volumes").
_DISK = (20, 16_384)


@dataclass(frozen=True)
class WorkerPool:
    """Workers of one kind in every zone. `taints` are `key=value:Effect`, the value possibly empty.

    `instance_type` is "" for workerInstanceType. Of a spot pool EC2 may take any instance back at two minutes' notice.
    """

    name: str
    count_per_zone: int = 1
    instance_type: str = ""
    disk_gib: int = DEFAULT_DISK_GIB
    spot: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()


def parse(key: str, value: Any) -> Any:
    """A tuple of WorkerPool from a list of maps (or its JSON text), or all that is wrong with it."""
    listed = decoded(value)
    if not isinstance(listed, list):
        return Violation(key, value, "not a list of pools", 'write it like [{"name": "batch", "countPerZone": 1}]')
    found: list[Violation] = []
    pools = []
    for index, raw in enumerate(listed):
        read = _Pool(f"{key}[{index}]", raw)
        pools.append(read.pool())
        found += read.violations
    names = [pool.name for pool in pools if pool]
    found += [
        Violation(f"{key}[{index}].name", name, "another pool has this name", "give each pool a name of its own")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    return Violations(tuple(found)) if found else tuple(pool for pool in pools if pool)


class _Pool:
    """One entry of the list while it is read."""

    def __init__(self, path: str, raw: Any) -> None:
        self.path = path
        self.violations: list[Violation] = []
        self._raw: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        if not isinstance(raw, Mapping):
            self._wrong("", raw, "not a map", f"write its settings as a map: {', '.join(_FIELDS)}")
            return
        if raw.get("name") is None:
            self._wrong("name", "", "a pool needs a name", "give it one, like batch")
        for key in raw.keys() - _FIELDS.keys():
            self._wrong(key, raw[key], "no such setting of a pool", f"use one of {', '.join(_FIELDS)}")

    def pool(self) -> WorkerPool | None:
        """The pool; what cannot be used stands in as its default, and is among the violations."""
        values = {}
        for key, (name, read) in _FIELDS.items():
            if self._raw.get(key) is not None:
                given = read(f"{self.path}.{key}", self._raw[key])
                wrong = [given] if isinstance(given, Violation) else list(_violations(given))
                self.violations += wrong
                if not wrong:
                    values[name] = given
        return WorkerPool(**values) if "name" in values else None

    def _wrong(self, key: str, value: Any, reason: str, way_out: str) -> None:
        self.violations.append(Violation(f"{self.path}.{key}" if key else self.path, value, reason, way_out))


def _violations(given: Any) -> Iterator[Violation]:
    yield from given.found if isinstance(given, Violations) else ()


def _name(path: str, value: Any) -> Any:
    text = str(value)
    if not _NAME.fullmatch(text):
        way_out = "use up to 40 lower-case letters, digits and -, a letter first"
        return Violation(path, value, "cannot begin the names of nodes", way_out)
    if text == DEFAULT_POOL or text.startswith("control-plane"):
        return Violation(path, value, "the program's own nodes have this name", "choose another")
    return text


def _labels(path: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return Violation(path, value, "not a map of labels", 'write it like {"workload": "batch"}')
    found = [wrong for key, text in value.items() for wrong in _label(f"{path}[{key}]", str(key), text)]
    return Violations(tuple(found)) if found else {str(key): str(text) for key, text in value.items()}


def _label(path: str, key: str, value: Any) -> Iterator[Violation]:
    # Here and not above: it brings all of bootstrap, and most stacks have no labels.
    from canal_aws.bootstrap.registration import RegistrationError, check_label

    if key == POOL_LABEL:
        yield Violation(path, key, "each node sets this label itself", "leave it out")
    elif not isinstance(value, str):
        yield Violation(path, value, "a label's value is text", "write it in quotation marks")
    else:
        try:
            check_label(key, value)
        except RegistrationError as error:
            yield _refused(path, value, error)


def _taints(path: str, value: Any) -> Any:
    from canal_aws.bootstrap.registration import RegistrationError, parse_taint

    if not isinstance(value, list):
        return Violation(path, value, "not a list of taints", 'write it like ["dedicated=batch:NoSchedule"]')
    found: list[Violation] = []
    taints: dict[tuple[str, str], str] = {}
    for index, text in enumerate(value):
        where = f"{path}[{index}]"
        try:
            taint = parse_taint(str(text))
        except RegistrationError as error:
            found.append(_refused(where, text, error))
            continue
        if (taint.key, taint.effect) in taints:
            found.append(Violation(where, text, "a node has one taint of a key and effect", "keep one of them"))
        taints[taint.key, taint.effect] = f"{taint.key}={taint.value}:{taint.effect}"
    return Violations(tuple(found)) if found else tuple(taints.values())


def _refused(path: str, value: Any, error: CanalError) -> Violation:
    """A refusal, whose way out stands behind its last semicolon, as a violation."""
    reason, _, way_out = str(error).rpartition("; ")
    return Violation(path, value, reason, way_out)


#: A pool's settings as they are written: the record's field, and how the value is read.
_FIELDS: Mapping[str, tuple[str, Parser]] = {
    "name": ("name", _name),
    "countPerZone": ("count_per_zone", integer(0, 1000, "a number of nodes")),
    "instanceType": ("instance_type", instance_type),
    "diskGiB": ("disk_gib", integer(*_DISK, "GiB of a gp3 volume")),
    "spot": ("spot", boolean),
    "labels": ("labels", _labels),
    "taints": ("taints", _taints),
}
