"""A stack of this project's own program in a test's sandbox, driven by the real Pulumi command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from canal_aws.sandbox import environment, toolchain
from canal_aws.sandbox.aws import DEFAULT_REGION
from canal_aws.sandbox.demo import project
from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle import engine_events
from tests.lifecycle.engine_events import Done
from tests.lifecycle.permissions import Record

#: Addresses that are nobody's (RFC 5737, TEST-NET-3).
ALLOWED_CIDR = "203.0.113.0/24"
_DEFAULTS: Mapping[str, Any] = {"apiAllowedCidrs": [ALLOWED_CIDR], "kubeconfigTimeout": 120}
_COMMAND_SECONDS = 300.0
CHECKOUT = Path(__file__).parents[2]


class Stack:
    """One stack with a view of the project of its own, so that no settings file reaches the checkout."""

    def __init__(self, name: str, sandbox: Sandbox, folder: Path, config: Mapping[str, Any]) -> None:
        self.name = name
        self.sandbox = sandbox
        self.project = project.view(CHECKOUT, folder / name)
        # A private API is reached from inside its VPC only.
        inside = config.get("apiAccess") == "private"
        self.environment = {
            **environment.applied(sandbox.env(inside_vpc=inside), os.environ),
            "PULUMI_DEBUG_COMMANDS": "true",
        }
        self._pulumi = str(toolchain.ensure(["pulumi"]).path("pulumi"))
        self.destroyed = False
        self.calls = Record()
        self.run("stack", "init", name)
        self.config: dict[str, Any] = {}
        self.configure(**{**_DEFAULTS, **config})

    def configure(self, **config: Any) -> None:
        """Set keys of the program's configuration, as YAML values; None removes one."""
        self.config = {key: value for key, value in {**self.config, **config}.items() if value is not None}
        file = self.project / f"Pulumi.{self.name}.yaml"
        settings = yaml.safe_load(file.read_text()) if file.exists() else None
        settings = settings or {}
        settings["config"] = {
            "aws:region": DEFAULT_REGION,
            **{f"canal-aws:{key}": value for key, value in self.config.items()},
        }
        file.write_text(yaml.safe_dump(settings))

    def own_copy(self, entry: str) -> Path:
        """Replaces the view's link to a file or folder of the checkout by a copy that a test may edit."""
        link = self.project / entry
        if link.is_symlink():
            source = link.resolve()
            link.unlink()
            if source.is_dir():
                shutil.copytree(source, link, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, link)
        return link

    def command(self, *arguments: str) -> list[str]:
        """The command line of `pulumi ARGUMENTS` on this stack's project."""
        return [self._pulumi, "--color", "never", "--non-interactive", *arguments]

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        """`pulumi ARGUMENTS` started in a session of its own, both streams in one pipe."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> str:
        """What `pulumi ARGUMENTS` prints on its standard output; CalledProcessError where it fails."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=True,
        ).stdout

    def canal_aws(self, *words: str, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """`canal-aws WORDS` about this stack; an AssertionError where it ends with another status, or with a traceback."""
        done = subprocess.run(
            [sys.executable, "-m", "canal_aws", *words, "--stack", self.name, "--cwd", str(self.project)],
            cwd=CHECKOUT,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def up(self, *arguments: str, fails: bool = False) -> Done:
        """`pulumi up`; an AssertionError with what it printed where it does not end as expected."""
        return self._update(fails, "up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str, fails: bool = False) -> Done:
        """`pulumi preview`."""
        return self._update(fails, "preview", *arguments)

    def refresh(self, *arguments: str, fails: bool = False) -> Done:
        """`pulumi refresh`."""
        return self._update(fails, "refresh", "--yes", "--skip-preview", *arguments)

    def destroy(self, *arguments: str, fails: bool = False) -> Done:
        """`pulumi destroy`."""
        done = self._update(fails, "destroy", "--yes", "--skip-preview", *arguments)
        self.destroyed = self.destroyed or not (fails or arguments)
        return done

    def state(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` gives it; secrets stay encrypted."""
        deployment: dict[str, Any] = json.loads(self.run("stack", "export"))["deployment"]
        return deployment

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the state."""
        found: list[dict[str, Any]] = self.state().get("resources", [])
        return found

    def urn(self, type_ending: str, name: str) -> str:
        """The URN of the one resource of that type and logical name."""
        (found,) = (
            resource["urn"]
            for resource in self.resources()
            if resource["type"].endswith(type_ending) and resource["urn"].endswith(f"::{name}")
        )
        return str(found)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets shown."""
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets"))
        return outputs

    def _update(self, fails: bool, *arguments: str) -> Done:
        with tempfile.TemporaryDirectory(dir=self.project.parent) as folder:
            log = Path(folder) / "events.json"
            with self.calls.of(self.sandbox.control(), arguments[0], self.config):
                process = self.popen(arguments[0], "--stack", self.name, "--event-log", str(log), *arguments[1:])
                try:
                    text, _ = process.communicate(timeout=_COMMAND_SECONDS)
                finally:
                    process.kill()
            done = engine_events.read(log, process.returncode, text)
        assert (done.status != 0) is fails, f"pulumi {arguments[0]} ended with {done.status}:\n{done.text}"
        return done
