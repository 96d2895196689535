"""A sandbox without toolchain and control plane, but with the real embedded AWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from canal_aws.progress import Progress
from canal_aws.sandbox.launch import Parts
from canal_aws.sandbox.state import StateFolder


@dataclass(frozen=True)
class FakeParts(Parts):
    """Builds nothing, installs nothing; the fleet is `fake_fleet`."""

    fleet_module: str = "tests.sandbox.fake_fleet"
    binaries: Path = Path("/nonexistent/toolchain's bin")

    def ensure(self, progress: Progress) -> None:
        return

    def install(self, folder: StateFolder) -> None:
        return

    def bin_dir(self) -> Path:
        return self.binaries
