"""One rule of a ClusterRole, and the API groups that most of them name."""

from __future__ import annotations

from collections.abc import Sequence

from canal_aws.manifests.objects import Manifest

#: Kubernetes' core group.
CORE = ("",)
#: Calico's two: the aggregated API where there is one, and the CRDs.
CALICO = ("projectcalico.org", "crd.projectcalico.org")
READ = ("get", "list", "watch")


def rule(
    groups: Sequence[str], resources: Sequence[str], verbs: Sequence[str], *, names: Sequence[str] = ()
) -> Manifest:
    """A PolicyRule; with `names` it holds for the objects of those names only."""
    result: Manifest = {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
    if names:
        result["resourceNames"] = list(names)
    return result
