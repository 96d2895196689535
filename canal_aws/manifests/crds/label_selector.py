"""Kubernetes' own LabelSelector (meta/v1)."""

from __future__ import annotations

from canal_aws.manifests.crds.schema import STRING, array, mapping, structure

_REQUIREMENT = structure(
    {"key": STRING, "operator": STRING, "values": array(STRING, kind="atomic")}, required=["key", "operator"]
)

LABEL_SELECTOR = structure(
    {"matchExpressions": array(_REQUIREMENT, kind="atomic"), "matchLabels": mapping(STRING)}, atomic=True
)
