"""Destroy preflight: what stands in a stack's VPC that the program did not make, and would block or outlive `pulumi destroy`."""
