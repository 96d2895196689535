"""The ways in which a recovery ends without having done anything, or not all."""

from __future__ import annotations

from canal_aws.errors import CanalError


class RecoveryError(CanalError):
    """A recovery that cannot go on; the message says what was found and the way out."""


class Ambiguous(RecoveryError):
    """AWS holds more than one resource for one logical name."""


class ClusterSilent(RecoveryError):
    """The Kubernetes API did not say whether an object is there."""
