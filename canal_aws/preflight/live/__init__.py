"""What a live preflight asks of AWS: read-only, at most ten calls at a time, each answer asked for once."""
