"""Words, dates and lines: what a draft needs of each language.

``templates/<language>/words.toml`` has the words that stand alone (dates, names of references, subject lines); the
prose is in the templates beside it. Typography is put in here, so that a translator types plain spaces and straight
apostrophes. What a message or a record says is never touched by it: a number must stay as it can be copied.
"""

import math
import re
import textwrap
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from .language import WRITTEN

WIDTH: Final = 72
"""Columns of a line: where Thunderbird breaks what is edited in it; of a wider line a word would stand alone on the
next. RFC 5322 section 2.1.1 allows six more.
"""
RIGHT: Final = 40
"""Where the right half of a letter begins; a French address, whose lines have up to 38 columns, may begin before it."""
NO_BREAK: Final = "\u00a0"

STUCK: Final = "\ue000"
"""A plain space at which no line is broken; `clean` lets none in from outside."""

_VALUE: Final = "\ue001"  # what follows was not written by the author of a template, so it marks no block
_JINJA: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_SPACES: Final = re.compile(r"[ \t\n]+")
_ITEM: Final = "–"
_BELOW: Final = "+"
_ALONE: Final = ("|", ">")
_MARKS: Final = (*_ALONE, _ITEM, _BELOW)
_INDENTS: Final = {_ITEM: ("  – ", "    "), _BELOW: ("    ", "    ")}
_SIGNATURE: Final = "--"
_TWO_MONTHS: Final = 61  # days
_FAR: Final = 92  # days; a bill is announced within a quarter
_SOON: Final = 31


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of one language that do not stand in a template; see the comments in ``words.toml``.

    What has a default is said to the user alone, or goes without saying.
    """

    language: str
    language_name: dict[str, str] = {}
    months: tuple[str, ...]
    first: str
    day: str
    names_the_town: bool
    """Whether the date of a letter does."""
    numbers: tuple[str, ...]
    periods: dict[str, str]
    days: str
    working_days: str
    ages: dict[str, str] = {}
    elision: bool = False
    before_a_vowel: str = "{name}"
    before_a_consonant: str = "{name}"
    join: str
    about: dict[str, str]
    about_many: dict[str, str]
    about_dated: dict[str, str]
    about_message: dict[str, str] = {}
    """The message as what it is about, where a preposition wants other words than a list of references."""
    matter: dict[str, str] = {}
    matter_many: dict[str, str] = {}
    matter_dated: dict[str, str] = {}
    level: dict[str, str] = {}
    hint: dict[str, str] = {}
    blank: dict[str, str] = {}
    blanks: dict[str, str] = {}
    reference: dict[str, str]
    tariff: dict[str, str] = {}
    title: dict[str, str]
    your_message: str
    your_message_dated: str
    your_messages: str
    a_message_dated: str = ""
    some_messages: str = ""
    enclosed: str = ""
    to_do: dict[str, str] = {}
    for_the_user: str = ""
    provenance: dict[str, str] = {}
    silence: dict[str, str]
    intro: dict[str, str]
    opening: dict[str, str]
    opening_firm: dict[str, str]
    request: dict[str, str]

    def date(self, day: date) -> str:
        """Give *day* as one writes it, without a place to break the line at."""
        number = self.first if day.day == 1 else str(day.day)
        said = self.day.format(number=number, month=self.months[day.month - 1], year=day.year)
        return said.replace(" ", NO_BREAK)

    def number(self, count: int) -> str:
        """Give *count* in letters as far as the language's list goes, else in digits."""
        return self.numbers[count] if count < len(self.numbers) else str(count)

    def period(self, days: int) -> str:
        """Give a delay in the words that people use for it: "un mois" for thirty days."""
        return self.periods.get(str(days)) or self.days.format(count=self.number(days))

    def working(self, days: int) -> str:
        """Give a delay that is counted in working days."""
        return self.working_days.format(count=self.number(days))

    def age(self, days: int) -> str:
        """Say how old something is: in days below two months, in whole months above."""
        if days <= _TWO_MONTHS:
            return self.ages["days"].format(count=days)
        return self.ages["months"].format(count=self.number(math.floor(days / 30.44)))

    def of(self, name: str) -> str:
        """Put "of" before a name: *d’Orange*, *de Télécom Exemple*."""
        first = unicodedata.normalize("NFD", name[:1]).casefold()[:1]
        elided = self.elision and first in {*"aeiou", "œ"} and not name.casefold().startswith("oui")
        return (self.before_a_vowel if elided else self.before_a_consonant).format(name=name)

    def reference_to(self, key: str, value: str) -> str:
        """Name one of the user's references: *client n° 123*."""
        return self.reference[key].format(value=stick(value))


@cache
def words(language: str) -> Words:
    """Read the words of *language*, one of `language.WRITTEN`."""
    return msgspec.convert(tomllib.loads(template(f"{language}/words.toml")), Words)


@cache
def template(name: str) -> str:
    """Read a file below ``templates/``, set as `typeset` does."""
    return typeset(name, (files(__package__) / "templates" / name).read_text(encoding="utf-8"))


def typeset(name: str, source: str) -> str:
    """Set the words of a template as the language in its *name* wants them, and leave what jinja reads untouched."""
    pieces = _JINJA.split(source) if name.endswith(".j2") else [source]
    french = name.startswith("fr/")
    return "".join(piece if index % 2 else typographic(piece, french=french) for index, piece in enumerate(pieces))


