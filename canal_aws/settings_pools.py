"""Worker pools beside the default one: the record, and how the list is read, with every violation of every pool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
# Kubernetes, "Labels and Selectors", Syntax and character set.
_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WORD = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# What a kubelet may say of its own Node in Kubernetes' domains ("kubelet --node-labels" and "NodeRestriction").
_OPEN_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KUBERNETES_DOMAINS = ("kubernetes.io", "k8s.io")
_SET_BY_THE_NODE = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        POOL_LABEL,
    }
)


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
    domain = key.rpartition("/")[0]
    if not _qualified(key):
        yield Violation(path, key, "not a label's key", "write it like workload or example.com/workload")
    elif key in _SET_BY_THE_NODE:
        yield Violation(path, key, "each node sets this label itself", "leave it out")
    elif _within(domain, _KUBERNETES_DOMAINS) and not _within(domain, _OPEN_DOMAINS):
        # Role labels too: a node that could name its own role could draw the pods of any.
        yield Violation(
            path,
            key,
            "Kubernetes lets no node give itself this label",
            "use a domain of your own, or kubectl label once the nodes are there",
        )
    text = value if isinstance(value, str) else str(value)
    if not isinstance(value, str) or (text and not _WORD.fullmatch(text)):
        way_out = "use up to 63 letters, digits and . _ - as text, a letter or digit at both ends"
        yield Violation(path, value, "not a label's value", way_out)


def _qualified(key: str) -> bool:
    domain, slash, word = key.rpartition("/")
    return bool(_WORD.fullmatch(word)) and (not slash or bool(_PREFIX.fullmatch(domain)))


def _within(domain: str, domains: Sequence[str]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


def _taints(path: str, value: Any) -> Any:
    if not isinstance(value, list):
        return Violation(path, value, "not a list of taints", 'write it like ["dedicated=batch:NoSchedule"]')
    found: list[Violation] = []
    taints: list[str] = []
    for index, text in enumerate(value):
        named, _, effect = str(text).rpartition(":")
        key, _, word = named.partition("=")
        where = f"{path}[{index}]"
        if effect not in _EFFECTS or not _qualified(key) or (word and not _WORD.fullmatch(word)):
            way_out = f"write it as kubectl does, key=value:Effect, with {', '.join(_EFFECTS)}"
            found.append(Violation(where, text, "not a taint", way_out))
        elif any(each.partition("=")[0] == key and each.endswith(f":{effect}") for each in taints):
            way_out = "keep one of them"
            found.append(Violation(where, text, "a node has one taint of a key and effect", way_out))
        else:
            taints.append(f"{key}={word}:{effect}")
    return Violations(tuple(found)) if found else tuple(taints)


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
