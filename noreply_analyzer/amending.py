"""A record's text with other dates and sources for one channel, or for itself: these lines change, and nothing else.

Whoever keeps a record has written remarks and an order into it. So the text is changed where the values stand, and
what comes out is read again: it must say what it said, but for what was to be changed.
"""

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from .errors import DataError
from .language import _

MAX_LINE: Final = 120

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_HEADER: Final = re.compile(r"\[[^\n]*")
_KEY: Final = re.compile(r"(?:[^=\n\"']|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')+=[ \t]*")
_STRING: Final = re.compile(
    r"\"\"\"(?:[^\\]|\\.)*?\"\"\"\"{0,2}|'''.*?''''{0,2}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'", re.DOTALL
)
_PLAIN: Final = re.compile(r"[^\"'#\[\]{}\n]+")
_COMMENT: Final = re.compile(r"#[^\n]*")
_COMMIT: Final = re.compile(r"(?:@| at )([0-9a-f]{7,64})\b")
_COPY: Final = re.compile(r"\bcopy of (\d{4}-\d\d-\d\d)\b")


@dataclass(frozen=True, slots=True)
class _Value:
    """Where a key's line begins, and its value begins and ends."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a channel is to say from now on, or the record of a mediator of its conditions."""

    channel: str
    """Its id; empty for the record itself."""
    checked_on: date
    stated_on: date | None = None
    """Of the text that was read; ``None`` where it has no date."""
    source: str = ""
    """Where it was read."""
    document: str = ""
    """What in it names the text: a source that names the same one is brought up to date instead."""


def amended(text: str, amendment: Amendment) -> tuple[str, tuple[str, ...]]:
    """Give the record *text* with a later ``checked_on``, a later ``stated_on`` and the source, and the keys changed.

    A date never goes back, and no grade is touched.

    Raises:
        DataError: the channel is not written as a table of its own, or not as this room reads it.
    """
    before = _loaded(text)
    at, part = _part(before, amendment)
    after = _said_after(part, amendment)
    changed = tuple(key for key in ("stated_on", "checked_on", "sources") if after.get(key) != part.get(key))
    for key in changed:
        place = next((found for index, found in enumerate(_parts_in(text)) if index == at), None)
        if place is None:
            raise _cannot(amendment)
        text = _changed(text, place, key, after[key])
    expected = copy.deepcopy(before)
    _part(expected, amendment)[1].update({key: after[key] for key in changed})
    if _loaded(text) != expected:
        raise _cannot(amendment)
    return text, changed


def _part(record: dict[str, Any], amendment: Amendment) -> tuple[int, dict[str, Any]]:
    """Give what is to be changed, and its place: the record itself is the first, then come its channels."""
    channels = record.get("channels", [])
    if not isinstance(channels, list) or not all(isinstance(one, dict) for one in channels):
        raise _cannot(amendment)
    if not amendment.channel:
        return 0, record
    wanted = [(at, one) for at, one in enumerate(channels, start=1) if one.get("id") == amendment.channel]
    if len(wanted) != 1:
        raise _cannot(amendment)
    return wanted[0]


def _cannot(amendment: Amendment) -> DataError:
    if not amendment.channel:
        return DataError(_("its dates and sources are not written so that they can be changed in place"))
    return DataError(
        _("the channel {id} is not written as a table that can be changed in place").format(id=amendment.channel)
    )


