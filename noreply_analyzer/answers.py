"""What an IMAP server answers, read without believing it, and the sets of messages to ask it for.

Nothing in here speaks to anybody.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timezone
from typing import Any, Final

from .source import Trace

_MESSAGE_ID: Final = re.compile(rb"<[!-;=?A-~]+@[!-;=?A-~]+>")  # printable ASCII without space, angle brackets and @
_MESSAGE_ID_BYTES: Final = 250


def trace(mailbox: str, header: bytes, *, in_drafts: bool = False) -> Trace:
    """Read the three fields that say what a message answers.

    Only ids of printable ASCII count, of at most 250 bytes: nothing else could be one of ours, or one we answered.
    """
    unfolded = re.sub(rb"\r?\n[ \t]", b" ", header)
    ids: dict[bytes, list[str]] = {b"message-id": [], b"in-reply-to": [], b"references": []}
    for line in unfolded.splitlines():
        name, _colon, value = line.partition(b":")
        found = [match for match in _MESSAGE_ID.findall(value) if len(match) <= _MESSAGE_ID_BYTES]
        ids.get(name.strip().lower(), []).extend(match.decode("ascii") for match in found)
    return Trace(
        mailbox=mailbox,
        message_id=next(iter(ids[b"message-id"]), None),
        in_reply_to=tuple(ids[b"in-reply-to"]),
        references=tuple(ids[b"references"]),
        in_drafts=in_drafts,
    )


def section(answer: dict[bytes, Any], prefix: bytes) -> bytes | None:
    """Find a section by the beginning of its name: servers quote, reorder and complete what was asked for."""
    value = next((value for key, value in answer.items() if key.upper().startswith(prefix)), None)
    return value if isinstance(value, bytes) else None


def aware(when: object) -> datetime | None:
    """Give *when* with a zone that the standard library made, or ``None`` for nonsense."""
    if not isinstance(when, datetime) or when.tzinfo is None:
        return None
    try:
        offset = when.utcoffset()
        when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when.replace(tzinfo=timezone(offset)) if offset else when.replace(tzinfo=UTC)


def flag_names(flags: object) -> frozenset[str]:
    """Give FLAGS as text; nothing where the server gave nonsense."""
    if not isinstance(flags, tuple):
        return frozenset()
    return frozenset(str(flag, "ascii", "replace") for flag in flags if isinstance(flag, bytes))


def chunks(uids: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    """Part *uids* into pieces of at most *count*."""
    for start in range(0, len(uids), count):
        yield uids[start : start + count]


def groups(sizes: dict[int, int], limit: int) -> Iterator[list[int]]:
    """Part messages into groups of at most *limit* bytes; whatever is larger stands alone."""
    group: list[int] = []
    weight = 0
    for uid, size in sizes.items():
        if group and weight + size > limit:
            yield group
            group, weight = [], 0
        group.append(uid)
        weight += size
    if group:
        yield group


def sequence_set(uids: Sequence[int]) -> str:
    """Write *uids*, which ascend, as a sequence set (RFC 9051 section 9): 1:3,7."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)
