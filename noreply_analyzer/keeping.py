"""The record files that are verified: which there are, what they say, and what was found written into them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

from .amending import Amendment, amended
from .errors import DataError, RecordError, UsageError
from .folders import read_file, write_over
from .language import _
from .records import Operator
from .registrar import read_operator, read_part
from .verifying import Outcome, Verification

MAX_RECORD: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Records:
    """The operators of a folder of records, by their slugs."""

    folder: Path
    operators: Mapping[str, Operator]
    problems: tuple[str, ...]
    """A line for each thing that keeps a record from being read."""

    def chosen(self, slugs: Sequence[str]) -> tuple[Operator, ...]:
        """Give the operators called *slugs*, or all.

        Raises:
            UsageError: there is no record of that name.
        """
        for slug in slugs:
            if slug not in self.operators:
                raise UsageError(_("there is no record {slug!r} in {path}").format(slug=slug, path=self.folder))
        return tuple(self.operators[slug] for slug in slugs or sorted(self.operators))


def records_in(folder: Path | None = None) -> Records:
    """Read the records of *folder*, or those that come with the program.

    Raises:
        DataError: the folder cannot be read.
    """
    folder = folder or Path(str(files(__package__) / "operators"))
    problems: list[str] = []
    operators: dict[str, Operator] = {}
    try:
        names = sorted(path.name for path in folder.iterdir() if path.suffix == ".toml" and path.name[0] != ".")
    except OSError as error:
        raise DataError(_("{path} cannot be read: {error}").format(path=folder, error=error.strerror)) from error
    for name in names:
        try:
            operator = _read(_text_of(folder / name), name)
        except RecordError as error:
            problems += error.problems
        except DataError as error:
            problems.append(str(error))
        else:
            operators[operator.slug] = operator
    return Records(folder, operators, tuple(problems))


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
    records: Records, slug: str, found: Iterable[Verification], *, today: date
) -> dict[str, tuple[str, ...]]:
    """Write what was found into the record of *slug*; give, for each channel that was changed, the keys.

    Raises:
        DataError: the record cannot be changed in place; it is as it was.
        OutputError: it cannot be written; it is as it was.
    """
    path = records.folder / f"{slug}.toml"
    before = _text_of(path)
    whole = _is_whole(before, path.name)
    text, changed = before, {}
    for one in found:
        if one.outcome is not Outcome.STANDS:
            continue
        wanted = Amendment(
            channel=one.channel.id, checked_on=today, stated_on=one.day, source=one.source, document=one.document
        )
        try:
            text, keys = amended(text, wanted)
        except DataError as error:
            raise DataError(f"{path.name}: {error}") from error
        if keys:
            changed[one.channel.id] = keys
    if text != before:
        (read_operator if whole else read_part)(text, path.name)  # nothing is written that could not be read again
        write_over(path, text.encode())
    return changed


def _is_whole(text: str, name: str) -> bool:
    try:
        read_operator(text, name)
    except RecordError:
        return False
    return True
