"""A stand-in for the pulumi-aws plugin, for machines that cannot have the official one.

It speaks the resource types and functions that this project's program uses, with the official plugin's
property names, and refuses everything else. It works against a loopback endpoint that answers as the
sandbox's own account, never against AWS. The tables (one module a family of resources) name the
documentation that each line follows; where behaviour is in doubt a change replaces the resource, and the
table says so.
"""

from __future__ import annotations

VERSION = "7.51.1"
"""The pulumi-aws release whose names and behaviour are followed."""

SANDBOX_ACCOUNT = "424242424242"
"""The account that the embedded AWS answers with. Any other account is refused."""
