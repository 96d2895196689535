"""`canal-aws`: the command line. Each command lives in `canal_aws.commands`, and is imported only when it runs."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from canal_aws.errors import CanalError

#: name -> (module with a `typer.Typer` named `app`, what it does). The line is here, not in the module, so that
#: `canal-aws --help` imports none of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("canal_aws.commands.demo", "Build, check and destroy each architecture here, and compare them."),
    "sandbox": ("canal_aws.commands.sandbox", "Start, stop and use the AWS that runs on this machine."),
    "architectures": ("canal_aws.commands.architectures", "Compare the reference architectures."),
    "preflight": (
        "canal_aws.commands.preflight",
        "Say whether a stack would fit, before anything is created or changed.",
    ),
    "iam-policy": ("canal_aws.commands.iam_policy", "Print the least-privilege IAM policies, as JSON."),
    "doctor": ("canal_aws.commands.doctor", "Say what drifted on a stack that runs, and what repairs it."),
    "manifests": ("canal_aws.commands.manifests", "Print an architecture's Canal as YAML, for any cluster."),
    "kubeconfig": ("canal_aws.commands.kubeconfig", "Write the administrator's kubeconfig of a stack to a file."),
    "roll": ("canal_aws.commands.roll", "Replace outdated nodes one at a time, each drained first."),
    "certificates": (
        "canal_aws.commands.certificates",
        "Show when a cluster's certificates end, and how to renew them.",
    ),
    "snapshots": ("canal_aws.commands.snapshots", "List the snapshots of etcd that a restore could start from."),
    "recover": ("canal_aws.commands.recover", "Put a stack in order after its `pulumi up` was killed."),
}

EXIT_STATUSES = (
    "Exit status: 0 done; 1 it ran and found something wrong; 2 bad input, or something that you must change; "
    "3 the sandbox is not in the state that the command needs (it runs already, or it does not run); "
    "4 a part of the sandbox failed; 130 interrupted."
)


class _LazyGroup(TyperGroup):
    """A group that knows its commands by COMMANDS and imports the one that is called."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, summary = COMMANDS[cmd_name]
        if self._listing:
            return TyperCommand(cmd_name, help=summary)
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name = cmd_name
        if not command.epilog:
            command.epilog = EXIT_STATUSES
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # Typer suggests from `commands` where a name is unknown.
        self.commands = dict.fromkeys(COMMANDS, TyperCommand("unused"))
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=EXIT_STATUSES,
    help="Canal on AWS: three reference architectures, on AWS or on this machine.",
)


@app.callback()
def _root() -> None:
    """Nothing is done before a command."""


def main() -> None:
    """Run the command line; failures that a user can cause are shown as their message alone."""
    try:
        app(prog_name="canal-aws")
    except CanalError as error:
        print(f"canal-aws: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
