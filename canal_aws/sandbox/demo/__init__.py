"""The demo: each architecture through its whole life on the real Pulumi engine, measured, and compared."""
