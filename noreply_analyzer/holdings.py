"""What the state holds of one address of the user's, to be looked at and counted; never more than it needs to say.

Messages and drafts are kept by the address; how far a mailbox was read, what waits in it, and what is remembered of
a UID, by the *place* as well: ``anne@example.org anne@imap.example.org``. One address may have its mail in two.
"""
# ruff: noqa: S608 - the statements are put together from what stands in this room, and from nothing else

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .source import MessageRef, Position

Read = Callable[..., Sequence[tuple[Any, ...]]]
"""Reads rows: a statement, and what to fill in."""

_TABLES: Final = ("positions", "messages", "waiting", "drafts", "members")

_OF: Final = "instr(account || ' ', ? || ' ') = 1"
"""Which rows are an address's, in SQL: its own, and those of every place where it has, or had, its mail."""

ERASE: Final = tuple(f"DELETE FROM {table} WHERE {_OF}" for table in _TABLES)
"""What erases all that is stored of an address."""

_ADDRESS: Final = re.compile(r'("(?:\\.|[^"\\])*"|[^\s"@]+)@\S+')  # a quoted local part may have a blank in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a mailbox was read."""

    place: str
    mailbox: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A message that a later run is to look at again."""

    place: str
    ref: MessageRef
    received: datetime | None
    rule: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft that was saved, or was about to be."""

    message_id: str
    operator: str
    topic: str
    outcome: str
    mailbox: str
    at: datetime
    answers: int
    """How many messages it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """All that is remembered of one address."""

    address: str
    reached: tuple[Reached, ...] = ()
    messages: Mapping[str, int] = field(default_factory=dict)
    """How many messages were decided on, by what is done about them."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """How many things are remembered so that they are named once, by rule."""
    waiting: tuple[PutOff, ...] = ()
    drafts: tuple[Drafted, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reached or self.messages or self.marks or self.waiting or self.drafts)


def addresses(read: Read) -> tuple[str, ...]:
    """Name every address of which anything is stored."""
    keys = read(" UNION ".join(f"SELECT account FROM {table}" for table in _TABLES))
    return tuple(sorted({_address_of(key) for (key,) in keys}))


def _address_of(key: str) -> str:
    found = _ADDRESS.match(key)
    return found[0] if found else key


def held(read: Read, address: str) -> Holdings:
    """Give what is stored of *address*."""
    decided = read(f"SELECT action, rule, key LIKE '% %' FROM messages WHERE {_OF}", address)
    return Holdings(
        address=address,
        reached=_reached(read, address),
        messages=Counter(action for action, _rule, is_mark in decided if not is_mark),
        marks=Counter(rule for _action, rule, is_mark in decided if is_mark),
        waiting=_waiting(read, address),
        drafts=_drafts(read, address),
    )


def _place_of(key: str, address: str) -> str:
    return key.removeprefix(address).removeprefix(" ")


def _reached(read: Read, address: str) -> tuple[Reached, ...]:
    rows = read(
        f"SELECT account, mailbox, uid_validity, uid_next FROM positions WHERE {_OF} ORDER BY account, mailbox", address
    )
    return tuple(
        Reached(
            place=_place_of(key, address), mailbox=mailbox, position=Position(uid_validity=validity, uid_next=uid_next)
        )
        for key, mailbox, validity, uid_next in rows
    )


def _waiting(read: Read, address: str) -> tuple[PutOff, ...]:
    rows = read(
        "SELECT account, mailbox, uid_validity, uid, received, rule, since FROM waiting"
        f" WHERE {_OF} ORDER BY since, account, mailbox, uid",
        address,
    )
    return tuple(
        PutOff(
            place=_place_of(key, address),
            ref=MessageRef(mailbox=mailbox, uid_validity=validity, uid=uid),
            received=datetime.fromisoformat(received) if received else None,
            rule=rule,
            since=datetime.fromisoformat(since),
        )
        for key, mailbox, validity, uid, received, rule, since in rows
    )


def _drafts(read: Read, address: str) -> tuple[Drafted, ...]:
    rows = read(
        "SELECT message_id, operator, topic, outcome, mailbox, at, (SELECT count(*) FROM members"
        " WHERE members.account = drafts.account AND members.digest = drafts.digest)"
        f" FROM drafts WHERE {_OF} ORDER BY at, digest",
        address,
    )
    return tuple(
        Drafted(
            message_id=message_id,
            operator=operator,
            topic=topic,
            outcome=outcome,
            mailbox=mailbox,
            at=datetime.fromisoformat(at),
            answers=answers,
        )
        for message_id, operator, topic, outcome, mailbox, at, answers in rows
    )
