"""What a message names the customer's matter by: numbers, amounts and days, with the words that say what they are.

The words are in ``mentions/*.toml``, one file a language. Nothing is guessed: what no word names, what is named in two
ways, what is masked and what may be a secret is left out. Message and result share their letters: whatever is found is
written so in the text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain, islice, pairwise
from typing import Final

import msgspec

from .figures import AMOUNT, CELL, DAY, NUMBER, PHONE, POINT, Shape, is_number, is_secret
from .lexicon import Found, Lexicon, Words, words_of
from .message import Message
from .security import masked
from .tables import shipped

_READ: Final = 16 * 1024
_MAX_LABELS: Final = 300
_MAX_LABEL: Final = 8
"""Words of one."""
_MAX_VALUES: Final = 40
"""Of one text; each is looked at twice, for it may be a code."""
_AROUND: Final = 80
"""Characters around a number in which a code would be known as one."""

_GAP: Final = re.compile(
    r"[ \t\u00a0\u202f]*(?:(?:[:=#()«\"–-]|n ?[°º]|(?:no\.?|number|est|is|sont|le|la|du|de|of|the"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?!\w))[ \t\u00a0\u202f]*){0,4}",
    re.IGNORECASE,
)
"""What may stand between a label and its value on one line."""
_LINE_END: Final = re.compile(r"\)?[ \t\u00a0\u202f]{0,8}[:.]?[ \t\u00a0\u202f]{0,8}\n{1,2}[ \t]{0,8}")
_SHORTENED: Final = frozenset({"no", "nr", "num", "ref"})
_REST: Final = re.compile(r"[ \t\u00a0\u202f.,;]*(?:\n|\Z)")
_BESIDE: Final = re.compile(r"[ \t\u00a0\u202f|;]*")
_NUMBERED: Final = re.compile(r"(?i)[:#]|n ?[°º]|\bno\b|n[ou]m|number|r[ée]f|\bid\b")
_INVOICE_OF: Final = re.compile(r"[ \t\u00a0\u202f]{0,4},?[ \t\u00a0\u202f]{0,4}(?:du|of|dated)[ \t\u00a0\u202f]{1,4}")


class Kind(StrEnum):
    """What a message may name; the first four are keys of the configuration too."""

    CUSTOMER_NUMBER = "customer_number"
    CONTRACT_NUMBER = "contract_number"
    LINE_NUMBER = "line_number"
    ACCOUNT_NUMBER = "account_number"
    INVOICE_NUMBER = "invoice_number"
    ORDER_NUMBER = "order_number"
    FILE_NUMBER = "file_number"
    METER_NUMBER = "meter_number"
    PARCEL_NUMBER = "parcel_number"
    POLICY_NUMBER = "policy_number"
    REFERENCE = "reference"
    AMOUNT = "amount"
    DUE_DATE = "due_date"
    INVOICE_DATE = "invoice_date"
    APPOINTMENT_DATE = "appointment_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One thing that a message names, as it is written there."""

    kind: Kind
    label: str
    """The words that say what it is."""
    value: str
    where: str
    """``Subject`` or ``text``."""


_SHAPES: Final[Mapping[Kind, Shape]] = {
    **dict.fromkeys(Kind, NUMBER),
    Kind.LINE_NUMBER: PHONE,
    Kind.METER_NUMBER: POINT,
    Kind.AMOUNT: AMOUNT,
    **dict.fromkeys((Kind.DUE_DATE, Kind.INVOICE_DATE, Kind.APPOINTMENT_DATE), DAY),
}


class _Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    labels: dict[str, tuple[str, ...]]
    """By kind; "nothing": what only looks like a label; "column": what stands beside one at the head of a table."""


@cache
def _lexicon() -> Lexicon[str]:
    return Lexicon(
        (wording.replace("<no>", language.number), kind)
        for language in shipped("mentions", _Language)
        for kind, wordings in language.labels.items()
        for wording in wordings
    )


def mentions_in(message: Message) -> tuple[Mention, ...]:
    """Give what the subject and the text of *message* name, one of a kind at most, in the order of `Kind`.

    Not to be asked of security mail: there every number may be a code.
    """
    found: dict[Kind, dict[str, Mention]] = {}
    for where, text in (("Subject", message.subject), ("text", message.text[:_READ])):
        for mention in _named(text, where):
            form = _SHAPES[mention.kind].form(mention.value)
            found.setdefault(mention.kind, {}).setdefault(form, mention)
    return tuple(next(iter(found[kind].values())) for kind in Kind if len(found.get(kind, ())) == 1)


def _named(text: str, where: str) -> Iterator[Mention]:
    if not any(character.isdigit() for character in text):
        return
    words = words_of(text)
    labels = [label for label in islice(_labels(words), _MAX_LABELS) if not _in_address(words, label)]
    for kind, label, start, end in islice(chain(_beside(words, labels), _below(words, labels)), _MAX_VALUES):
        if not _is_code(text, start, end):
            yield Mention(kind=kind, label=label, value=text[start:end], where=where)


