"""Whether what the records say still stands in dated texts: channel by channel, with file and day.

An operator's texts are its own. What is known of a mediator was mostly read in other people's: those that its sources
name. Its conditions are told in words that no text holds; of them it is said whether there is a newer text to read.

Everything here gives data; `upkeep_commands` prints it and `amending` writes it down.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from .amending import is_named_in
from .errors import DataError
from .language import _
from .records import Channel, Mediator, Medium, Operator
from .registrar import fold
from .standing import stands
from .texts import Shelf, Text, document_of

MAX_MAP: Final = 1024 * 1024
MAX_PATTERN: Final = 500

Record = Operator | Mediator
MEDIATORS: Final = "mediators/"
"""Stands before a mediator's slug."""

T = TypeVar("T")
U = TypeVar("U")


class Outcome(StrEnum):
    """What came of looking for something."""

    STANDS = "stands"
    NOT_FOUND = "not-found"
    NO_TEXT = "no-text"
    READ_AGAIN = "read-again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One channel, looked for; or the conditions of a mediator."""

    record: Record
    channel: Channel | None
    """``None``: the conditions."""
    outcome: Outcome
    file: str = ""
    day: date | None = None
    """The day of the text; without one the text confirms, and dates nothing."""
    source: str = ""
    """The text as a record names it."""
    document: str = ""
    """What of it stays the same in every copy."""

    def __str__(self) -> str:
        channel = self.channel
        if channel is None:
            said = self._of_conditions().format(file=self.file, day=self.day)
            return f"{name_of(self.record)}: conditions: {said}"
        what = channel.target or ", ".join(channel.lines)
        said = self._of_channel().format(file=self.file, day=self.day, what=what)
        return f"{name_of(self.record)}: {channel.id}: {said}"

    def _of_channel(self) -> str:
        own = isinstance(self.record, Operator)
        if self.outcome is Outcome.STANDS:
            dated = _("stands in {file} of {day}: {what}")
            return dated if self.day else _("stands in {file}, which has no date: {what}")
        if self.outcome is Outcome.NOT_FOUND:
            its = _("not found in the operator's texts: {what}")
            return its if own else _("not found in the texts that its sources name: {what}")
        its = _("there is no text of this operator: {what}")
        return its if own else _("there is no text that its sources name: {what}")

    def _of_conditions(self) -> str:
        if self.outcome is Outcome.STANDS:
            return _("no text is newer than the one that was read, {file} of {day}")
        if self.outcome is Outcome.READ_AGAIN:
            return _("to be read again: {file} of {day} is newer")
        return _("there is no dated text that their sources name")


def name_of(record: Record) -> str:
    """Give what a record is called where operators and mediators stand side by side: some have the same slug."""
    return record.slug if isinstance(record, Operator) else f"{MEDIATORS}{record.slug}"


def verify(records: Iterable[Record], shelf: Shelf, assigned: Mapping[str, Sequence[str]]) -> Iterator[Verification]:
    """Look for each channel of each record in the texts that are *assigned* to its name.

    For a mediator's also in the texts that its sources name.
    """
    for record in records:
        own = [text for name in assigned.get(name_of(record), ()) if (text := shelf.text(name))]
        for channel in record.channels:
            texts = own if isinstance(record, Operator) else [*_named(channel.sources, shelf), *own]
            yield _verified(record, channel, texts, shelf)
        if isinstance(record, Mediator) and record.sources:
            yield _conditions(record, _named(record.sources, shelf) or own, shelf)


def _named(sources: Sequence[str], shelf: Shelf) -> list[Text]:
    """Give the texts that sources name, of whatever copy."""
    found = (name for name in shelf.names if any(is_named_in(source, document_of(name)) for source in sources))
    return [text for name in found if (text := shelf.text(name))]


def _verified(record: Record, channel: Channel, texts: Sequence[Text], shelf: Shelf) -> Verification:
    found = [text for text in texts if stands(channel, text.reading)]
    if found:
        return _told(record, channel, Outcome.STANDS, _newest(found), shelf)
    return Verification(record=record, channel=channel, outcome=Outcome.NOT_FOUND if texts else Outcome.NO_TEXT)


def _conditions(mediator: Mediator, texts: Sequence[Text], shelf: Shelf) -> Verification:
    """Say whether the conditions were read in the newest of the texts; one without a day says nothing of that."""
    dated = [text for text in texts if text.day]
    if not dated:
        return Verification(record=mediator, channel=None, outcome=Outcome.NO_TEXT)
    text = _newest(dated)
    is_newer = mediator.stated_on is None or mediator.stated_on < (text.day or date.max)
    return _told(mediator, None, Outcome.READ_AGAIN if is_newer else Outcome.STANDS, text, shelf)


