"""Machines for the script tests, with the stand-in of their instance services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bootstrap.cluster_services import ClusterServices
from tests.bootstrap.instance_services import InstanceServices
from tests.bootstrap.machine import Machine, namespaces_refused
from tests.bootstrap.material import etcd_credentials
from tests.bootstrap.node import Node
from tests.bootstrap.specs import written_files

MakeNode = Callable[..., Node]


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[MakeNode]:
    """`make_node(role, tags, parameters, **spec changes)`: a node and its services, closed at the end."""
    reason = namespaces_refused()
    if reason is not None:
        pytest.skip(f"user namespaces are refused here: {reason}")
    made: list[Node] = []

    def make(role: str, tags: dict[str, str], parameters: dict[str, str], **changes: Any) -> Node:
        root = tmp_path / str(len(made)) / "root"
        services = InstanceServices({"node": "node-a", **tags}, parameters)
        cluster = ClusterServices(root.parent / "cluster")
        machine = Machine(root, written_files(role, **changes))
        for address, port in cluster.routes.items():
            machine.route(address, port)
        for name, text in etcd_credentials().items():
            machine.fixture(f"etcd/{name}", text)
        made.append(Node(machine, services, cluster))
        return made[-1]

    yield make
    for node in made:
        node.services.close()
        node.cluster.close()