def _labels(words: Words) -> Iterator[Found[str]]:
    """Find labels; one that begins on a line of its own is not read together with the end of the line above."""
    after = 0
    for label in _lexicon().find(words):
        if label.first >= after:
            label = _begun_below(words, label) or label  # noqa: PLW2901 - the better one
            after = label.after
            yield label


def _begun_below(words: Words, label: Found[str]) -> Found[str] | None:
    """Give the label that begins where *label* runs on into another line, if it goes further."""
    inner = range(label.first + 1, label.after)
    at = next((n for n in inner if "\n" in words.text[words.places[n - 1][1] : words.places[n][0]]), None)
    if at is None:
        return None
    there = slice(at, at + _MAX_LABEL)
    found = next(_lexicon().find(Words(words.text, words.folded[there], words.places[there])), None)
    if found is None or found.first or at + found.after <= label.after:
        return None
    return Found(at, at + found.after, found.means)


def _in_address(words: Words, label: Found[str]) -> bool:
    start = words.places[label.first][0]
    return start > 0 and words.text[start - 1] in "/?&=@_.-"


def _is_code(text: str, start: int, end: int) -> bool:
    """Tell whether masking what looks like a code would take the value away."""
    return text[start:end] not in masked(text[max(0, start - _AROUND) : end + _AROUND])


_Place = tuple[Kind, str, int, int]


def _beside(words: Words, labels: list[Found[str]]) -> Iterator[_Place]:
    """Find values right behind their labels, or alone on the line below a label that is alone on its own."""
    text = words.text
    for label in labels:
        start, end = words.places[label.first][0], words.places[label.after - 1][1]
        if words.folded[label.after - 1] in _SHORTENED and text.startswith(".", end):
            end += 1
        for kind in _kinds(label):
            gap = _GAP.match(text, end)
            at = gap.end() if gap else end
            value = _value(text, at, kind, named=bool(_NUMBERED.search(text, start, at)))
            if value is None and (below := _LINE_END.match(text, end)) and not text[:start].rpartition("\n")[2].strip():
                at = below.end()
                value = _value(text, at, kind, named=True)
                value = value if value and _REST.match(text, value) else None
            if value:
                yield kind, words.written(label), at, value
                if kind is Kind.INVOICE_NUMBER and (of := _INVOICE_OF.match(text, value)):
                    day = _value(text, of.end(), Kind.INVOICE_DATE, named=True)
                    if day:
                        yield Kind.INVOICE_DATE, " ".join(of[0].split()), of.end(), day


def _below(words: Words, labels: list[Found[str]]) -> Iterator[_Place]:
    """Find the values of a table whose head is one line of labels, and the next as many values and nothing else."""
    text = words.text
    row: list[Found[str]] = []
    for before, label in pairwise([None, *labels, None]):
        between = text[words.places[before.after - 1][1] : words.places[label.first][0]] if before and label else "\n"
        if before and "\n" not in between and not _BESIDE.fullmatch(between):
            row = []
        if "\n" in between:
            if len(row) > 1:
                yield from _cells(words, row)
            row = []
        if label:
            row.append(label)


def _cells(words: Words, row: list[Found[str]]) -> Iterator[_Place]:
    text = words.text
    head, end = words.places[row[0].first][0], words.places[row[-1].after - 1][1]
    below = _LINE_END.match(text, end)
    if below is None or text[:head].rpartition("\n")[2].strip():
        return
    at, cells = below.end(), []
    for label in row:
        kind = next(iter(_kinds(label)), None)
        value = _cell(text, at, kind)
        if value is None:
            return
        if kind:
            cells.append((kind, words.written(label), at, value))
        beside = _BESIDE.match(text, value)
        at = beside.end() if beside else value
    if _REST.match(text, at):
        yield from cells


def _cell(text: str, at: int, kind: Kind | None) -> int | None:
    """Give where what stands under a label ends; under one of no kind only a day is understood."""
    if kind and _SHAPES[kind] is not NUMBER:
        return _value(text, at, kind, named=True)
    match = CELL.match(text, at) if kind else DAY.pattern.match(text, at)
    return match.end() if match and (kind is None or is_number(match[0], named=True)) else None


def _kinds(label: Found[str]) -> list[Kind]:
    return [Kind(meaning) for meaning in label.means if meaning in set(Kind)]


def _value(text: str, at: int, kind: Kind, *, named: bool) -> int | None:
    """Give where the value of this kind that begins at a place ends; ``None`` where none does, or nothing to show."""
    shape = _SHAPES[kind]
    match = shape.pattern.match(text, at)
    if match is None:
        return None
    if shape is NUMBER or (shape is POINT and not _is_point(match[0])):
        return match.end() if is_number(match[0], named=named) else None
    return match.end()


def _is_point(value: str) -> bool:
    return len(re.sub(r"\W", "", value)) == 14 and not is_secret(value)  # noqa: PLR2004 - figures of a PDL


__all__ = ["Kind", "Mention", "mentions_in"]
