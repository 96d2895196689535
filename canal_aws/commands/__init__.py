"""The commands of `canal-aws`, one module each with a `typer.Typer` named `app`."""