def _newest(texts: Sequence[Text]) -> Text:
    return max(texts, key=lambda text: text.day or date.min)  # the first by name of several


def _told(record: Record, channel: Channel | None, outcome: Outcome, text: Text, shelf: Shelf) -> Verification:
    return Verification(
        record=record,
        channel=channel,
        outcome=outcome,
        file=text.name,
        day=text.day,
        source=shelf.source(text),
        document=text.document,
    )


def as_object(one: Verification, written: Sequence[str] = ()) -> dict[str, Any]:
    """Give one channel as the object that scripts read (docs/json.md); *written* are the keys that were changed."""
    channel, is_operator = one.channel, isinstance(one.record, Operator)
    return {
        "type": "verification",
        "operator": one.record.slug if is_operator else None,
        "mediator": None if is_operator else one.record.slug,
        "channel": channel
        and {
            "id": channel.id,
            "medium": channel.medium.value,
            "target": ", ".join(channel.lines) if channel.medium is Medium.POST else channel.target,
        },
        "outcome": one.outcome.value,
        "file": one.file or None,
        "date": one.day.isoformat() if one.day else None,
        "source": one.source or None,
        "written": list(written),
    }


# Whose texts they are -----------------------------------------------------------------------------------------------


def by_name(records: Iterable[Record], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Give each record the texts that lie in a folder, or are files, called as it is.

    An operator by its name or slug, and by a brand where no record is called so; a mediator by its name alone, for its
    slug may be an operator's.
    """
    called: dict[str, set[str]] = {}
    branded: dict[str, set[str]] = {}
    for record in records:
        own = (record.slug, record.name, record.legal_name) if isinstance(record, Operator) else (record.name,)
        for name in own:
            called.setdefault(fold(name), set()).add(name_of(record))
        for brand in record.brands if isinstance(record, Operator) else ():
            branded.setdefault(fold(brand), set()).add(record.slug)
    found: dict[str, list[str]] = {}
    for name in names:
        parts = PurePosixPath(name).parts
        service = fold(parts[0] if len(parts) > 1 else PurePosixPath(name).stem)
        slugs = called.get(service) or branded.get(service) or set()
        for slug in slugs if service else ():
            found.setdefault(slug, []).append(name)
    return {slug: tuple(texts) for slug, texts in found.items()}


def by_map(data: bytes, slugs: Iterable[str], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give each record the texts that a map names: a TOML file of slugs, each with a path or a list of patterns.

    ``*`` stands for anything within a name, ``**`` for any folders. Nothing but what is in the folder is ever matched.

    Raises:
        DataError: it is no such map, or names a record that is none.
    """
    known, found = set(slugs), {}
    for slug, patterns in _map_in(data).items():
        if slug not in known:
            raise DataError(_("the map names {slug!r}, and there is no such record").format(slug=slug))
        split = [pattern.split("/") for pattern in patterns]
        found[slug] = tuple(name for name in names if any(_is_matched(one, name.split("/")) for one in split))
    return found


def _map_in(data: bytes) -> dict[str, list[str]]:
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(_("the map cannot be read: {error}").format(error=error)) from error
    read: dict[str, list[str]] = {}
    for slug, value in table.items():
        patterns = [value] if isinstance(value, str) else value
        sound = isinstance(patterns, list) and all(
            isinstance(one, str) and 0 < len(one) <= MAX_PATTERN for one in patterns
        )
        if not sound:
            raise DataError(_("the map: {slug}: should be a path, or a list of paths").format(slug=slug))
        read[slug] = [one.removeprefix("./") for one in patterns]
    return read


def _is_matched(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    return _wild(pattern, parts, "**", lambda wanted, part: _wild(wanted, part, "*", lambda one, it: one in {"?", it}))


def _wild(pattern: Sequence[T], given: Sequence[U], star: str, fits: Callable[[T, U], bool]) -> bool:
    """Match with a wildcard for any run; goes back to the last one only, so that no pattern takes long."""
    at, place, last, resumed = 0, 0, -1, 0
    while place < len(given):
        if at < len(pattern) and pattern[at] == star:
            last, resumed, at = at, place, at + 1
        elif at < len(pattern) and fits(pattern[at], given[place]):
            at, place = at + 1, place + 1
        elif last >= 0:
            resumed += 1
            at, place = last + 1, resumed
        else:
            return False
    return all(one == star for one in pattern[at:])
