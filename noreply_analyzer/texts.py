"""A folder of dated texts: what each file says to a reader, and of which day it is."""

import html
import re
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from .checkout import Checkout, look_at
from .decoding import decode, one_line
from .errors import DataError
from .folders import files_in, read_file
from .htmltext import HtmlReader
from .plaintext import tidy
from .standing import Reading

HTML: Final = frozenset({".html", ".htm", ".xhtml"})
SUFFIXES: Final = HTML | {".md", ".markdown", ".txt"}
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one text; the longest terms are a tenth of it."""

_DAY: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
_FRONT_MATTER: Final = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.{0,4000}?)\r?\n\1[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_DATED: Final = re.compile(
    r"^[ \t]*[\"']?(?:date|fetch_?date|fetched(?:_?on)?|captured|retrieved)[\"']?[ \t]*[:=][ \t]*[\"']?"
    r"(\d{4}-\d\d-\d\d)",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED: Final = re.compile(r"\\([^\w\s])")
_LINK: Final = re.compile(
    r"\bhref\s{0,9}=\s{0,9}(?:\"([^\"<>]{1,2000})\"|'([^'<>]{1,2000})'|([^\s\"'<>]{1,2000}))", re.IGNORECASE
)


class Text:
    """One text, read."""

    def __init__(self, name: str, content: str, *, day: date | None, commit: str = "") -> None:
        self.name = name
        self.content = content
        self.day = day
        """The day of the text; ``None`` where nothing says it. When the file was last written says nothing."""
        self.commit = commit

    @property
    def document(self) -> str:
        """Its name as sources have it: a document of an archive, else a file."""
        return document_of(self.name)

    @cached_property
    def reading(self) -> Reading:
        """Its words and numbers, to look for something in."""
        return Reading(self.content)


class Shelf:
    """The texts of a folder, each read once, when it is asked for.

    Raises:
        DataError: the folder cannot be read.
    """

    def __init__(self, folder: Path, *, today: date) -> None:
        self.folder = folder.resolve()
        self.names = files_in(self.folder, SUFFIXES)
        self.problems: list[str] = []
        """A line for each text that could not be read."""
        self._today = today
        self._read: dict[str, Text | None] = {}

    @cached_property
    def checkout(self) -> Checkout:
        """What git says of the folder."""
        return look_at(self.folder)

    def text(self, name: str) -> Text | None:
        """Give the text called *name*, or ``None`` where it cannot be read."""
        if name not in self._read:
            self._read[name] = self._fetch(name)
        return self._read[name]

    def _fetch(self, name: str) -> Text | None:
        try:
            data = read_file(self.folder / name, most=MAX_BYTES)
        except DataError as error:
            self.problems.append(str(error))
            return None
        written = decode(data)
        day, digits = own_day(name, written), ""
        if commit := self.checkout.commit_of(name, data):
            day, digits = day or commit.day, commit.digits
        known = day if day and day <= self._today else None  # a clock that is wrong dates nothing
        return Text(name, as_read(name, written), day=known, commit=digits)

    def source(self, text: Text) -> str:
        """Say where a text lies, as a record names its sources: with its commit, and the day of the copy."""
        where = re.sub(
            r"\Agithub\.com/OpenTermsArchive/", "Open Terms Archive, ", self.checkout.origin, flags=re.IGNORECASE
        )
        where = (where or self.folder.name) + (f"@{text.commit}" if text.commit else "")
        copy = f", copy of {text.day}" if text.day else ""
        return one_line(f"{where}, {text.document}{copy}")


def document_of(name: str) -> str:
    """Give what a text is called in sources, by its file."""
    return name.removesuffix(".md")


def own_day(name: str, written: str) -> date | None:
    """Give the day that a text says itself: in its front matter, or else in its name."""
    front = _FRONT_MATTER.match(written)
    said = _DATED.search(front[2]) if front else None
    if said:
        return _day(said[1])
    found = _DAY.findall(name)
    return _day("-".join(found[-1])) if found else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_read(name: str, written: str) -> str:
    """Give what a reader sees of a text, and where its links lead."""
    suffix = Path(name).suffix.lower()
    if suffix in HTML:
        return tidy("\n".join((HtmlReader().text(written), *links_in(written))))
    return tidy(html.unescape(_ESCAPED.sub(r"\1", written)) if suffix != ".txt" else written)


def links_in(markup: str) -> tuple[str, ...]:
    """Give where the links of a page lead: addresses and numbers alone, pages whole."""
    targets = (html.unescape(next(filter(None, found.groups()), "")) for found in _LINK.finditer(markup))
    return tuple(dict.fromkeys(link for target in targets if (link := _target(target.strip()))))


def _target(link: str) -> str:
    scheme, _colon, rest = link.partition(":")
    if scheme.lower() in {"mailto", "tel"}:
        return unquote(rest.partition("?")[0]).strip()
    return link if scheme.lower() in {"http", "https"} else ""
