r"""Messages out of an mbox, a block at a time: an archive of many gigabytes needs the memory of one message.

There are four dialects (RFC 4155 names them all "mbox"), and no file says which it is written in. They agree on the
line that begins a message, ``From `` and who and when. They differ on what becomes of a line of text that looks the
same:

* mboxo writes ``>From``, and leaves ``>From`` as it is;
* mboxrd puts one ``>`` before each line that is ``From`` behind any number of ``>``;
* mboxcl2 changes nothing and counts instead: Content-Length says how long the text is;
* mboxcl does both.

So a Content-Length that ends where a message can end is believed, and what stands in it unquoted shows mboxcl2.
Everywhere else one ``>`` is taken away, which undoes mboxrd, mboxcl, and mboxo but for lines that began as ``>From``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

from .language import _

_BLOCK: Final = 256 * 1024
_HEADER: Final = 256 * 1024
"""Bytes in which a Content-Length is looked for."""
_LINE: Final = 1000
"""What the first line may have, and the one after it that shows whether a header begins."""
_MARK: Final = b"\nFrom "

_DATED: Final = re.compile(  # From who Mon Nov 23 10:11:12 2026, with a zone before or after the year or without
    rb"From (?:\S+ |- | )? *(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) "
    rb"(?P<time>\d\d:\d\d(?::\d\d)?) (?:(?P<before>[+-]\d{4}|[A-Z]{1,5}) )?(?P<year>(?:19|20)\d\d)"
    rb"(?: (?P<after>[+-]\d{4}|[A-Z]{1,5}))?"
)
_LOOSE: Final = re.compile(rb"From (?:\S+ ?.*\d\d:\d\d.*|-? *)\r?\Z")
_FIELD: Final = re.compile(rb"[ \t]*[!-9;-~]+[ \t]*(?:\r?\n[ \t]+)?:|>?From |\r?\n|\Z")
"""However oddly it is written: what hides a field from us must not hide its message."""
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END: Final = re.compile(rb"(?:\r?\n){0,2}(?=From |\Z)")
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_MONTHS: Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


class Stream(Protocol):
    """What bytes are read from; it need not know how to go back."""

    def read(self, count: int, /) -> bytes:
        """Give at most *count* bytes, and none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message of an mbox, or why it is not given."""

    raw: bytes
    """The message as it was before somebody put it into an mbox; nothing where there is a *problem*."""
    received: datetime | None
    """What the first line says; UTC where it names no zone."""
    bytes_read: int
    """How much of the file it took."""
    problem: str = ""
    cut_off: bool = False
    """It is the last one, and the file ends before it does."""


def looks_like_mbox(beginning: bytes) -> bool:
    """Tell whether a file that begins so is an mbox, or one message with such a line on top."""
    line, _end, rest = beginning.partition(b"\n")
    return _begins_message(line, rest[:_LINE], after_blank=True)


def _begins_message(line: bytes, following: bytes, *, after_blank: bool) -> bool:
    """Tell whether *line* is where a message begins; a sentence that begins with From must not be."""
    if not line.startswith(b"From ") or not _FIELD.match(following):
        return False
    # Whoever quotes nothing leaves a blank line before; whoever leaves none has at least written the day in full.
    return bool(_DATED.match(line)) or (after_blank and bool(_LOOSE.match(line)))


def pieces(stream: Stream, *, limit: int, beginning: bytes = b"") -> Iterator[Piece]:
    """Give each message of an mbox.

    Args:
        stream: where it is read from, once, from front to back.
        limit: bytes of a message; a larger one is passed over with a sentence, and never held in memory.
        beginning: what was read of the stream already.
    """
    window = _Window(stream, beginning)
    counted_only = False
    while window.fill(1):
        line_end = window.find(b"\n", _LINE)
        received = _date_in(bytes(window.data[:line_end]))
        window.drop(line_end + 1)
        end, counted = _end_by_length(window, limit)
        begun = window.position
        too_large = 0
        if not counted:
            end, too_large = _end_by_search(window, limit)
        raw = bytes(window.data[:end])
        short = window.at_end(end) and not counted and _is_cut(raw, too_large)
        window.drop(end)
        size = window.position - begun
        if counted:
            window.drop_blank_lines()
        if not size:  # two first lines, one below the other
            continue
        if too_large or size > limit:
            sentence = _("{size} bytes is larger than limits.message_bytes").format(size=size)
            yield Piece(raw=b"", received=received, bytes_read=size, problem=sentence)
            continue
        counted_only = counted_only or (counted and _MARK in raw)
        whole = raw if counted_only and counted else _unquoted(raw)
        yield Piece(raw=_without_last_blank_line(whole), received=received, bytes_read=size, cut_off=short)


class _Window:
    """What was read of a stream and not given away yet."""

    def __init__(self, stream: Stream, beginning: bytes) -> None:
        self._stream = stream
        self._ended = False
        self.data = bytearray(beginning)
        self.position = 0
        """Where the window begins, in the stream."""

    def more(self) -> bool:
        """Read on; tell whether there was anything."""
        block = b"" if self._ended else self._stream.read(_BLOCK)
        self._ended = self._ended or not block
        self.data += block
        return bool(block)

    def fill(self, count: int) -> bool:
        """Have at least *count* bytes in the window; tell whether there are as many."""
        while len(self.data) < count and self.more():
            pass
        return len(self.data) >= count

    def find(self, needle: bytes, within: int) -> int:
        """Say where *needle* is within the first bytes, or where these end."""
        self.fill(within)
        found = self.data.find(needle, 0, within)
        return found if found >= 0 else min(within, len(self.data))

    def drop(self, count: int) -> None:
        """Give away the first *count* bytes."""
        count = min(count, len(self.data))
        del self.data[:count]
        self.position += count

    def drop_blank_lines(self) -> None:
        """Give away the line ends before the next message."""
        self.fill(_LINE)
        if end := _END.match(bytes(self.data[:_LINE])):
            self.drop(end.end())

    def at_end(self, place: int) -> bool:
        """Tell whether the stream ends at *place*."""
        return not self.fill(place + 1)

    def begins_message(self, place: int, *, after_blank: bool) -> bool:
        """Tell whether a message begins at *place*."""
        self.fill(place + 2 * _LINE)
        line, _end, rest = bytes(self.data[place : place + 2 * _LINE]).partition(b"\n")
        return _begins_message(line[:_LINE], rest, after_blank=after_blank)


def _end_by_length(window: _Window, limit: int) -> tuple[int, bool]:
    """Say where Content-Length ends the message at the beginning of the window, if that is to be believed."""
    window.fill(_HEADER)
    end = _announced_end(window.data)
    if end is None or end > limit + _HEADER:
        return 0, False
    window.fill(end + _LINE)
    gap = _END.match(bytes(window.data[end : end + _LINE]))
    if len(window.data) < end or gap is None:
        return 0, False
    following = end + gap.end()
    return end, window.at_end(following) or window.begins_message(following, after_blank=gap.end() > 0)


def _end_by_search(window: _Window, limit: int) -> tuple[int, int]:
    """Say where the next message begins.

    Returns:
        That place in the window; and how many bytes were passed over before the window, of a message over the limit.
    """
    passed_over = at = 0
    if window.begins_message(0, after_blank=True):  # an empty message before it
        return 0, 0
    while True:
        found = window.data.find(_MARK, at)
        if found < 0:
            if len(window.data) > limit + _BLOCK:
                dropped = len(window.data) - _BLOCK
                window.drop(dropped)
                passed_over += dropped
            at = max(0, len(window.data) - len(_MARK))
            if not window.more():
                return len(window.data), passed_over
            continue
        before = bytes(window.data[max(0, found - 2) : found])
        if window.begins_message(found + 1, after_blank=before.endswith((b"\n", b"\n\r")) or found == 0):
            return found + 1, passed_over
        at = found + 1


def _is_cut(raw: bytes, passed_over: int) -> bool:
    """Tell whether the last message of a file ends before it does: within a line, or before its announced length."""
    if passed_over or not raw:
        return False
    announced = _announced_end(raw)
    return not raw.endswith(b"\n") or (announced is not None and len(raw) < announced)


def _announced_end(data: bytes | bytearray) -> int | None:
    """Say where Content-Length says that the message at the beginning of *data* ends."""
    blank = _BLANK_LINE.search(data, 0, _HEADER)
    length = _LENGTH.search(data, 0, blank.start() + 1) if blank else None
    return blank.end() + int(length[1]) if blank and length else None


def _unquoted(raw: bytes) -> bytes:
    blank = _BLANK_LINE.search(raw)
    if blank is None or b">From " not in raw:
        return raw
    return raw[: blank.end()] + _QUOTED.sub(rb"\1", raw[blank.end() :])


def _without_last_blank_line(raw: bytes) -> bytes:
    """Take off the blank line that stands before the next message; the one that ends the header stays."""
    for ends in (b"\n\r\n", b"\n\n"):
        if raw.endswith(ends) and _BLANK_LINE.search(shorter := raw[: 1 - len(ends)]):
            return shorter
    return raw


def _date_in(line: bytes) -> datetime | None:
    """Read the day and the time of a first line (asctime of ISO C, with or without a zone)."""
    found = _DATED.match(line)
    if found is None or found["month"] not in _MONTHS:
        return None
    hours, minutes, *seconds = (int(part) for part in found["time"].split(b":"))
    offset = found["before"] or found["after"] or b""
    zone = UTC
    if offset[:1] in {b"+", b"-"}:
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
        zone = timezone(-ahead if offset[:1] == b"-" else ahead) if ahead < timedelta(days=1) else UTC
    try:
        month, second = _MONTHS.index(found["month"]) + 1, min(seconds[0], 59) if seconds else 0
        return datetime(int(found["year"]), month, int(found["day"]), hours, minutes, second, tzinfo=zone)
    except ValueError:
        return None
