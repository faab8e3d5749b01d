"""Where mail is read and where drafts are put: two small protocols, and what passes through them.

Neither protocol has a method that sends, deletes, moves or flags. ``imap`` and ``files`` implement them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """The one lasting name of a stored message (RFC 9051 section 2.3.1.1)."""

    mailbox: str
    uid_validity: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InAccount:
    """Where a message lies: in an account of the configuration."""

    account: str
    ref: MessageRef

    def __str__(self) -> str:
        return f"{self.account}/{self.ref.mailbox}:{self.ref.uid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InFile:
    """Where a message lies: in a file, as the only message or as one of many; in ``-``, which is standard input."""

    path: str
    index: int | None = 0
    """Counted from 0; ``None``: the file as a whole is meant."""

    def __str__(self) -> str:
        return f"{self.path}:{self.index}" if self.index else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message that was read, and how it lay there."""

    where: InAccount | InFile
    raw: bytes
    received: datetime | None = None
    """When it arrived, as far as the place knows."""
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A message, or a whole file, that was meant and cannot be read; why, in a sentence."""

    where: InAccount | InFile
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a mailbox has been read: all whose order is below ``uid_next`` is known, while ``uid_validity`` stays.

    Compare ``uid_validity`` with ``!=``, never with ``<``: servers let it go down.
    """

    uid_validity: int
    """0: the server does not say, and then a UID means something in one connection only."""
    uid_next: int
    """0: the server does not say."""

    @property
    def certain(self) -> bool:
        """Whether the same position at another time means that nothing came meanwhile."""
        return self.uid_validity != 0 and self.uid_next != 0

    def goes_on_from(self, earlier: "Position") -> bool:
        """Whether the UIDs from *earlier* on are what came since; a store from a backup counts anew from less."""
        return self.uid_validity == earlier.uid_validity != 0 and self.uid_next >= earlier.uid_next


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message seen from outside: enough to decide whether it is worth fetching."""

    ref: MessageRef
    header: bytes
    """The fields of `sieve.FIELDS`, as the server gave them."""
    order: int
    """Where it stands in its mailbox: below `Position.uid_next` is known. A UID, or for a Maildir a time."""
    size: int
    """RFC822.SIZE in bytes."""
    received: datetime | None
    """INTERNALDATE, with its zone; ``None`` where the server gave nonsense."""
    flags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a message in Drafts or Sent says it answers; only these three fields are ever read there."""

    mailbox: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    in_drafts: bool = False
    """Whether it lies in a drafts mailbox, be it ours or another; else it was sent."""

    @property
    def answers(self) -> frozenset[str]:
        """Every Message-ID it names. In every mail program these outlive the user's editing; nothing else does."""
        return frozenset(self.in_reply_to) | frozenset(self.references)


@dataclass(kw_only=True)
class Caution:
    """How messages are asked for, where asking for one of them may cost the connection."""

    hides: Callable[[MessageRef], bool] = lambda _ref: False
    """Whether a message is not to be asked for: it has cost the connection before."""
    one_by_one: bool = False
    asked: Sequence[MessageRef] = ()
    """What was asked for and has not been answered: where the connection is lost, one of these may be why."""
    unread: list[MessageRef] = field(default_factory=list)
    """What lies in Drafts or Sent and could not be read."""


class MailSource(Protocol):
    """A mail store opened read-only (EXAMINE and BODY.PEEK, for IMAP)."""

    def mailboxes(self) -> Sequence[str]:
        """Name the mailboxes to read: never drafts, sent, junk, trash or all mail."""
        ...

    def position(self, mailbox: str) -> Position:
        """Say how far the mailbox reaches now."""
        ...

    def messages(self, mailbox: str, *, after: Position | None, since: date) -> Iterator[Found]:
        """Give what came after *after*; with ``None``, or where UIDVALIDITY changed, what arrived on *since* or later.

        Oldest first. A message that vanishes meanwhile is left out.
        """
        ...

    def look_up(self, ref: MessageRef) -> Found | None:
        """Give one message as it is seen from outside; ``None`` if it is gone."""
        ...

    def fetch(self, ref: MessageRef) -> bytes | None:
        """Give the message byte for byte, for DKIM covers these bytes; ``None`` if it is gone."""
        ...


class DraftsMailbox(Protocol):
    r"""The mailbox with the \Drafts attribute (RFC 6154), and what was sent from it."""

    @property
    def name(self) -> str:
        """The mailbox, as the user's mail program shows it."""
        ...

    @property
    def sent_name(self) -> str | None:
        """Where sent mail lies, if anything was found."""
        ...

    def position(self) -> Position:
        """Say how far the drafts mailbox reaches now."""
        ...

    def traces(self, *, since: date) -> Sequence[Trace]:
        """Give all of Drafts, and of Sent what arrived on *since* or later."""
        ...

    def append(self, draft: bytes, *, when: datetime) -> MessageRef | None:
        r"""Save *draft* with the \Draft flag; where it lies, or ``None`` without UIDPLUS (RFC 4315).

        Raises:
            UnreachableError: nobody knows whether the draft was saved.
            ServerRefusedError: it was not, for sure.
        """
        ...
