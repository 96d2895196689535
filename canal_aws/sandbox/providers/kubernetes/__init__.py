"""A stand-in for the pulumi-kubernetes plugin, for machines that cannot have the official one.

It speaks to a real API server: creation, server-side apply with strict field validation, server-side dry runs
for previews, and waits until workloads are ready. It models the kinds that this project's program uses, with
explicit names, and refuses everything else. Behaviour follows the official provider's source at
https://github.com/pulumi/pulumi-kubernetes (94977969, 2026-07-01); each module says where it differs.
"""

from __future__ import annotations

VERSION = "4.34.2"
"""The pulumi-kubernetes release whose names and behaviour are followed."""
