"""`canal-aws iam-policy`: the least-privilege policies of whoever deploys, checks or destroys a stack."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from canal_aws.commands.output_files import make_folder, write

if TYPE_CHECKING:
    from canal_aws.preflight.written import Written

app = typer.Typer(add_completion=False)

_PURPOSES = ("deployer", "preflight", "destroy", "increase", "preflight-destroy", "doctor")
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_STACK = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?")
_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[^/]+)\.yaml")
_WHERE = "Where it holds"
# From where the API is reached, no policy depends on, and a public one asks for it.
_ADMITTED = {"apiAllowedCidrs": ["192.0.2.0/24"]}


@app.command()
def iam_policy(
    purpose: Annotated[str, typer.Argument(help=f"{', '.join(_PURPOSES[:-1])} or {_PURPOSES[-1]}.")] = "deployer",
    config: Annotated[
        Path | None, typer.Option("--config", "-f", help="The settings: a Pulumi.<stack>.yaml or a plain YAML file.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE over what is written; may be given again.")
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", help="NAME or ORGANIZATION/PROJECT/NAME; that of --config.", rich_help_panel=_WHERE
        ),
    ] = None,
    account: Annotated[str, typer.Option(help="The account's twelve digits.", rich_help_panel=_WHERE)] = "*",
    region: Annotated[str | None, typer.Option(help="The Region; that of --config.", rich_help_panel=_WHERE)] = None,
    partition: Annotated[str, typer.Option(help="aws, aws-cn or aws-us-gov.", rich_help_panel=_WHERE)] = "aws",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write each document into this folder.", file_okay=False)
    ] = None,
) -> None:
    """Print IAM policies as JSON, name by name: what `pulumi up`, preflight or `pulumi destroy` of a stack needs."""
    from canal_aws.permissions import Purpose, Scope, documents, needs
    from canal_aws.permissions.documents import POLICY_CHARACTERS
    from canal_aws.preflight.written import Written, from_file, with_arguments
    from canal_aws.settings import Settings

    _refuse(purpose, account, partition, stack)
    written = with_arguments(from_file(config) if config else Written({}), settings or [])
    assumed = {} if written.settings.get("apiAccess") == "private" else _ADMITTED
    chosen = Settings.from_mapping({**assumed, **written.settings})
    scope = Scope(partition, region or written.region or "*", account, stack or _stack_of(written))
    made = documents(f"canal-aws-{purpose}", needs(Purpose(purpose), chosen, scope))
    open_ends = [key for key in ("region", "account", "stack") if getattr(scope, key) == "*"]
    if open_ends:
        print(f"Narrower with --{', --'.join(open_ends)}: for now any will do.", file=sys.stderr)
    if len(made) > 1:
        print(
            f"{len(made)} documents, all of them needed: a managed policy holds {POLICY_CHARACTERS:,} characters.",
            file=sys.stderr,
        )
    if output is None:
        print(json.dumps(made, indent=2))
        return
    make_folder("--output", output)
    for name, document in made.items():
        file = output / f"{name}.json"
        # Without white space: a user's own policy is smaller still, and counts every character.
        write("--output", file, json.dumps(document, separators=(",", ":")) + "\n")
        print(file)


def _refuse(purpose: str, account: str, partition: str, stack: str | None) -> None:
    """typer.BadParameter where a value cannot be used."""
    if purpose not in _PURPOSES:
        raise typer.BadParameter(f"{purpose} is no purpose; choose from {', '.join(_PURPOSES)}")
    if account != "*" and not re.fullmatch(r"\d{12}", account):
        raise typer.BadParameter(f"--account {account}: not an account; give its twelve digits")
    if partition not in _PARTITIONS:
        raise typer.BadParameter(f"--partition {partition}: unknown; choose from {', '.join(_PARTITIONS)}")
    if stack is not None and not _STACK.fullmatch(stack):
        raise typer.BadParameter(f"--stack {stack}: not NAME or ORGANIZATION/PROJECT/NAME")


def _stack_of(written: Written) -> str:
    found = _STACK_FILE.fullmatch(Path(written.file).name)
    return found["stack"] if found else "*"
