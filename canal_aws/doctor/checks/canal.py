"""Canal's objects on the cluster against those that the architecture's description builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from canal_aws.doctor import repairs
from canal_aws.doctor.cluster import CanalObjects
from canal_aws.doctor.wanted import Wanted
from canal_aws.manifests import Manifest
from canal_aws.manifests.node_agent import node_agent
from canal_aws.manifests.objects import NAMESPACE
from canal_aws.preflight.findings import Finding, fails, ok
from canal_aws.preflight.registry import check

_MTU = "veth_mtu"
_SHOWN = 120  # characters of a value that a table can take


@check("config-maps-as-built", group="canal", source="canal_aws.manifests.config_map and pod_cidr_policy")
def config_maps(wanted: Wanted, objects: CanalObjects) -> Iterator[Finding]:
    """Canal's ConfigMap and the nodes' pod CIDRs hold what the description says, field by field."""
    for built, found in _pairs(wanted, objects, "ConfigMap"):
        name = built["metadata"]["name"]
        if found is None:
            yield fails(f"ConfigMap {name}: not there", repairs.UP)
            continue
        wants, has = built["data"], found.get("data") or {}
        for key in sorted(wants.keys() | has.keys()):
            if key != _MTU and wants.get(key) != has.get(key):
                yield fails(
                    f"ConfigMap {name}: {key} is {_short(has.get(key))}, wanted {_short(wants.get(key))}",
                    _set_back(wanted, name, key, wants.get(key)),
                )


@check("pod-mtu-as-built", group="canal", source="Calico documentation, Configure MTU; architectures.model")
def pod_mtu(wanted: Wanted, objects: CanalObjects) -> Iterator[Finding]:
    """The pods' MTU is what the VPC carries less the architecture's largest header."""
    for built, found in _pairs(wanted, objects, "ConfigMap"):
        name = built["metadata"]["name"]
        if found is None or _MTU not in built["data"]:
            continue
        wants, has = built["data"][_MTU], (found.get("data") or {}).get(_MTU)
        if has != wants:
            yield fails(
                f"pod MTU {has or 'unset'} in ConfigMap {name}, wanted {wants} for {wanted.architecture.name}",
                f"{_set_back(wanted, name, _MTU, wants)}; pods keep their MTU until they are made anew",
            )
        else:
            yield ok(f"pod MTU {has}")


@check("canal-images", group="canal", source="canal_aws.manifests.images")
def canal_images(wanted: Wanted, objects: CanalObjects) -> Iterator[Finding]:
    """Canal's containers run the pinned images."""
    for kind in ("DaemonSet", "Deployment"):
        for built, found in _pairs(wanted, objects, kind):
            has = _images(found or {})
            for container, image in _images(built).items():
                if found is not None and has.get(container) != image:
                    yield fails(
                        f"{kind} {built['metadata']['name']}: container {container} runs {has.get(container, 'nothing')}, "
                        f"wanted {image}",
                        f"`kubectl -n {NAMESPACE} set image {kind.lower()}/{built['metadata']['name']} {container}={image}`",
                    )


@check("canal-rollout", group="canal", source="Kubernetes API, DaemonSetStatus and DeploymentStatus")
def canal_rollout(wanted: Wanted, objects: CanalObjects) -> Iterator[Finding]:
    """Canal runs, ready and up to date, on every node; calico-kube-controllers is available."""
    for built, found in _pairs(wanted, objects, "DaemonSet"):
        name = built["metadata"]["name"]
        if found is None:
            yield fails(f"DaemonSet {name}: not there, so pods have no network", repairs.UP)
            continue
        status = found.get("status") or {}
        desired = int(status.get("desiredNumberScheduled", 0))
        numbers = {
            "ready": int(status.get("numberReady", 0)),
            "up to date": int(status.get("updatedNumberScheduled", 0)),
        }
        said = ", ".join(f"{number} {word}" for word, number in numbers.items())
        if any(number < desired for number in numbers.values()):
            yield fails(
                f"DaemonSet {name}: {said} of {desired} wanted",
                f"`kubectl -n kube-system rollout status daemonset/{name}`, and `kubectl -n kube-system describe pods "
                f"-l k8s-app={name}` says what holds them",
            )
        else:
            yield ok(f"DaemonSet {name}: {said} of {desired}")
    for built, found in _pairs(wanted, objects, "Deployment"):
        name = built["metadata"]["name"]
        if found is None:
            yield fails(f"Deployment {name}: not there", repairs.UP)
        elif int((found.get("status") or {}).get("availableReplicas", 0)) < int(built["spec"]["replicas"]):
            yield fails(
                f"Deployment {name}: {(found.get('status') or {}).get('availableReplicas', 0)} available, wanted "
                f"{built['spec']['replicas']}",
                f"`kubectl -n kube-system describe deployment {name}` says what holds it",
            )


def _set_back(wanted: Wanted, config_map: str, key: str, wants: str | None) -> str:
    patch = repairs.patch("configmap", config_map, {"data": {key: wants}}, NAMESPACE)
    agent = node_agent(wanted.architecture)
    if config_map != agent.config_map:
        return patch
    # Containers read it when they start, and a patch of it alone leaves the DaemonSet's template as it is.
    return f"{patch}, then `kubectl -n {NAMESPACE} rollout restart daemonset/{agent.name}`"


def _pairs(wanted: Wanted, objects: CanalObjects, kind: str) -> Iterator[tuple[Manifest, Mapping[str, Any] | None]]:
    """Each built object of a kind, and the cluster's; None where it has none."""
    for built in wanted.manifests:
        if built["kind"] == kind:
            yield built, objects.found.get((kind, built["metadata"]["name"]))


def _images(item: Mapping[str, Any]) -> Mapping[str, str]:
    pod = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
    containers = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return {str(each["name"]): str(each.get("image", "")) for each in containers}


def _short(value: str | None) -> str:
    if value is None:
        return "unset"
    text = " ".join(value.split())
    return f"“{text}”" if len(text) <= _SHOWN else f"“{text[:_SHOWN]}…”"
