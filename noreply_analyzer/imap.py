r"""Mail on an IMAP server: both protocols of `source`.

How a command is given and what its answer means is the affair of `dialogue`; which mailbox is which, of `mailboxes`.
Sources are opened with EXAMINE and read with BODY.PEEK; earlier drafts are found by fetching the ids that Drafts and
Sent name, never by a SEARCH with text that a stranger wrote.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from heapq import merge
from types import TracebackType
from typing import Any, Final, Self

from .answers import aware, chunks, flag_names, groups, section, trace
from .connecting import connect
from .dialogue import UID_MAX, Dialogue, Opened, named
from .errors import MessageError, ServerRefusedError
from .language import _
from .mailboxes import Listed, Role, every, find, no_drafts, to_read
from .server import Server
from .sieve import FIELDS
from .source import Caution, Found, MessageRef, Position, Trace
from .wire import Allowance, countdown

__all__ = ["Drafts", "Server", "Session"]

SECONDS: Final = 60.0
"""For one command, from its first byte to the last of its answer."""
MESSAGE_BYTES: Final = 25 * 1024 * 1024
_AT_ONCE: Final = 500  # messages in one FETCH; as many UIDs fit in the 8,192 bytes of a line (RFC 7162 section 4)
_HEADERS_AT_ONCE: Final = 32 * 1024 * 1024  # by the size of the whole messages, which their headers cannot exceed
_SENT_AT_MOST: Final = 2_000
_BEGINNING: Final = 64 * 1024
_BYTES_A_SECOND: Final = 32 * 1024
"""The slowest line on which a large message is still waited for."""
_TRACE_FIELDS: Final = "MESSAGE-ID IN-REPLY-TO REFERENCES"


class Session:
    """A login to a mail server: a `source.MailSource`, and the way to its `Drafts`.

    Use `Session.open`, in a ``with`` statement. One thread at a time.
    """

    def __init__(self, dialogue: Dialogue, *, message_bytes: int) -> None:
        self.dialogue = dialogue
        self._message_bytes = message_bytes
        self.patterns: Sequence[str] | str = ("INBOX",)
        self.drafts_name = ""
        self.sent_name = ""

    @classmethod
    def open(  # noqa: PLR0913 - what the configuration says of an account
        cls,
        server: Server,
        password: str,
        *,
        mailboxes: Sequence[str] | str = ("INBOX",),
        drafts: str = "",
        sent: str = "",
        token: bool = False,
        message_bytes: int = MESSAGE_BYTES,
        seconds: float = SECONDS,
        remaining: Callable[[], float] | float | None = None,
    ) -> Self:
        r"""Connect and log in.

        Args:
            server: where to.
            password: or, with *token*, an OAuth 2 access token.
            mailboxes: what to read, see `mailboxes.to_read`.
            drafts: the drafts mailbox, for a server that marks none with ``\Drafts``.
            sent: the mailbox of sent mail, likewise.
            token: whether *password* is a token.
            message_bytes: no message larger than this is fetched.
            seconds: for one command as a whole.
            remaining: seconds that are left for everything, from now or asked for anew at each command.

        Raises:
            UnreachableError, ServerRefusedError, LoginRefusedError, TryLaterError, ConfigError: as their names say.
        """
        allowance = Allowance(
            server.host, seconds, countdown(remaining) if isinstance(remaining, (int, float)) else remaining
        )
        client, wire = connect(server, allowance)
        session = cls(Dialogue(client, wire, server), message_bytes=message_bytes)
        session.patterns, session.drafts_name, session.sent_name = mailboxes, drafts, sent
        try:
            session.dialogue.log_in(password, token=token)
        except BaseException:
            wire.shutdown()
            raise
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out; a server that does not care to answer is left."""
        self.dialogue.close()

    @property
    def secured_by(self) -> str:
        """The version of TLS; empty where there is none."""
        return getattr(self.dialogue.wire.sock, "version", str)() or ""

    @property
    def caution(self) -> Caution:
        """What is known of messages that cost a connection."""
        return self.dialogue.caution

    @caution.setter
    def caution(self, caution: Caution) -> None:
        self.dialogue.caution = caution

    def listed(self) -> tuple[Listed, ...]:
        """List every mailbox whose name can be read, and written again to open it."""
        return self.dialogue.listed()

    # What MailSource promises.

    def mailboxes(self) -> tuple[str, ...]:
        """Name the mailboxes to read: never drafts, sent, junk, trash or all mail.

        Raises:
            ConfigError: a configured one does not exist, or is one of those; or there is none at all.
        """
        return to_read(self.patterns, self.listed(), never=filter(None, (self.drafts_name, self.sent_name)))

    def position(self, mailbox: str) -> Position:
        """Say how far the mailbox reaches now; by EXAMINE, for STATUS may be stale."""
        return self.dialogue.examine(mailbox).position

    def messages(self, mailbox: str, *, after: Position | None, since: date) -> Iterator[Found]:
        """Give what came after *after*, or arrived on *since* or later, oldest first."""
        opened = self.dialogue.examine(mailbox)
        if after is not None and opened.position.goes_on_from(after):
            uids = self.dialogue.uids_from(opened, after.uid_next)
        else:
            uids = self.dialogue.uids_since(opened, since)
        for chunk in chunks(uids, _AT_ONCE):
            if self.dialogue.reopen(mailbox).position.uid_validity != opened.position.uid_validity:
                return
            yield from self._found(opened, chunk)

    def look_up(self, ref: MessageRef) -> Found | None:
        """Give one message as it is seen from outside; ``None`` if it is gone."""
        opened = self.dialogue.reopen(ref.mailbox)
        if opened.position.uid_validity != ref.uid_validity or not 0 < ref.uid <= UID_MAX:
            return None
        return next(self._found(opened, [ref.uid]), None)

    def fetch(self, ref: MessageRef) -> bytes | None:
        """Give the message byte for byte; ``None`` if it is gone.

        Raises:
            MessageError: it is larger than may be fetched.
            ServerRefusedError: it is there, and the server does not give it.
        """
        if self.dialogue.reopen(ref.mailbox).position.uid_validity != ref.uid_validity:
            return None
        about = self.dialogue.fetch([ref.uid], "UID RFC822.SIZE").get(ref.uid)
        if about is None:
            return None
        size = about.get(b"RFC822.SIZE")
        if not isinstance(size, int):
            raise self._not_given()
        if size > self._message_bytes:
            raise MessageError(_("larger than {limit} bytes (limits.message_bytes)").format(limit=self._message_bytes))
        # Some servers count line ends as one byte: twice the size, and what stands around it.
        seconds = self.dialogue.wire.allowance.seconds + size / _BYTES_A_SECOND
        answer = self.dialogue.fetch([ref.uid], "UID BODY.PEEK[]", answer_bytes=2 * size + _BEGINNING, seconds=seconds)
        if ref.uid not in answer:
            return None
        body = section(answer[ref.uid], b"BODY[]")
        if body is None:
            raise self._not_given()
        return body

    def _not_given(self) -> ServerRefusedError:
        return ServerRefusedError(_("{host} does not give this message").format(host=self.dialogue.server.host))

    # The drafts mailbox.

    def drafts(self, configured: str = "", sent: str = "") -> "Drafts":
        """Find the drafts mailbox, and where sent mail lies; none is ever made.

        Raises:
            ConfigError: the configured one does not exist, or none can be told.
        """
        self.drafts_name, self.sent_name = configured or self.drafts_name, sent or self.sent_name
        listed = self.listed()
        name = find(Role.DRAFTS, listed, self.drafts_name)
        if name is None:
            raise no_drafts(listed)
        sent_name = find(Role.SENT, listed, self.sent_name)
        return Drafts(
            self.dialogue,
            name=name,
            drafts=_distinct([name, *every(Role.DRAFTS, listed)]),
            sent=_distinct([*([sent_name] if sent_name else []), *every(Role.SENT, listed)]),
        )

    # What lies there.

    def _found(self, opened: Opened, uids: Sequence[int]) -> Iterator[Found]:
        """Look at *uids* from outside: first what has a fixed size, then the header fields of as many as may be.

        A message that the server refuses to show is there all the same, without a header.
        """
        facts, hidden = self.dialogue.fetch_what_it_shows(uids, "UID FLAGS INTERNALDATE RFC822.SIZE")
        sizes = {uid: fact[b"RFC822.SIZE"] for uid, fact in facts.items() if isinstance(fact.get(b"RFC822.SIZE"), int)}
        without = sorted({*hidden, *facts.keys() - sizes.keys()})
        bare = (
            Found(ref=self.dialogue.ref(opened, uid), header=b"", order=uid, size=0, received=None, flags=frozenset())
            for uid in without
        )
        # In the order of their UIDs: whoever stops at one takes those before it for known.
        yield from merge(bare, self._shown(opened, facts, sizes), key=lambda found: found.order)

    def _shown(self, opened: Opened, facts: dict[int, dict[bytes, Any]], sizes: dict[int, int]) -> Iterator[Found]:
        for group in groups(sizes, min(_HEADERS_AT_ONCE, self._message_bytes)):
            for uid, header in self._headers(group, sizes).items():
                yield Found(
                    ref=self.dialogue.ref(opened, uid),
                    header=header,
                    order=uid,
                    size=sizes[uid],
                    received=aware(facts[uid].get(b"INTERNALDATE")),
                    flags=flag_names(facts[uid].get(b"FLAGS")),
                )

    def _headers(self, uids: Sequence[int], sizes: dict[int, int]) -> dict[int, bytes]:
        items = f"UID BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS).upper()})]"
        if sizes[uids[0]] > self._message_bytes:
            return {uids[0]: self._beginning(uids[0], items)}
        answers, hidden = self.dialogue.fetch_what_it_shows(uids, items)
        there = answers.keys() | set(hidden)
        return {uid: section(answers.get(uid, {}), b"BODY[HEADER") or b"" for uid in uids if uid in there}

    def _beginning(self, uid: int, items: str) -> bytes:
        """Give the beginning of a giant's header, which may be all of it; nothing where the server cannot do that."""
        try:
            answers = self.dialogue.fetch([uid], f"{items}<0.{_BEGINNING}>")
        except ServerRefusedError as error:
            if error.hung_up:
                raise
            return b""
        return section(answers.get(uid, {}), b"BODY[HEADER") or b""


