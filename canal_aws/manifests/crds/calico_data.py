"""Kinds that only Calico writes: address management, and what it knows of the cluster.

Their specs take any field. A schema that lacked one would prune it without a word when Calico writes, and a block
without a field of its own loses track of which address is whose; IPAMBlock also lists null for each free address.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.schema import OPEN, spec_only

CALICO_DATA = tuple(
    Definition(kind, plural, spec_only(OPEN))
    for kind, plural in (
        ("BlockAffinity", "blockaffinities"),
        ("ClusterInformation", "clusterinformations"),
        ("IPAMBlock", "ipamblocks"),
        ("IPAMConfig", "ipamconfigs"),
        ("IPAMHandle", "ipamhandles"),
    )
)
