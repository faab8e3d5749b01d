"""The commands of `registry`: the curated records, for users and for those who correct them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from .options import Options


@click.group()
def registry() -> None:
    """Look after the records of operators and their channels."""


@registry.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
def lint(files: Sequence[Path]) -> int:
    """Check records (default: all that come with the program) and say what is to be mended."""
    from . import curation

    findings = curation.lint(list(files) or None)
    for finding in findings:
        click.echo(str(finding))
    return 1 if findings else 0


@registry.command()
@click.pass_obj
def due(options: Options) -> int:
    """List the channels that nobody has checked for longer than their shelf life."""
    from . import curation

    settings = options.settings(needed=False)
    late = curation.due(datetime.now(UTC).date(), shelf_life_days=settings.registry.shelf_life_days)
    for channel in late:
        click.echo(str(channel))
    return 1 if late else 0
