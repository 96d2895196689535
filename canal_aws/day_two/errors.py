"""The ways in which work on a running cluster ends early; each message holds the way out."""

from __future__ import annotations

from canal_aws.errors import CanalError


class Refused(CanalError):
    """What was asked for would harm the cluster or cannot be done; nothing was changed."""


class TimedOut(CanalError):
    """A condition did not come true in time; the message says which and what was seen last."""

    exit_status = 1


class Unfinished(CanalError):
    """A roll stopped between two nodes, or at one; running it again goes on."""

    exit_status = 1
