"""Versions: Kubernetes' support, and component versions that are known to be broken."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from architectures.model import Flannel
from canal_aws.manifests.add_ons import cloud_controller_manager, images
from canal_aws.manifests.images import CALICO_VERSION, FLANNEL_VERSION
from canal_aws.preflight.broken_versions import ROUTE_CONTROLLER, broken, numbers
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.settings import Settings

# kubernetes.io/releases/patch-releases: fourteen months after a minor's first release.
_END_OF_LIFE: Mapping[str, datetime.date] = {
    "1.35": datetime.date(2027, 2, 28),
    "1.36": datetime.date(2027, 6, 28),
}
_SOON = datetime.timedelta(days=90)


@dataclass(frozen=True)
class Today:
    """The day on which a check runs."""

    date: datetime.date

    @classmethod
    def now(cls) -> Today:
        """Today, here."""
        return cls(datetime.date.today())


@check("kubernetes-version", group="versions", source="kubernetes.io/releases; Calico 3.32, system requirements")
def kubernetes_is_supported(plan: Plan, today: Today) -> Iterator[Finding]:
    """The Kubernetes minor version is one that Calico was tested with and that still gets patches.

    A warning at worst: the end of its patches stops no `up`, and a living stack has no other minor version to go to.
    """
    version, minor = plan.settings.kubernetes_version, plan.settings.kubernetes_minor
    end = _END_OF_LIFE[minor]
    newest = Settings.kubernetes_version
    way_out = (
        f"choose kubernetesVersion {newest} for a new stack"
        if numbers(newest)[:2] > numbers(minor)
        else "nothing newer is supported here: look for a newer release of this project"
    )
    if today.date >= end:
        yield warning(f"Kubernetes {version}: {minor} has had no patches since {end}", way_out)
    elif end - today.date <= _SOON:
        yield warning(f"Kubernetes {version}: {minor} gets its last patches by {end}", way_out)
    else:
        yield ok(f"Kubernetes {version}: patched until {end}, tested with Calico {CALICO_VERSION}")


@check("component-versions", group="versions", source="the components' issues: canal_aws/preflight/broken_versions.py")
def no_component_is_known_to_be_broken(plan: Plan) -> Iterator[Finding]:
    """None of the versions that will be deployed is known to be broken in a way that matters here; add-ons included."""
    off = () if _configures_cloud_routes(plan.settings) else (ROUTE_CONTROLLER,)
    for component, version in _deployed(plan.settings):
        known = list(broken(component, version))
        for each in known:
            what = f"{component} {version}: {each.why}"
            yield ok(f"{what}; here it is off") if each.part in off else fails(what, each.way_out)
        if not known:
            yield ok(f"{component} {version}")


def _deployed(settings: Settings) -> Iterator[tuple[str, str]]:
    """Component and tag of all that the settings put into the cluster."""
    yield "calico", CALICO_VERSION
    if isinstance(settings.description.networking, Flannel):
        yield "flannel", FLANNEL_VERSION
    if settings.cloud_controller_manager:
        yield "cloud-controller-manager", _tag(images.cloud_controller_manager_image(settings.kubernetes_version))
    if settings.ebs_csi_driver:
        yield "aws-ebs-csi-driver", _tag(images.EBS_CSI_DRIVER)


def _configures_cloud_routes(settings: Settings) -> bool:
    """Whether the cloud controller manager, as it will be deployed, writes routes: it does unless told otherwise."""
    objects = cloud_controller_manager(kubernetes_version=settings.kubernetes_version, cluster_name="")
    return not any(
        "--configure-cloud-routes=false" in container["args"]
        for each in objects
        if each["kind"] == "DaemonSet"
        for container in each["spec"]["template"]["spec"]["containers"]
    )


def _tag(image: str) -> str:
    return image.rpartition(":")[2]
