"""The failures that a user can cause: each says what is wrong and the way out, and never shows a traceback."""

from __future__ import annotations


class CanalError(Exception):
    """Base of every failure that is shown to the user as its message alone.

    The command line prints the message and exits with `exit_status` (2 where nothing else is said).
    """

    exit_status: int = 2
