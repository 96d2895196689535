"""Who made a thing that the program did not make, read from its tags, name and description, and how it goes the right way.

Sources: kubernetes/cloud-provider-aws (pkg/providers/v1: TagNameKubernetesService, the description of its security
groups); kubernetes-sigs/aws-load-balancer-controller (pkg/deploy/tracking); kubernetes-sigs/aws-ebs-csi-driver
(docs/tagging.md); EC2 API reference, NetworkInterface (InterfaceType, RequesterManaged).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.preflight.live.target import tags_of

_SERVICE = "kubernetes.io/service-name"
_CONTROLLER_CLUSTER = "elbv2.k8s.aws/cluster"
_CONTROLLER_STACKS = {"service.k8s.aws/stack": "Service", "ingress.k8s.aws/stack": "Ingress"}
_CLAIM = "kubernetes.io/created-for/pvc/{}"
_VOLUME_NAME = "CSIVolumeName"
_ELB_GROUP = re.compile(r"Security group for Kubernetes ELB \S+ \((?P<service>[^)]+)\)")
#: How a service's own network interfaces begin their description.
_SERVICES = {
    "ELB ": "a load balancer",
    "AWS Lambda VPC ENI": "AWS Lambda",
    "EFS mount target": "Amazon EFS",
    "Interface for NAT Gateway": "a NAT gateway",
    "VPC Endpoint Interface": "a VPC endpoint",
    "RDSNetworkInterface": "Amazon RDS",
    "Network Interface for Transit Gateway": "a transit-gateway attachment",
}


@dataclass(frozen=True)
class Owner:
    """`who` as a person would say it; `way_out` what makes the owner take its thing away, "" where nobody would."""

    who: str
    way_out: str = ""


NOBODY = Owner("nobody known: a person?")


def owner_of(item: Mapping[str, Any]) -> Owner:
    """The owner of a load balancer, group, volume or the like."""
    tags = tags_of(item)
    if _SERVICE in tags:
        return _object("Service", tags[_SERVICE], "cloud controller manager")
    for tag, kind in _CONTROLLER_STACKS.items():
        if tag in tags:
            return _object(kind, tags[tag], "AWS Load Balancer Controller")
    if _CONTROLLER_CLUSTER in tags:
        return Owner("AWS Load Balancer Controller", "delete its Services and Ingresses with kubectl first")
    described = _ELB_GROUP.match(str(item.get("Description") or ""))
    if described:
        return _object("Service", described["service"], "cloud controller manager")
    name = str(item.get("GroupName") or "")
    if name.startswith("k8s-elb-"):
        return Owner("cloud controller manager", "delete the Services of type LoadBalancer with kubectl first")
    if name.startswith("k8s-traffic-"):
        return Owner("AWS Load Balancer Controller", "delete its Services and Ingresses with kubectl first")
    if _CLAIM.format("name") in tags:
        claim = f"{tags.get(_CLAIM.format('namespace'), 'default')}/{tags[_CLAIM.format('name')]}"
        return _object("PersistentVolumeClaim", claim, "EBS CSI driver")
    if _VOLUME_NAME in tags:
        volume = tags[_VOLUME_NAME]
        return Owner(f"EBS CSI driver, PersistentVolume {volume}", f"`kubectl delete pv {volume}` and its claim first")
    return NOBODY


def interface_owner(item: Mapping[str, Any]) -> Owner:
    """The owner of a network interface: a service of AWS's that asked for it, the instance that it is attached to, or a tag's."""
    description = str(item.get("Description") or "")
    kind = str(item.get("InterfaceType") or "interface")
    for beginning, who in _SERVICES.items():
        if description.startswith(beginning):
            return Owner(f"{who} ({description})", "delete what it belongs to: it goes with it")
    if item.get("RequesterManaged") or kind not in ("interface", "efa", "trunk", "branch"):
        who = f"an AWS service ({kind}, requester {item.get('RequesterId') or 'unknown'})"
        return Owner(who, "delete what it belongs to: it goes with it")
    instance = (item.get("Attachment") or {}).get("InstanceId")
    if instance:
        return Owner(f"instance {instance}", "detach it, or terminate the instance")
    return owner_of({"Tags": item.get("TagSet") or item.get("Tags") or ()})


def _object(kind: str, name: str, controller: str) -> Owner:
    namespace, _, bare = name.rpartition("/")
    command = f"kubectl delete {kind.lower()} {bare}" + (f" -n {namespace}" if namespace else "")
    return Owner(f"{controller}, {kind} {name}", f"`{command}` first: its controller then cleans up")
