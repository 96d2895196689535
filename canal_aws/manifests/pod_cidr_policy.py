"""Which pod CIDR a node may give itself: the one that the address plan gave it, enforced by the API server.

A kubelet may set its own Node's spec.podCIDR once (Kubernetes, "NodeRestriction"), to any value: a node in the wrong
hands could claim what was planned for another one, and the VPC's routes would no longer lead to who holds the
addresses. A ValidatingAdmissionPolicy (stable since Kubernetes 1.30) compares each claim with the plan.
"""

from __future__ import annotations

from collections.abc import Mapping

from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest

#: Policy, binding and ConfigMap.
NAME = "canal-aws-pod-cidrs"
_API = "admissionregistration.k8s.io/v1"

# A node that is not in the plan has no entry, and '' is no CIDR. podCIDRs begins with podCIDR, the API server sees to
# that, and could hold more.
_PLANNED = "(params.data[?object.metadata.name].orValue(''))"
_CLAIM = "object.spec.?podCIDR.orValue('')"
_CLAIMS = "object.spec.?podCIDRs.orValue([])"


def pod_cidr_policy(plan: Mapping[str, str]) -> tuple[Manifest, ...]:
    """The plan (node name to IPv4 CIDR) as a ConfigMap, the policy that reads it, and its binding; in that order.

    The policy asks about users in the group system:nodes only: administrators and controllers do as before. Add nodes
    to the plan before they join; one that is not in it is refused, and tries again.
    """
    data = dict(sorted(plan.items()))
    return (
        manifest("v1", "ConfigMap", NAME, namespace=NAMESPACE, data=data),
        manifest(_API, "ValidatingAdmissionPolicy", NAME, spec=_policy()),
        manifest(_API, "ValidatingAdmissionPolicyBinding", NAME, spec=_binding()),
    )


def _policy() -> Manifest:
    return {
        # A policy that cannot be evaluated must not let a claim through.
        "failurePolicy": "Fail",
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["nodes"],
                }
            ]
        },
        "matchConditions": [
            {"name": "by-a-kubelet", "expression": "'system:nodes' in request.userInfo.groups"},
            {
                "name": "claims-a-pod-cidr",
                # Once it is set the API server lets nobody change it: what the node says later is no claim.
                "expression": f"{_CLAIM} != '' && (oldObject == null || oldObject.spec.?podCIDR.orValue('') == '')",
            },
        ],
        "validations": [
            {
                "expression": f"{_CLAIM} == {_PLANNED} && {_CLAIMS} == [{_PLANNED}]",
                "messageExpression": (
                    f"'spec.podCIDR ' + {_CLAIM} + ' of node ' + object.metadata.name + ' is not its planned one (' + "
                    f"({_PLANNED} == '' ? 'it has none' : {_PLANNED}) + '); the plan is the ConfigMap {NAMESPACE}/{NAME}'"
                ),
                "reason": "Forbidden",
            }
        ],
    }


def _binding() -> Manifest:
    return {
        "policyName": NAME,
        # Deny would refuse every change of every Node once the ConfigMap is gone, whoever makes it: the conditions
        # above are asked only where there are parameters. Who can delete the ConfigMap can delete the policy.
        "paramRef": {"name": NAME, "namespace": NAMESPACE, "parameterNotFoundAction": "Allow"},
        "validationActions": ["Deny"],
    }
