"""The raw header of a message, split by ourselves: what any reader could take for a field is one.

Readers differ on bare CR, on ``From :``, on a name folded before its colon, on what ends a header. Here all of these
count, so that a field which somebody's mail program may show is never overlooked.
"""

import re
from dataclasses import dataclass
from typing import Final

from .errors import MessageError
from .language import _

MAX_HEADER: Final = 1024 * 1024
"""Bytes of header that are looked at."""
MAX_FIELDS: Final = 2000
"""Fields that are kept. Real mail has some 30; the longest trace of relays, some 200."""

_END: Final = re.compile(rb"\n\r?\n")
_MBOX_LINE: Final = re.compile(rb">?From [^ \t:]")
_NOT_IN_NAME: Final = re.compile(rb"[^!-9;-~]")  # RFC 5322 section 3.6.8
_MAX_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it came."""

    name: str
    """In lower case; without white space, control and 8-bit characters, which no name may have."""
    value: bytes
    """Unfolded (RFC 5322 section 2.2.3): line ends taken out, nothing else."""
    odd: bool
    """Whether the name was not written as names are, so that readers differ on whether it is a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Every field in order, and what is wrong with the header as a whole."""

    fields: tuple[Field, ...]
    defects: tuple[str, ...] = ()
    doubt: str = ""
    """Why no count of fields can be relied on; empty where it can."""

    def all(self, name: str) -> tuple[Field, ...]:
        """Give every field called *name* (lower case)."""
        return tuple(field for field in self.fields if field.name == name)

    def first(self, name: str) -> bytes:
        """Give the value of the topmost field called *name* (lower case), or nothing."""
        return next((field.value for field in self.fields if field.name == name), b"")


def split(raw: bytes) -> tuple[Header, bytes]:
    """Take a message apart into its header and its body.

    Raises:
        MessageError: there is no header.
    """
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # a file with line ends of another age
    end = _END.search(raw)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    head = head.removesuffix(b"\r")
    if raw[:2] == b"\r\n" or raw[:1] == b"\n":
        head = b""
    header = _read(head)
    if not header.fields:
        raise MessageError(_("this is not a message: it has no header"))
    return header, body


def _read(head: bytes) -> Header:
    defects, doubt = [], ""
    if len(head) > MAX_HEADER:
        head, doubt = head[:MAX_HEADER], _("the header is over 1 MB")
    lines = head.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if re.search(rb"\r(?!\n)", head):
        defects.append("bare CR in the header")
    if _MBOX_LINE.match(lines[0]):
        del lines[0]
    if lines and lines[0][:1] in {b" ", b"\t"}:
        doubt = doubt or _("the header begins with a folded line")
    folded, more = _unfold(lines)
    if more:
        doubt = doubt or _("the header has over {count} fields").format(count=MAX_FIELDS)
    fields = [_field(parts) for parts in folded]
    if None in fields:
        defects.append("header line without a field name")
    if doubt:
        defects.append(doubt)
    return Header(fields=tuple(field for field in fields if field), defects=tuple(defects), doubt=doubt)


def _unfold(lines: list[bytes]) -> tuple[list[list[bytes]], bool]:
    """Put folded lines together; tell whether there were more than are kept."""
    folded: list[list[bytes]] = []
    for line in lines:
        if not line:  # between CR and CR LF: an empty line for some readers, so the count goes on behind it
            continue
        if line[:1] in {b" ", b"\t"} and folded:
            folded[-1].append(line)
        elif len(folded) == MAX_FIELDS:
            return folded, True
        else:
            folded.append([line])
    return folded, False


def _field(parts: list[bytes]) -> Field | None:
    name, colon, value = b"".join(parts).partition(b":")
    plain = _NOT_IN_NAME.sub(b"", name)
    if not (colon and plain) or len(name) > _MAX_NAME:
        return None
    return Field(plain.decode("ascii").lower(), value, plain != name)
