"""The embedded AWS: a stand-in for the AWS APIs that the program uses, on one loopback port.

It is moto (https://github.com/getmoto/moto), hardened where moto is laxer than AWS, so that a stack which
comes up here meets the refusals it would meet there. It is never AWS: what it does not model it refuses with
the error code `SandboxNotModelled`.
"""

from __future__ import annotations

ACCOUNT_ID = "424242424242"
"""The account every request belongs to; STS answers with it, and nothing runs against any other."""

DEFAULT_REGION = "us-east-1"
"""The Region of a request that names none."""
