"""The commands of `registry` for those who keep records: hold them against texts, take others in, draft new ones."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import completion
from .decoding import escaped
from .errors import DataError
from .language import _, ngettext
from .options import Options
from .output import Output, sentences

if TYPE_CHECKING:
    from .keeping import Records
    from .texts import Shelf
    from .verifying import Verification

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")
_FOLDER = click.Path(path_type=Path)


def _today() -> date:
    return datetime.now(UTC).date()


def _say(sentence: str) -> None:
    sys.stderr.write(f"noreply-analyzer: {escaped(sentence)}\n")


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", shell_complete=completion.slugs)
@click.option("--against", "folder", required=True, type=_FOLDER, metavar="DIR", help="The folder of dated texts.")
@click.option("--map", "map_file", type=_FOLDER, metavar="FILE", help="Which texts are whose (TOML); else by name.")
@click.option("--records", "own", type=_FOLDER, metavar="DIR", help="Your records; else those of the program.")
@click.option("--write", is_flag=True, help="Write what still stands into your records, or into a checkout.")
@_AS_JSON
def verify(
    *, slugs: Sequence[str], folder: Path, map_file: Path | None, own: Path | None, write: bool, as_json: bool
) -> int:
    """Look whether channels still stand in dated texts of the operators.

    The texts are a checkout of Open Terms Archive, or any folder of .md, .html and .txt files. Mediators are looked for
    where their sources name a text. Ends in 1 if something was not found there, or has to be read again.
    """
    from . import keeping, report, verifying
    from .texts import Shelf

    records, today = keeping.records_to_write(own) if write else keeping.records_in(own), _today()
    chosen, shelf, out = records.chosen(slugs), Shelf(folder, today=today), Output(sys.stdout)
    assigned = _assigned(records, shelf, map_file)
    problems, outcomes, silent = list(records.problems), set(), Counter[type]()
    changed: list[Path] = []
    for record in chosen:
        name = verifying.name_of(record)
        found = tuple(verifying.verify([record], shelf, assigned))
        written = _written(records, name, found, today, problems) if write else {}
        changed += [records.paths[name]] * bool(written)
        here = {one.outcome for one in found}
        silent[type(record)] += name not in assigned and here <= {verifying.Outcome.NO_TEXT}
        outcomes |= here
        for one in found:
            if as_json:
                report.print_json(verifying.as_object(one, written.get(one.channel.id if one.channel else "", ())), out)
            elif slugs or name in assigned or one.outcome is not verifying.Outcome.NO_TEXT:
                out.write(escaped(str(one)) + "\n")
    out.flush()
    problems += shelf.problems
    for path in changed:
        _say(_("{path}: written").format(path=path))
    for problem in (*problems, *_remarks(shelf, Counter() if slugs else silent)):
        _say(problem)
    wrong = outcomes & {verifying.Outcome.NOT_FOUND, verifying.Outcome.READ_AGAIN}
    return 1 if problems or wrong else 0


def _assigned(records: "Records", shelf: "Shelf", map_file: Path | None) -> dict[str, tuple[str, ...]]:
    from . import verifying
    from .folders import read_file

    if map_file is None:
        return verifying.by_name(records.by_name.values(), shelf.names)
    data, words = read_file(map_file.resolve(), most=verifying.MAX_MAP), records.words
    return {words[word]: texts for word, texts in verifying.by_map(data, words, shelf.names).items()}


def _written(
    records: "Records", name: str, found: "Sequence[Verification]", today: date, problems: list[str]
) -> dict[str, tuple[str, ...]]:
    from . import keeping

    try:
        return keeping.write_down(records, name, found, today=today)
    except DataError as error:
        problems += sentences(error)
        return {}


def _remarks(shelf: "Shelf", silent: "Mapping[type, int]") -> Iterator[str]:
    from .records import Mediator, Operator

    if count := silent.get(Operator, 0):
        yield ngettext("of {count} operator there is no text", "of {count} operators there is no text", count).format(
            count=count
        )
    if count := silent.get(Mediator, 0):
        yield ngettext("of {count} mediator there is no text", "of {count} mediators there is no text", count).format(
            count=count
        )
    if shelf.names and shelf.checkout.shallow:
        yield _("the checkout is shallow, so that some texts have no date; to fetch the rest: git fetch --unshallow")


@click.command("import")
@click.argument("collection", type=click.Choice(["datenanfragen"]), metavar="COLLECTION")
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option("--into", type=_FOLDER, metavar="DIR", help="Write here; else among your own records.")
@_AS_JSON
@click.pass_obj
def import_records(options: Options, collection: str, folder: Path, *, into: Path | None, as_json: bool) -> int:
    """Take a collection of other people's records into your own.

    The only COLLECTION is datenanfragen: where requests about personal data go. DIR is a checkout of its data.
    It becomes one file, which the next import writes anew; your own records win over it. Ends in 1 if something could
    not be taken.
    """
    del collection  # there is but one
    from . import importing, report
    from .registry import Registry
    from .supplies import open_records

    settings, out = None if into else options.settings(needed=False), Output(sys.stdout)
    here = into or Path(settings.registry.directory if settings else "").expanduser()
    done = importing.take_in(folder, here, shipped=Registry.shipped(), today=_today())
    if as_json:
        report.print_json(done.as_object(), out)
    else:
        counts = {"added": len(done.added), "updated": len(done.updated), "unchanged": done.unchanged}
        sentence = _("{path}: {added} records added, {updated} updated, {unchanged} unchanged")
        out.write(escaped(sentence.format(path=done.file, **counts)) + "\n")
    out.flush()
    for sentence in (*done.problems, *done.refused):
        _say(sentence)
    for slug in done.gone:
        _say(_("{slug} is no longer in the collection, and is taken out").format(slug=slug))
    if settings:
        open_records(settings, keep=True)  # compiled now, so that the next run does not pay for it
    return 1 if done.problems else 0


@click.command()
@click.argument("domain", metavar="DOMAIN")
@click.option("--from", "path", required=True, type=_FOLDER, metavar="PATH", help="A saved page, or a folder of them.")
@click.pass_obj
def propose(options: Options, domain: str, *, path: Path) -> int:
    """Print the draft of a record, from pages that you have saved.

    DOMAIN is the operator's website. Save its legal notice, terms, contact page and security.txt. Everything in the
    draft is only reported; what you have to decide is marked TODO. Writes nothing.
    """
    from . import proposing
    from .supplies import registry_of

    registry = registry_of(options.settings(needed=False))
    found, out = proposing.propose(domain, path, today=_today(), registry=registry), Output(sys.stdout)
    out.write(found.text)
    out.flush()
    for remark in found.remarks:
        _say(remark)
    return 0
