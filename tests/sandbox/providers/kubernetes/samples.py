"""One small object of each kind that the stand-in models."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from canal_aws.sandbox.providers.kubernetes.kinds import Kind, kind_of

RBAC = "rbac.authorization.k8s.io/v1"

GROUP = "crd.projectcalico.org"


def token(item: dict[str, Any]) -> str:
    """The Pulumi type of an object."""
    module = item["apiVersion"] if "/" in item["apiVersion"] else f"core/{item['apiVersion']}"
    return f"kubernetes:{module}:{item['kind']}"


def kind(item: dict[str, Any]) -> Kind:
    return kind_of(token(item))


def workload(name: str, kind_name: str) -> dict[str, Any]:
    """A DaemonSet or Deployment whose pods kwok lets run; with values that the server drops or respells."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind_name,
        "metadata": {"name": name, "namespace": "default", "labels": {"k8s-app": name}},
        "spec": {
            "selector": {"matchLabels": {"k8s-app": name}},
            "template": {
                "metadata": {"labels": {"k8s-app": name}},
                "spec": {
                    "hostNetwork": False,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [
                        {
                            "name": "main",
                            "image": "example.invalid/image:1",
                            "env": [{"name": "EMPTY", "value": ""}],
                            "resources": {"requests": {"cpu": "0.25", "memory": "1024Mi"}},
                        }
                    ],
                    "volumes": [{"name": "scratch", "emptyDir": {}}],
                },
            },
        },
    }


def custom_resource_definition(plural: str, kind_name: str) -> dict[str, Any]:
    """Of the group that the stand-in lets through, cluster-scoped."""
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {"cidr": {"type": "string"}, "blockSize": {"type": "integer", "default": 26}},
            }
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind_name, "listKind": f"{kind_name}List", "plural": plural, "singular": plural[:-1]},
            "scope": "Cluster",
            "preserveUnknownFields": False,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def custom_resource(name: str, kind_name: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind_name,
        "metadata": {"name": name},
        "spec": {"cidr": "10.128.0.0/13"},
    }


def samples(prefix: str) -> dict[str, dict[str, Any]]:
    """By kind; every name starts with `prefix`. The custom resource's definition is not among them."""
    subjects = [{"kind": "ServiceAccount", "name": f"{prefix}-account", "namespace": "default"}]
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]

    def item(api_version: str, kind_name: str, namespaced: bool, **rest: Any) -> dict[str, Any]:
        metadata = {"name": f"{prefix}-{kind_name.lower()}", **({"namespace": "default"} if namespaced else {})}
        return {"apiVersion": api_version, "kind": kind_name, "metadata": metadata, **rest}

    def reference(kind_name: str) -> dict[str, str]:
        return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind_name, "name": f"{prefix}-{kind_name.lower()}"}

    budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": prefix}}}
    found = [
        item("v1", "Namespace", False),
        item("v1", "ServiceAccount", True, automountServiceAccountToken=False),
        item("v1", "ConfigMap", True, data={"veth_mtu": "8951"}),
        item(RBAC, "ClusterRole", False, rules=rules),
        item(RBAC, "Role", True, rules=rules),
        item(RBAC, "ClusterRoleBinding", False, roleRef=reference("ClusterRole"), subjects=subjects),
        item(RBAC, "RoleBinding", True, roleRef=reference("Role"), subjects=subjects),
        item("policy/v1", "PodDisruptionBudget", True, spec=budget),
        *_admission(prefix),
        item("storage.k8s.io/v1", "CSIDriver", False, spec={"attachRequired": True, "podInfoOnMount": False}),
        item(
            "storage.k8s.io/v1",
            "StorageClass",
            False,
            provisioner="ebs.csi.aws.com",
            parameters={"type": "gp3"},
            volumeBindingMode="WaitForFirstConsumer",
        ),
        custom_resource_definition(f"{prefix}pools", f"{prefix.capitalize()}Pool"),
        workload(f"{prefix}-daemonset", "DaemonSet"),
        workload(f"{prefix}-deployment", "Deployment"),
    ]
    return {one["kind"]: one for one in found}


def _admission(prefix: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy that nothing matches, and its binding."""
    api_version, name = "admissionregistration.k8s.io/v1", f"{prefix}-validatingadmissionpolicy"
    nothing = {"apiGroups": ["example.invalid"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"]}
    policy = {"matchConstraints": {"resourceRules": [nothing]}, "validations": [{"expression": "true"}]}
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return (
        {
            "apiVersion": api_version,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": policy,
        },
        {
            "apiVersion": api_version,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": f"{name}binding"},
            "spec": binding,
        },
    )


def node_patch(name: str, **metadata: Any) -> dict[str, Any]:
    """What a NodePatch sets on a Node."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, **metadata}}


def changed(item: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `item` with another value at `path`, as in `spec.template.spec.containers.0.image`."""
    copy = deepcopy(item)
    *above, last = path.split(".")
    inner: Any = copy
    for key in above:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
    if isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return copy
