"""`python -m canal_aws.sandbox.providers.aws <engine address>`: what the launcher in the plugin folder runs."""

from __future__ import annotations

import sys

from canal_aws.sandbox.providers.launch import run

if __name__ == "__main__":
    sys.exit(run("pulumi-aws", "canal_aws.sandbox.providers.aws.server", sys.argv[1:]))
