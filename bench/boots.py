"""How long control planes take from their instances' user data to an API that is ready, in a sandbox of their own."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from canal_aws.sandbox import toolchain
from tests.sandbox.fleet.fleet_world import FleetWorld, eventually


def boot_seconds(nodes: int) -> float:
    """From RunInstances of `nodes` control-plane instances until the published kubeconfig leads to an API that is ready
    and has all of them as Nodes: so many API servers on one etcd cluster."""
    with tempfile.TemporaryDirectory(prefix="canal-aws-boot-") as folder:
        world = FleetWorld(Path(folder), Path(toolchain.ensure().bin_dir))
        try:
            began = time.perf_counter()
            for number in range(nodes):
                world.run(f"control-plane-{number}", "control-plane", init=number == 0, control_plane_nodes=nodes)
            admin = world.admin()
            eventually(lambda: admin.ready() and len(admin.nodes()) == nodes, world.told("nodes"))
            return time.perf_counter() - began
        finally:
            world.end()