def typographic(text: str, *, french: bool) -> str:
    """Set words that were typed with plain spaces and straight apostrophes as their language wants them."""
    text = re.sub(r"\b([DLR])\. (?=\d)", r"\1." + NO_BREAK, text.replace("'", "’"))
    if french:
        text = re.sub(r" ([:;!?»])", NO_BREAK + r"\1", text)
        text = text.replace("« ", "«" + NO_BREAK).replace("n° ", "n°" + NO_BREAK)
    return text.replace("n.º ", "n.º" + NO_BREAK)


def clean(text: str, limit: int) -> str:
    """Give *text* on one line: no control, bidirectional, invisible or private characters, at most *limit* long."""
    spaced = "".join(" " if _is_space(character) else character for character in text[: limit * 20])
    visible = "".join(character for character in spaced if not unicodedata.category(character).startswith("C"))
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _is_space(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("Z")


def stick(text: str) -> str:
    """Keep *text* on one line of a letter; its spaces stay plain ones, so that it can be copied."""
    return text.replace(" ", STUCK)


def quotable(text: str) -> str:
    """Keep together in *text* what belongs on one line, as a reader wants it: *12 novembre*, *Attention :*."""
    return re.sub(r"(?<=\d) (?=\w)|(?<=\d\.) (?=\w)|(?<=\w°) |(?<=[«“„]) | (?=[:;!?»”€%])", STUCK, text)


def value(given: object) -> str:
    """Hand a value to a template: whatever it begins with, it is text and no mark of `lay_out`."""
    text = str(given)
    return _VALUE + text if text.startswith(_MARKS) else text


class Piece(NamedTuple):
    """What stands together in a paragraph, and the mark it was typed with."""

    mark: str
    """``|``: a line as it is; ``>``: one in the right half; ``–``: an item of a list; ``+``: a new line in it."""
    text: str


def paragraphs(text: str) -> Iterator[tuple[Piece, ...]]:
    """Take apart what a template gave.

    Paragraphs are parted by blank lines. A line that begins with ``|`` or ``>`` stands alone, ``–`` begins an item and
    ``+`` a new line in it; all other lines flow together.
    """
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text.strip()):
        yield tuple(_pieces(paragraph.splitlines()))


def _pieces(lines: Sequence[str]) -> Iterator[Piece]:
    flowing: list[str] = []
    for line in lines:
        if line.startswith(_MARKS) and flowing:
            yield _piece(_SPACES.sub(" ", " ".join(flowing)))
            flowing = []
        if line.startswith(_ALONE):
            yield _piece(line)
        else:
            flowing.append(line)
    if flowing:
        yield _piece(_SPACES.sub(" ", " ".join(flowing)))


def _piece(line: str) -> Piece:
    mark = line[:1] if line.startswith(_MARKS) else ""
    return Piece(mark, line.removeprefix(mark).replace(_VALUE, "").strip(f" {STUCK}"))


def lay_out(text: str, *, flowed: bool = False) -> str:
    """Break what a template gave into lines of at most `WIDTH` columns; a word longer than a line is left whole.

    With *flowed*, a line of a paragraph that goes on ends in a space, so that a mail program can join it with the next
    (RFC 3676 section 4); items do not flow, for their indents would be joined with them.
    """
    laid_out = ("\n".join(_lines(pieces, flowed=flowed)) for pieces in paragraphs(text))
    return "\n\n".join(laid_out).replace(STUCK, " ") + "\n"


def stuffed(text: str) -> str:
    """Put a space before what flowing text would take for a quotation, or for one of these (RFC 3676 section 4.4)."""
    return re.sub(r"^(?=[ >]|From )", " ", text, flags=re.MULTILINE)


def unstuffed(text: str) -> str:
    """Give the lines of flowing text as they were laid out."""
    return re.sub(r"^ | +$", "", text, flags=re.MULTILINE)


def _lines(pieces: Sequence[Piece], *, flowed: bool) -> Iterator[str]:
    right = [text for mark, text in pieces if mark == ">"]
    indent = max(0, min(RIGHT, WIDTH - max(map(len, right), default=0)))
    for mark, text in pieces:
        if mark in _ALONE:
            yield " " * (indent if mark == ">" else 0) + text
        else:
            yield from _flow(mark, text, end=" " if flowed and not mark else "")


def _flow(mark: str, text: str, *, end: str) -> Iterator[str]:
    first, rest = _INDENTS.get(mark, ("", ""))
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    # "-- " would be taken for what stands before a signature (RFC 3676 section 4.3).
    yield from (line + end if line != _SIGNATURE else line for line in lines[:-1])
    yield from lines[-1:]


def day_named(text: str, *, near: date) -> date | None:
    """Give the one day that *text* names, if it names just one and it is not far from *near*; ``None`` otherwise."""
    days = {day for day in _days(text, near) if -_FAR <= (day - near).days <= _SOON}
    return days.pop() if len(days) == 1 else None


def _days(text: str, near: date) -> Iterator[date]:
    months = {_plain(month): index + 1 for each in WRITTEN for index, month in enumerate(words(each).months)}
    in_words = rf"(?<!\d)(\d{{1,2}})(?:er|[.º°])? (?:de )?({'|'.join(months)})(?:(?: del?)? (\d{{4}}))?\b"
    plain = _plain(text)
    for match in re.finditer(in_words, plain):
        yield from _day(match[3], months[match[2]], match[1], near)
    for match in re.finditer(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)", plain):
        yield from _day(match[3], match[2], match[1], near)
    for match in re.finditer(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)", plain):
        yield from _day(match[1], match[2], match[3], near)


def _day(year: str | None, month: int | str, day: str, near: date) -> Iterator[date]:
    for candidate in (int(year),) if year else (near.year - 1, near.year, near.year + 1):
        try:
            yield date(candidate, int(month), int(day))
        except ValueError:
            continue


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", clean(text, 200)).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))
