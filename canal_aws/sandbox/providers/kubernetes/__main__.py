"""`python -m canal_aws.sandbox.providers.kubernetes <engine address>`: what the launcher in the plugin folder runs."""

from __future__ import annotations

import sys

from canal_aws.sandbox.providers.launch import run

if __name__ == "__main__":
    sys.exit(run("pulumi-kubernetes", "canal_aws.sandbox.providers.kubernetes.server", sys.argv[1:]))