def _loaded(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(str(error)) from error


def _said_after(channel: dict[str, Any], amendment: Amendment) -> dict[str, Any]:
    days = {"stated_on": amendment.stated_on, "checked_on": amendment.checked_on}
    after = channel | {key: day for key, day in days.items() if day and _is_later(day, channel.get(key))}
    if amendment.source and not (amendment.stated_on and _is_later(channel.get("stated_on"), amendment.stated_on)):
        after["sources"] = _with_source(channel.get("sources", []), amendment)
    return after


def _is_later(one: object, other: object) -> bool:
    """Compare two days; any is later than none."""
    if type(one) is not date or (other is not None and type(other) is not date):
        return False
    return other is None or one > other


def _with_source(sources: Sequence[str], amendment: Amendment) -> list[str]:
    """Bring the source that names the same text up to date, or put the new one behind the others."""
    new = amendment.source
    old = next((at for at, one in enumerate(sources) if is_named_in(one, amendment.document or new)), None)
    if old is None:
        return [*sources, new]
    return [_updated(one, new) if index == old else one for index, one in enumerate(sources)]


def is_named_in(source: str, document: str) -> bool:
    """Tell whether a source names the text *document*, of whatever copy."""
    return bool(re.search(rf"(?:\A|, ){re.escape(document)}(?:\.md)?(?=,| at |\Z)", source))


def _updated(old: str, new: str) -> str:
    """Give *old* with the commit and the day of *new*, where it names both; else *new*."""
    pairs = [(pattern.search(old), pattern.search(new)) for pattern in (_COMMIT, _COPY)]
    if not all(before and after for before, after in pairs):
        return new
    for before, after in pairs:
        old = old.replace(before[1], after[1], 1) if before and after else old
    return old


# The text -----------------------------------------------------------------------------------------------------------


def _parts_in(text: str) -> Iterator[dict[str, _Value]]:
    """Give, for the record itself and for each ``[[channels]]``, where its keys stand."""
    here: dict[str, _Value] | None = {}
    at = 0
    while (at := _after(_BLANK, text, at)) < len(text):
        if text[at] == "[":
            if here is not None:
                yield here
            end = _after(_HEADER, text, at)
            here = {} if _is_channel(text[at:end]) else None
            at = end
            continue
        start = _after(_KEY, text, at)
        end = _end_of_value(text, start)
        if not at < start < end:
            break  # nothing that this room can read: what comes out is compared, and refused
        if here is not None:
            here[text[at:start].partition("=")[0].strip().strip("\"'")] = _Value(at, start, end)
        at = end
    if here is not None:
        yield here


def _is_channel(header: str) -> bool:
    try:
        return tomllib.loads(header.rstrip()) == {"channels": [{}]}
    except ValueError:
        return False


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _end_of_value(text: str, at: int) -> int:
    """Give the place after a value: where the bracket that it opens is closed, or before the end of its line."""
    depth, end = 0, at
    while at < len(text) and (depth or text[at] != "\n"):
        letter, before = text[at], at
        if letter in "[{]}":
            depth += 1 if letter in "[{" else -1
            at = end = at + 1
        elif letter in "\"'":
            at = end = _after(_STRING, text, at)
        elif letter == "#":
            at = _after(_COMMENT, text, at)
        elif letter == "\n":
            at += 1
        else:
            at = _after(_PLAIN, text, at)
            said = text[before:at].rstrip()
            end = before + len(said) if said and not depth else end
        if at == before or depth < 0:
            break
    return end


def _changed(text: str, place: dict[str, _Value], key: str, value: object) -> str:
    if isinstance(value, list):
        return _with_array(text, place.get(key), value)
    written = str(value)
    if key in place:
        return text[: place[key].start] + written + text[place[key].end :]
    beside = place.get("checked_on")
    if beside is None:
        raise DataError(_("there is no checked_on"))
    return text[: beside.line] + f"{key} = {written}{_newline(text)}" + text[beside.line :]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_array(text: str, place: _Value | None, items: Sequence[str]) -> str:
    """Write the items over those that stand there, and what is new behind the last; remarks between them stay."""
    if place is None:
        raise DataError(_("there are no sources"))
    array, newline = text[place.start : place.end], _newline(text)
    old, spans = tomllib.loads(f"x = {array}")["x"], _strings_in(array)
    if not spans or len(spans) != len(old) or len(items) < len(old):
        return text[: place.start] + _array(items, newline) + text[place.end :]
    if len(items) > len(old):
        array = _appended(array, spans[-1][1], items[len(old) :], newline)
    for (start, end), before, after in reversed(list(zip(spans, old, items, strict=False))):
        if before != after:
            array = array[:start] + quoted(after) + array[end:]
    if "\n" not in array and place.start - place.line + len(array) > MAX_LINE:
        array = _array(items, newline)
    return text[: place.start] + array + text[place.end :]


def _strings_in(array: str) -> list[tuple[int, int]]:
    found = re.finditer(f"{_STRING.pattern}|(?P<remark>{_COMMENT.pattern})", array, re.DOTALL)
    return [one.span() for one in found if one["remark"] is None]


def _appended(array: str, end: int, items: Sequence[str], newline: str) -> str:
    if "\n" not in array:
        return array[:end] + "".join(f", {quoted(item)}" for item in items) + array[end:]
    indent = re.search(r"\n([ \t]*)[\"']", array)
    lead = newline + (indent[1] if indent else "    ")
    remark = re.match(r"([ \t]*),?([ \t]*#[^\r\n]*)", array[end:])
    if remark:  # stays with the one that it stands behind
        new = "".join(f"{lead}{quoted(item)}," for item in items)
        return f"{array[:end]},{remark[1]}{remark[2]}{new}{array[end + remark.end() :]}"
    return array[:end] + "".join(f",{lead}{quoted(item)}" for item in items) + array[end:]


def _array(items: Sequence[str], newline: str) -> str:
    line = "[" + ", ".join(map(quoted, items)) + "]"
    if len("sources = ") + len(line) <= MAX_LINE:
        return line
    return newline.join(["[", *(f"    {quoted(item)}," for item in items), "]"])


def quoted(text: str) -> str:
    """Give *text* as a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
