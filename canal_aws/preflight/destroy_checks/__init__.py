"""Checks before `pulumi destroy`: what would block it, and what it would leave."""
