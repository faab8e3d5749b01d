"""The commands of `registry`: the curated records, for users and for those who correct them."""

import dataclasses
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import completion, upkeep_commands
from .decoding import escaped
from .language import _
from .options import Options
from .output import Output
from .period import days_in

if TYPE_CHECKING:
    from .directory import Directory, Entry

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")


@click.group()
def registry() -> None:
    """Look operators up, and look after their records."""


@registry.command("list")
@click.option(
    "--sector", default="", metavar="SECTOR", shell_complete=completion.sectors, help="Only operators of this sector."
)
@_AS_JSON
@click.pass_obj
def list_operators(options: Options, *, sector: str, as_json: bool) -> int:
    """List operators, each with its best channel.

    Needs no configuration. Your own records are seen over those that come with the program.
    """
    from . import columns, portrait

    entries, out = _directory(options).entries(sector), Output(sys.stdout)
    if as_json:
        _print_objects(entries, out)
    else:
        columns.print_columns(portrait.head(), [portrait.row(entry) for entry in entries], out)
    out.flush()
    return 0


@registry.command()
@click.argument("slug", metavar="SLUG", shell_complete=completion.slugs)
@_AS_JSON
@click.option("--markdown", is_flag=True, help="Print Markdown, for a page or an issue.")
@click.pass_obj
def show(options: Options, slug: str, *, as_json: bool, markdown: bool) -> int:
    """Show one record, with its dates and sources.

    SLUG is the record's name, as list and search give it. One that was renamed leads to what it is called now.
    """
    from . import portrait

    entry, out = _directory(options).entry(slug), Output(sys.stdout)
    if as_json:
        _print_objects([entry], out)
    else:
        for line in portrait.markdown(entry) if markdown else portrait.portrait(entry):
            out.write(escaped(line) + "\n")
    out.flush()
    return 0


@registry.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@_AS_JSON
@click.pass_obj
def search(options: Options, words: Sequence[str], *, as_json: bool) -> int:
    """Find an operator by name or domain, or whose mail an address is.

    A record has to hold all the WORDS, in its name, brands, slug or domains. Of an e-mail address it is said whose mail
    it is; whether a message really comes from there only its signature shows.
    """
    from . import portrait

    directory, asked, out = _directory(options), " ".join(words), Output(sys.stdout)
    answer = directory.search(asked)
    if as_json:
        _print_objects(answer.entries, out)
    else:
        for entry in answer.entries:
            out.write(escaped(portrait.found(entry)) + "\n")
    out.flush()
    for remark in answer.remarks:
        _say(remark)
    if answer.entries:
        return 0
    sentence = _("no record says {asked!r}{guess}").format(asked=asked, guess=directory.nearest(asked))
    _say(sentence)
    if not answer.remarks:  # where something speaks against it, nobody is to be led to propose it
        _say(
            _("to propose a record, write it as docs/registry.md says and try it: noreply-analyzer registry lint FILE")
        )
    return 1


def _print_objects(entries: Iterable["Entry"], out: Output) -> None:
    from . import directory, report

    for entry in entries:
        report.print_json(directory.as_object(entry), out)


def _directory(options: Options) -> "Directory":
    """Lay the user's records over the shipped ones; name each that cannot be read."""
    from .directory import Directory
    from .registry import Registry
    from .supplies import registry_of

    settings = options.settings(needed=False)
    return Directory(
        registry=registry_of(settings),
        today=_today(),
        shelf_life_days=settings.registry.shelf_life_days,
        shipped=Registry.shipped(),
    )


def _say(sentence: str) -> None:
    sys.stderr.write(f"noreply-analyzer: {escaped(sentence)}\n")


def _today() -> date:
    return datetime.now(UTC).date()


@registry.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.pass_obj
def lint(options: Options, files: Sequence[Path]) -> int:
    """Check records and say what is to be mended.

    Without FILE, all that come with the program and your own over them.
    """
    from . import curation

    findings = curation.lint(list(files) or None, today=_today())
    if not files:
        settings = options.settings(needed=False)
        findings += curation.lint_own(Path(settings.registry.directory).expanduser(), today=_today())
    for finding in findings:
        click.echo(str(finding))
    return 1 if findings else 0


@registry.command()
@click.option("--within", metavar="TIME", default="0d", help="Also what will be due so soon: 30d, 4w.")
@_AS_JSON
@click.pass_obj
def due(options: Options, *, within: str, as_json: bool) -> int:
    """List the channels past their shelf life, and the texts of law to be read again.

    A checklist in Markdown, the oldest first, with the sources to be looked at again. Your own records are seen too;
    what you have imported the next import renews.
    """
    from . import curation, datenanfragen, grounds, report

    days, settings = days_in(within), options.settings(needed=False)
    late = curation.due(
        _today(),
        shelf_life_days=settings.registry.shelf_life_days,
        registry=_directory(options).registry,
        within_days=days,
    )
    late = tuple(one for one in late if not datenanfragen.is_imported(one.channel))
    unread = grounds.due_grounds(_today(), within_days=days)
    items: list[curation.Due | grounds.DueGround] = [*late, *unread]
    out = Output(sys.stdout)
    for item in items:
        if as_json:
            report.print_json(item.as_object(), out)
        else:
            out.write(item.checklist() + "\n")
    out.flush()
    return 1 if items else 0


@registry.command()
@_AS_JSON
@click.pass_obj
def stats(options: Options, *, as_json: bool) -> int:
    """Count operators and channels by sector, medium, purpose, grade and age."""
    from . import columns, counts, portrait, report

    out, counted = Output(sys.stdout), counts.stats(_directory(options).registry, _today())
    if as_json:
        report.print_json({"type": "stats"} | dataclasses.asdict(counted), out)
    else:
        columns.print_columns(portrait.stats_head(), portrait.stats_rows(counted), out)
    out.flush()
    return 0


@registry.command()
@click.argument("record", type=click.Choice(["operator", "mediator"]), default="operator", metavar="[RECORD]")
def schema(record: str) -> int:
    """Print the JSON Schema of a record, for editors that complete and check TOML.

    RECORD is operator, or mediator. A record names the file of its schema in its first line (docs/registry.md).
    """
    import json

    from . import curation, records

    kind = records.Mediator if record == "mediator" else records.Operator
    click.echo(json.dumps(curation.schema(kind), indent=2, ensure_ascii=False))
    return 0


registry.add_command(upkeep_commands.verify)
registry.add_command(upkeep_commands.import_records)
registry.add_command(upkeep_commands.propose)
