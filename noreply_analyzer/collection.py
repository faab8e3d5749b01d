"""A collection of other people's records in one file: a line of JSON for each, below one that says whose they are.

A program writes it, and writes it anew with each import: thousands of records are one file to look at and to read.
Whoever knows better about one of them says so in a file of his own.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from .language import _, ngettext
from .records import Operator
from .registrar import SLUG
from .scribe import said

SUFFIX: Final = ".jsonl"
MAX_NAMED: Final = 5
"""Of the lines that cannot be read: those of another version of this program are none of them."""

_NOTE: Final = (
    "Written by registry import, and written anew by the next one:"
    " what you know better, say in a file NAME.toml beside it."
)


class _Heading(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    collection: str
    note: str = ""
    digest: str
    """Of the lines below, as they were written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a file holds."""

    operators: tuple[Operator, ...] = ()
    problems: tuple[str, ...] = ()
    """A line for each thing that keeps a record from being read."""
    as_written: bool = False
    """Whether nobody has changed it since it was written."""


def collected(name: str, operators: Iterable[Operator]) -> bytes:
    """Give the bytes of the file of a collection called *name*."""
    lines = b"".join(msgspec.json.encode(_plain(operator)) + b"\n" for operator in operators)
    return msgspec.json.encode(_Heading(collection=name, note=_NOTE, digest=_digest(lines))) + b"\n" + lines


def read_collection(data: bytes, name: str) -> Collection:
    """Read the file *name*; what cannot be read costs its line."""
    first, _newline, rest = data.partition(b"\n")
    try:
        heading = msgspec.json.decode(first, type=_Heading)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Collection(problems=(f"{name}: " + _("is no collection that registry import wrote"),))
    found: dict[str, Operator] = {}
    problems: list[str] = []
    for number, line in enumerate(rest.split(b"\n"), start=2):
        try:
            operator = msgspec.json.decode(line, type=Operator) if line.strip() else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            problems.append(_problem(name, number, str(error)))
            continue
        if operator and SLUG.match(operator.slug):
            found[operator.slug] = operator
        elif operator:
            problems.append(_problem(name, number, _("{slug!r} is no slug").format(slug=operator.slug)))
    if len(problems) > MAX_NAMED:
        more = len(problems) - MAX_NAMED
        sentence = ngettext(
            "{count} more line cannot be read; import it again",
            "{count} more lines cannot be read; import it again",
            more,
        )
        problems = [*problems[:MAX_NAMED], f"{name}: " + sentence.format(count=more)]
    return Collection(
        operators=tuple(found.values()), problems=tuple(problems), as_written=_digest(rest) == heading.digest
    )


def _problem(name: str, number: int, sentence: str) -> str:
    return f"{name}: " + _("line {number}: {error}").format(number=number, error=sentence)


def _plain(struct: msgspec.Struct) -> dict[str, object]:
    """Give what a record says, and nothing of what it leaves out."""
    return {key: _plain_value(value) for key, value in said(struct)}


def _plain_value(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain_value(one) for one in value]
    return _plain(value) if isinstance(value, msgspec.Struct) else value


def _digest(lines: bytes) -> str:
    return hashlib.sha256(lines).hexdigest()
