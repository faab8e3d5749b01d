"""The record files that are verified: which there are, what they say, and what was found written into them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

from .amending import Amendment, amended
from .checkout import is_kept
from .errors import DataError, RecordError, UsageError
from .folders import read_file, write_over
from .language import _
from .records import Operator
from .registrar import read_mediator, read_operator, read_part
from .verifying import MEDIATORS, Outcome, Record, Verification, name_of

MAX_RECORD: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Records:
    """The operators and mediators of a folder of records."""

    folder: Path
    by_name: Mapping[str, Record]
    """Each by its slug, a mediator's with ``mediators/`` before it."""
    problems: tuple[str, ...]
    """A line for each thing that keeps a record from being read."""
    paths: Mapping[str, Path]
    """Their files, by the same names."""

    @property
    def words(self) -> dict[str, str]:
        """Give what each may be called: also a mediator by its slug alone, where no operator has it."""
        bare = {name.removeprefix(MEDIATORS): name for name in self.by_name}
        return bare | {name: name for name in self.by_name}

    def chosen(self, slugs: Sequence[str]) -> tuple[Record, ...]:
        """Give the records called *slugs*, or all.

        Raises:
            UsageError: there is no record of that name.
        """
        words = self.words
        for slug in slugs:
            if slug not in words:
                raise UsageError(_("there is no record {slug!r} in {path}").format(slug=slug, path=self.folder))
        return tuple(self.by_name[name] for name in [words[slug] for slug in slugs] or sorted(self.by_name))


def records_in(folder: Path | None = None) -> Records:
    """Read the records of *folder*, or those that come with the program.

    They are operators; or the folder has two in it, ``operators`` and ``mediators``, as the program has.

    Raises:
        DataError: the folder cannot be read.
    """
    folder = folder or Path(str(files(__package__)))
    problems: list[str] = []
    found: dict[str, Record] = {}
    paths: dict[str, Path] = {}
    both = (folder / "operators").is_dir()
    for path in _files(folder / "operators" if both else folder):
        _take(path, _read, found, paths, problems)
    for path in _files(folder / "mediators") if both and (folder / "mediators").is_dir() else ():
        _take(path, read_mediator, found, paths, problems)
    return Records(folder, found, tuple(problems), paths)


def records_to_write(folder: Path | None = None) -> Records:
    """Read records as `records_in`, to write into them: those of the program only where git keeps them.

    What was installed is nobody's to change: the next version would take it away, and nobody else would see it.

    Raises:
        DataError: the folder cannot be read.
        UsageError: no folder is named, and the program is installed.
    """
    if folder is None and not is_kept(here := Path(str(files(__package__))) / "operators"):
        sentence = _(
            "{path} is installed, and the next version would take away what is written there: name your records with"
            " --records DIR, or take a checkout of the program's (CONTRIBUTING.md)"
        )
        raise UsageError(sentence.format(path=here))
    return records_in(folder)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and path.name[0] != ".")
    except OSError as error:
        raise DataError(_("{path} cannot be read: {error}").format(path=folder, error=error.strerror)) from error


def _take(
    path: Path,
    read: Callable[[str, str], Record],
    found: dict[str, Record],
    paths: dict[str, Path],
    problems: list[str],
) -> None:
    try:
        record = read(_text_of(path), path.name)
    except RecordError as error:
        problems += error.problems
    except DataError as error:
        problems.append(str(error))
    else:
        found[name_of(record)], paths[name_of(record)] = record, path


def _text_of(path: Path) -> str:
    try:
        return read_file(path, most=MAX_RECORD).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: " + _("cannot be read as UTF-8 text")) from error


def _read(text: str, name: str) -> Operator:
    """Read a record; a user's own may lean on a shipped one, and then is not whole."""
    try:
        return read_operator(text, name)
    except RecordError:
        return read_part(text, name)


def write_down(
    records: Records, name: str, found: Iterable[Verification], *, today: date
) -> dict[str, tuple[str, ...]]:
    """Write what was found into the record called *name*; give, for each channel that was changed, the keys.

    Those of the record itself, for the conditions of a mediator, stand under an empty text.

    Raises:
        DataError: the record cannot be changed in place; it is as it was.
        OutputError: it cannot be written; it is as it was.
    """
    path = records.paths[name]
    before = _text_of(path)
    read = read_mediator if name.startswith(MEDIATORS) else read_operator if _is_whole(before, path.name) else read_part
    text, changed = before, {}
    for one in found:
        if one.outcome is not Outcome.STANDS:
            continue
        channel = one.channel.id if one.channel else ""
        wanted = Amendment(
            channel=channel, checked_on=today, stated_on=one.day, source=one.source, document=one.document
        )
        try:
            text, keys = amended(text, wanted)
        except DataError as error:
            raise DataError(f"{path.name}: {error}") from error
        if keys:
            changed[channel] = keys
    if text != before:
        read(text, path.name)  # nothing is written that could not be read again
        write_over(path, text.encode())
    return changed


def _is_whole(text: str, name: str) -> bool:
    try:
        read_operator(text, name)
    except RecordError:
        return False
    return True
