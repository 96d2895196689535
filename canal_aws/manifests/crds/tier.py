"""Tier: groups of policies, one after the other.

Fields and rules from Calico's config/crd/crd.projectcalico.org_tiers.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.schema import NUMBER, enum, structure

# Tiers that Calico makes itself, and what becomes of packets that none of their policies decides.
_FIXED_ACTIONS = {"kube-admin": "Pass", "kube-baseline": "Pass", "default": "Deny"}

TIER = Definition(
    "Tier",
    "tiers",
    {
        "properties": {"spec": structure({"defaultAction": enum("Pass", "Deny", default="Deny"), "order": NUMBER})},
        "required": ["metadata", "spec"],
        "x-kubernetes-validations": [
            {
                "rule": f"self.metadata.name != '{name}' || self.spec.defaultAction == '{action}'",
                "message": f"the tier {name} ends in {action}",
            }
            for name, action in _FIXED_ACTIONS.items()
        ],
    },
)
