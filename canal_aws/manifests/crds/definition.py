"""What a CustomResourceDefinition is made of beside its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from canal_aws.manifests.objects import Manifest, manifest

#: An OpenAPI v3 schema in Kubernetes' structural form.
Schema = dict[str, Any]

_CALICO_GROUP = "crd.projectcalico.org"


@dataclass(frozen=True)
class Definition:
    """One kind: its names, its scope, and its schema beside apiVersion, kind and metadata."""

    kind: str
    plural: str
    schema: Schema
    namespaced: bool = False
    status: bool = False
    """Whether status is a subresource, written separately from the spec."""
    group: str = _CALICO_GROUP
    version: str = "v1"
    short_names: Sequence[str] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[Mapping[str, str]] = ()
    """What `kubectl get` prints: additionalPrinterColumns."""

    def manifest(self) -> Manifest:
        """The CustomResourceDefinition, one version, served and stored."""
        version: Manifest = {"name": self.version, "served": True, "storage": True}
        if self.columns:
            version["additionalPrinterColumns"] = [dict(column) for column in self.columns]
        version["schema"] = {"openAPIV3Schema": self._root()}
        if self.status:
            version["subresources"] = {"status": {}}
        names: Manifest = {
            "kind": self.kind,
            "listKind": f"{self.kind}List",
            "plural": self.plural,
            "singular": self.kind.lower(),
        }
        if self.short_names:
            names["shortNames"] = list(self.short_names)
        spec = {
            "group": self.group,
            "names": names,
            "scope": "Namespaced" if self.namespaced else "Cluster",
            "versions": [version],
        }
        result = manifest(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{self.plural}.{self.group}", spec=spec
        )
        if self.annotations:
            result["metadata"]["annotations"] = dict(self.annotations)
        return result

    def _root(self) -> Schema:
        common = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        return {**self.schema, "type": "object", "properties": {**common, **self.schema.get("properties", {})}}
