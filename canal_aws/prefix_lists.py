"""How much a prefix list takes up of the quota of a table's routes or of a security group's rules that refer to it."""

from __future__ import annotations

# VPC User Guide, "AWS-managed prefix lists", weight: no API tells it. By the last part of a list's name.
_WEIGHTS = {
    "dynamodb": 1,
    "ec2-instance-connect": 2,
    "groundstation": 5,
    "origin-facing": 55,  # CloudFront's
    "route53-healthchecks": 25,
    "s3": 1,
    "s3express": 6,
    "vpc-lattice": 10,
}


def weight(name: str, max_entries: int | None) -> int:
    """A customer's list counts as its maximum number of entries, however few it holds; AWS's own have none, and a weight.

    1 where AWS publishes no weight. VPC User Guide, "Amazon VPC quotas", customer-managed prefix lists.
    """
    return max_entries if max_entries is not None else _WEIGHTS.get(name.rpartition(".")[2], 1)
