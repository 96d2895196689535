"""Labels and taints with which a kubelet registers its own Node: what Kubernetes takes, and what it would refuse.

Sources: Kubernetes documentation, "Labels and Selectors" (syntax), "Taints and Tolerations", "NodeRestriction";
k8s.io/kubernetes v1.36.3 pkg/kubelet/apis/well_known_labels.go (IsKubernetesLabel, IsKubeletLabel) and
cmd/kubelet/app/options (the kubelet itself ends at a label that it may not set).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from canal_aws.errors import CanalError

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_RESERVED_NAMESPACES = ("kubernetes.io", "k8s.io")
_KUBELETS_NAMESPACES = ("kubelet.kubernetes.io", "node.kubernetes.io")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

#: Set from instance metadata on every node (canal_aws.bootstrap.kubeadm).
OWN_LABELS = (
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
)


class RegistrationError(CanalError):
    """A label or a taint with which no node could register."""


@dataclass(frozen=True)
class Taint:
    """A taint as Kubernetes' API spells it."""

    key: str
    value: str
    effect: str


def check_label(key: str, value: str) -> None:
    """Raises RegistrationError, with the reason, for a label that a kubelet cannot set on its own Node."""
    label = f"node label {key}={value}"
    if key in OWN_LABELS:
        raise RegistrationError(f"{label}: every node sets {key} from its own instance metadata; leave it out")
    _check_key(key, label)
    if not _VALUE.fullmatch(value):
        raise RegistrationError(
            f"{label}: a value is at most 63 letters, digits and . _ -, begins and ends with a letter or digit, "
            "or is empty; choose another"
        )
    prefix = key.rpartition("/")[0]
    if _under(prefix, _RESERVED_NAMESPACES) and not _under(prefix, _KUBELETS_NAMESPACES):
        raise RegistrationError(
            f"{label}: NodeRestriction lets no kubelet set labels of {' or '.join(_RESERVED_NAMESPACES)} on its Node, "
            f"except under {' and '.join(_KUBELETS_NAMESPACES)}, and the kubelet would not start; choose a prefix of "
            f"your own, or set it with kubectl label node"
        )


def parse_taint(text: str) -> Taint:
    """`key=value:Effect` or `key:Effect` as kubectl writes it; raises RegistrationError with the reason."""
    pair, colon, effect = text.rpartition(":")
    if not colon or effect not in _EFFECTS:
        raise RegistrationError(
            f"node taint {text!r} has no known effect: write it as key=value:Effect, with one of {', '.join(_EFFECTS)}"
        )
    key, _, value = pair.partition("=")
    _check_key(key, f"node taint {text!r}")
    if not _VALUE.fullmatch(value):
        raise RegistrationError(f"node taint {text!r}: {value!r} is no label value; letters, digits and . _ - only")
    return Taint(key, value, effect)


def _check_key(key: str, what: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and (len(prefix) > 253 or not _PREFIX.fullmatch(prefix))):
        raise RegistrationError(
            f"{what}: {key!r} is no key; it is a name of at most 63 letters, digits and . _ -, "
            "after a DNS name and / if you like"
        )


def _under(prefix: str, namespaces: tuple[str, ...]) -> bool:
    return any(prefix == each or prefix.endswith(f".{each}") for each in namespaces)