class Drafts:
    """The drafts mailbox of a session: a `source.DraftsMailbox`."""

    def __init__(self, dialogue: Dialogue, *, name: str, drafts: Sequence[str], sent: Sequence[str]) -> None:
        self._dialogue = dialogue
        self._name = name
        self._drafts = tuple(drafts)
        self._sent = tuple(sent)

    @property
    def name(self) -> str:
        """The mailbox, as the user's mail program shows it."""
        return self._name

    @property
    def sent_name(self) -> str | None:
        """Where sent mail lies, if anything was found."""
        return next(iter(self._sent), None)

    def position(self) -> Position:
        """Say how far the drafts mailbox reaches now; what only the last message tells may be less than before."""
        with named(self._name):
            opened = self._dialogue.examine(self._name)
        return opened.position if opened.says_uid_next else replace(opened.position, uid_next=0)

    def traces(self, *, since: date) -> tuple[Trace, ...]:
        """Give all of Drafts, and of Sent the newest that arrived on *since* or later."""
        found: list[Trace] = []
        for mailbox in self._drafts:
            with named(mailbox):
                opened = self._dialogue.examine(mailbox)
                found += self._read(mailbox, self._dialogue.uids_from(opened, 1), in_drafts=True)
        for mailbox in self._sent:
            with named(mailbox):
                opened = self._dialogue.examine(mailbox)
                found += self._read(mailbox, self._dialogue.uids_since(opened, since)[-_SENT_AT_MOST:])
        return tuple(found)

    def _read(self, mailbox: str, uids: Sequence[int], *, in_drafts: bool = False) -> Iterator[Trace]:
        for chunk in chunks(uids, _AT_ONCE):
            items = f"UID BODY.PEEK[HEADER.FIELDS ({_TRACE_FIELDS})]"
            answers, hidden = self._dialogue.fetch_what_it_shows(chunk, items)
            for uid in (*answers, *hidden):
                header = section(answers.get(uid, {}), b"BODY[HEADER")
                if header is None:
                    self._dialogue.note_unread(uid)
                else:
                    yield trace(mailbox, header, in_drafts=in_drafts)

    def append(self, draft: bytes, *, when: datetime) -> MessageRef | None:
        r"""Save *draft* with the \Draft flag; where it lies, or ``None`` without UIDPLUS (RFC 4315).

        Raises:
            UnreachableError: nobody knows whether the draft was saved: no answer came, or none that can be read.
            ServerRefusedError: it was not: the mailbox is full or gone.
        """
        return self._dialogue.append(self._name, draft, when=when)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
