"""Checks that need inputs only: no credentials, no network. `pulumi up` runs the same ones."""
