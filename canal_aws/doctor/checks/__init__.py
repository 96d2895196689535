"""Checks of `canal-aws doctor`, one module a concern: each compares what is wanted with what is there."""
