"""Whether what the records say still stands in dated texts of the operators: channel by channel, with file and day.

Everything here gives data; `upkeep_commands` prints it and `amending` writes it down.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from .errors import DataError
from .language import _
from .records import Channel, Medium, Operator
from .registrar import fold
from .standing import stands
from .texts import Shelf, Text

MAX_MAP: Final = 1024 * 1024
MAX_PATTERN: Final = 500

T = TypeVar("T")
U = TypeVar("U")


class Outcome(StrEnum):
    """What came of looking for a channel."""

    STANDS = "stands"
    NOT_FOUND = "not-found"
    NO_TEXT = "no-text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One channel, looked for."""

    operator: str
    """The slug."""
    channel: Channel
    outcome: Outcome
    file: str = ""
    day: date | None = None
    """The day of the text; without one the text confirms, and dates nothing."""
    source: str = ""
    """The text as a record names it."""
    document: str = ""
    """What of it stays the same in every copy."""

    def __str__(self) -> str:
        what = self.channel.target or ", ".join(self.channel.lines)
        if self.outcome is Outcome.STANDS and self.day:
            sentence = _("stands in {file} of {day}: {what}")
        elif self.outcome is Outcome.STANDS:
            sentence = _("stands in {file}, which has no date: {what}")
        elif self.outcome is Outcome.NOT_FOUND:
            sentence = _("not found in the operator's texts: {what}")
        else:
            sentence = _("there is no text of this operator: {what}")
        said = sentence.format(file=self.file, day=self.day, what=what)
        return f"{self.operator}: {self.channel.id}: {said}"


def verify(
    operators: Iterable[Operator], shelf: Shelf, assigned: Mapping[str, Sequence[str]]
) -> Iterator[Verification]:
    """Look for each channel of each operator in the texts that are *assigned* to its slug."""
    for operator in operators:
        texts = [text for name in assigned.get(operator.slug, ()) if (text := shelf.text(name))]
        for channel in operator.channels:
            yield _verified(operator.slug, channel, texts, shelf)


def _verified(slug: str, channel: Channel, texts: Sequence[Text], shelf: Shelf) -> Verification:
    found = [text for text in texts if stands(channel, text.reading)]
    if not found:
        outcome = Outcome.NOT_FOUND if texts else Outcome.NO_TEXT
        return Verification(operator=slug, channel=channel, outcome=outcome)
    best = max(found, key=lambda text: text.day or date.min)  # the newest; the first by name of several
    return Verification(
        operator=slug,
        channel=channel,
        outcome=Outcome.STANDS,
        file=best.name,
        day=best.day,
        source=shelf.source(best),
        document=best.document,
    )


def as_object(one: Verification, written: Sequence[str] = ()) -> dict[str, Any]:
    """Give one channel as the object that scripts read (docs/json.md); *written* are the keys that were changed."""
    channel = one.channel
    return {
        "type": "verification",
        "operator": one.operator,
        "channel": {
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


def by_name(operators: Iterable[Operator], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Give each operator the texts that lie in a folder, or are files, called as it is.

    By its name or slug; where no operator is called so, by a brand.
    """
    called: dict[str, set[str]] = {}
    branded: dict[str, set[str]] = {}
    for operator in operators:
        for name in (operator.slug, operator.name, operator.legal_name):
            called.setdefault(fold(name), set()).add(operator.slug)
        for brand in operator.brands:
            branded.setdefault(fold(brand), set()).add(operator.slug)
    found: dict[str, list[str]] = {}
    for name in names:
        parts = PurePosixPath(name).parts
        service = fold(parts[0] if len(parts) > 1 else PurePosixPath(name).stem)
        slugs = called.get(service) or branded.get(service) or set()
        for slug in slugs if service else ():
            found.setdefault(slug, []).append(name)
    return {slug: tuple(texts) for slug, texts in found.items()}


def by_map(data: bytes, slugs: Iterable[str], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give each operator the texts that a map names: a TOML file of slugs, each with a path or a list of patterns.

    ``*`` stands for anything within a name, ``**`` for any folders. Nothing but what is in the folder is ever matched.

    Raises:
        DataError: it is no such map, or names an operator that is none.
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
