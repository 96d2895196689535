"""The launchers through which the engine finds the stand-ins: tiny scripts in the sandbox's own PULUMI_HOME.

They go nowhere else, so that they can never shadow official plugins.
"""

from __future__ import annotations

import json
import os
import shlex
from importlib import metadata
from pathlib import Path

PROVIDERS = ("aws", "kubernetes")
LANGUAGE_HOST = "pulumi-language-python"


def install(pulumi_home: Path, bin_dir: Path, python: Path, pulumi: Path | None = None) -> list[Path]:
    """Write the launchers and return their paths; writing them again changes nothing.

    pulumi_home
        PULUMI_HOME of the sandbox. Each plugin goes where the engine looks for one of exactly the version that
        the installed SDK names, such as `plugins/resource-aws-v7.51.1/pulumi-resource-aws`. The engine warns
        of plugins that it finds on PATH, and not of these.
    bin_dir
        The sandbox's folder on PATH. It is kept free of a language host: the engine would prefer and warn of it.
    python
        The interpreter that has this package and the SDKs.
    pulumi
        The CLI in use. One that has a language host beside it, as the official CLI does, gets none of ours.
    """
    plugins = pulumi_home / "plugins"
    written = []
    for name in PROVIDERS:
        folder = plugins / f"resource-{name}-v{sdk_version(name)}"
        written.append(_launcher(folder / f"pulumi-resource-{name}", python, f"canal_aws.sandbox.providers.{name}"))
    host = plugins / f"language-python-v{metadata.version('pulumi')}" / LANGUAGE_HOST
    (bin_dir / LANGUAGE_HOST).unlink(missing_ok=True)
    if pulumi is not None and brings_language_host(pulumi):
        host.unlink(missing_ok=True)
    else:
        written.append(_launcher(host, python, "canal_aws.sandbox.language_host"))
    return written


def brings_language_host(pulumi: Path) -> bool:
    """Whether the CLI at `pulumi` has the official Python language host in its own folder."""
    return (pulumi.resolve().parent / LANGUAGE_HOST).is_file()


def sdk_version(provider: str) -> str:
    """The plugin version that the installed SDK asks the engine for, such as `7.51.1`."""
    package = f"pulumi_{provider}"
    described = metadata.distribution(package).locate_file(f"{package}/pulumi-plugin.json")
    return str(json.loads(Path(str(described)).read_text(encoding="utf-8"))["version"])


def _launcher(path: Path, python: Path, module: str) -> Path:
    """An executable script at `path`, put there in one step: an engine may be starting it at this moment."""
    root = Path(__file__).resolve().parents[2]
    # -u: the engine shows what the program prints, line by line. -P: a program's folder must not decide which
    # version of the stand-in runs. PYTHONPATH: this package need not be installed.
    text = (
        "#!/bin/sh\n"
        "# Starts a stand-in of the canal-aws sandbox; not the official plugin.\n"
        f"export PYTHONPATH={shlex.quote(str(root))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        f'exec {shlex.quote(str(python))} -u -P -m {module} "$@"\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and os.access(path, os.X_OK) and path.read_text(encoding="utf-8") == text:
        return path
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(path)
    return path
