"""The real engine on a project of a test's own, with nothing but the stand-ins around it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from canal_aws.sandbox import plugins, toolchain

TIMEOUT_SECONDS = 300.0


class Engine:
    """The Pulumi CLI with a state of its own below `folder`, running the program in `folder`/project."""

    def __init__(self, folder: Path, program: str, options: str = "") -> None:
        self.project = folder / "project"
        self.project.mkdir(parents=True)
        (self.project / "Pulumi.yaml").write_text(f"name: trial\nruntime:\n  name: python\n{options}")
        self.program(program)
        tools = toolchain.ensure(["pulumi"])
        home = folder / "home"
        plugins.install(home, folder / "bin", Path(sys.executable), tools.path("pulumi"))
        backend = folder / "backend"
        backend.mkdir()
        self._pulumi = str(tools.path("pulumi"))
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "for tests",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        }
        self.run("stack", "init", "dev")

    def program(self, text: str) -> None:
        """Replace the program."""
        (self.project / "__main__.py").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [self._pulumi, "--color", "never", "--non-interactive", *arguments]

    def run(self, *arguments: str, status: int = 0) -> str:
        """What `pulumi ARGUMENTS` says on both streams; an AssertionError with it on another exit status."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert (done.returncode == 0) is (status == 0), f"exit status {done.returncode}:\n{done.stdout}"
        return done.stdout

    def up(self, *arguments: str, status: int = 0) -> str:
        return self.run("up", "--yes", "--skip-preview", *arguments, status=status)
