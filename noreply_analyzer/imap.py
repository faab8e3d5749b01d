r"""Mail on an IMAP server: both protocols of `source`, over imapclient.

What is sent, and how long an answer may take, is the affair of `wire`; which mailbox is which, of `mailboxes`. Here is
what is asked, and what the answers mean. Sources are opened with EXAMINE and read with BODY.PEEK; earlier drafts are
found by fetching the ids that Drafts and Sent name, never by a SEARCH with text that a stranger wrote. Everything that
the library or the server does wrong leaves this room as one of our errors (see `meaning`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from heapq import merge
from types import TracebackType
from typing import Any, Final, Self

from .answers import aware, chunks, flag_names, groups, section, sequence_set, trace
from .connecting import connect, with_meaning
from .errors import LoginRefusedError, MessageError, NoreplyAnalyzerError, ServerRefusedError, UnreachableError
from .language import _
from .mailboxes import Listed, Role, every, find, no_drafts, to_read
from .server import UNPRINTABLE, Server
from .sieve import FIELDS
from .source import Caution, Found, MessageRef, Position, Trace
from .wire import ANSWER_BYTES, Allowance, Connection, countdown

__all__ = ["Drafts", "Server", "Session"]

SECONDS: Final = 60.0
"""For one command, from its first byte to the last of its answer."""
MESSAGE_BYTES: Final = 25 * 1024 * 1024
_CLOSING_SECONDS: Final = 5.0
_AT_ONCE: Final = 500  # messages in one FETCH; as many UIDs fit in the 8,192 bytes of a line (RFC 7162 section 4)
_HEADERS_AT_ONCE: Final = 32 * 1024 * 1024  # by the size of the whole messages, which their headers cannot exceed
_IN_ONE_SEARCH: Final = 50_000  # UIDs in one line of at most a million bytes
_SENT_AT_MOST: Final = 2_000
_HIDDEN_AT_MOST: Final = 10  # messages in one FETCH that the server refuses to show; more, and it is the mailbox
_BEGINNING: Final = 64 * 1024
_BYTES_A_SECOND: Final = 32 * 1024
"""The slowest line on which a large message is still waited for."""
_UID_MAX: Final = 2**32 - 1
_DRAFT: Final = "\\Draft"
_TRACE_FIELDS: Final = "MESSAGE-ID IN-REPLY-TO REFERENCES"
_APPENDUID: Final = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)  # RFC 4315 section 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """The mailbox that is under EXAMINE."""

    name: str
    exists: int
    position: Position
    says_uid_next: bool


class Session:
    """A login to a mail server: a `source.MailSource`, and the way to its `Drafts`.

    Use `Session.open`, in a ``with`` statement. One thread at a time.
    """

    def __init__(self, client: Any, wire: Connection, server: Server, *, message_bytes: int) -> None:  # noqa: ANN401
        self._client = client
        self._wire = wire
        self._server = server
        self._message_bytes = message_bytes
        self._opened: _Opened | None = None
        self.caution = Caution()
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
        session = cls(client, wire, server, message_bytes=message_bytes)
        session.patterns, session.drafts_name, session.sent_name = mailboxes, drafts, sent
        try:
            session._log_in(password, token=token)
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
        try:
            with suppress(NoreplyAnalyzerError), self._command(seconds=_CLOSING_SECONDS):
                self._client.logout()
        finally:
            self._wire.shutdown()

    @property
    def secured_by(self) -> str:
        """The version of TLS; empty where there is none."""
        return getattr(self._wire.sock, "version", str)() or ""

    # What MailSource promises.

    def mailboxes(self) -> tuple[str, ...]:
        """Name the mailboxes to read: never drafts, sent, junk, trash or all mail.

        Raises:
            ConfigError: a configured one does not exist, or is one of those; or there is none at all.
        """
        return to_read(self.patterns, self.listed(), never=filter(None, (self.drafts_name, self.sent_name)))

    def position(self, mailbox: str) -> Position:
        """Say how far the mailbox reaches now; by EXAMINE, for STATUS may be stale."""
        return self._examine(mailbox).position

    def messages(self, mailbox: str, *, after: Position | None, since: date) -> Iterator[Found]:
        """Give what came after *after*, or arrived on *since* or later, oldest first."""
        opened = self._examine(mailbox)
        if after is not None and opened.position.goes_on_from(after):
            uids = self._uids_from(opened, after.uid_next)
        else:
            uids = self._uids_since(opened, since)
        for chunk in chunks(uids, _AT_ONCE):
            if self._reopen(mailbox).position.uid_validity != opened.position.uid_validity:
                return
            yield from self._found(opened, chunk)

    def look_up(self, ref: MessageRef) -> Found | None:
        """Give one message as it is seen from outside; ``None`` if it is gone."""
        opened = self._reopen(ref.mailbox)
        if opened.position.uid_validity != ref.uid_validity or not 0 < ref.uid <= _UID_MAX:
            return None
        return next(self._found(opened, [ref.uid]), None)

    def fetch(self, ref: MessageRef) -> bytes | None:
        """Give the message byte for byte; ``None`` if it is gone.

        Raises:
            MessageError: it is larger than may be fetched.
            ServerRefusedError: it is there, and the server does not give it.
        """
        if self._reopen(ref.mailbox).position.uid_validity != ref.uid_validity:
            return None
        about = self._fetch([ref.uid], "UID RFC822.SIZE").get(ref.uid)
        if about is None:
            return None
        size = about.get(b"RFC822.SIZE")
        if not isinstance(size, int):
            raise self._not_given()
        if size > self._message_bytes:
            raise MessageError(_("larger than {limit} bytes (limits.message_bytes)").format(limit=self._message_bytes))
        # Some servers count line ends as one byte: twice the size, and what stands around it.
        seconds = self._wire.allowance.seconds + size / _BYTES_A_SECOND
        answer = self._fetch([ref.uid], "UID BODY.PEEK[]", answer_bytes=2 * size + _BEGINNING, seconds=seconds)
        if ref.uid not in answer:
            return None
        body = section(answer[ref.uid], b"BODY[]")
        if body is None:
            raise self._not_given()
        return body

    def _not_given(self) -> ServerRefusedError:
        return ServerRefusedError(_("{host} does not give this message").format(host=self._server.host))

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
            self,
            name=name,
            drafts=_distinct([name, *every(Role.DRAFTS, listed)]),
            sent=_distinct([*([sent_name] if sent_name else []), *every(Role.SENT, listed)]),
        )

    def listed(self) -> tuple[Listed, ...]:
        """List every mailbox whose name can be read, and written again to open it."""
        with self._command():
            listed = tuple(_listed(self._list()))
            if not any(box.marked for box in listed) and self._can("SPECIAL-USE") and self._can("LIST-EXTENDED"):
                listed = tuple(_listed(self._list("RETURN (SPECIAL-USE)")))  # RFC 6154 section 5.1: only if asked
        return listed

    def _list(self, *options: str) -> Any:  # noqa: ANN401 - the library has no types
        # Not the library's own list_folders: one name that it cannot decode would cost all the others.
        kind, data = self._wire._simple_command("LIST", '""', '"*"', *options)  # noqa: SLF001 - what list_folders calls
        self._require_ok(kind, data)
        self._client.folder_encode = False
        try:
            return self._client._proc_folder_list(self._wire.response("LIST")[1])  # noqa: SLF001
        finally:
            self._client.folder_encode = True

    # Asking.

    def _log_in(self, password: str, *, token: bool) -> None:
        if self._wire.state != "NONAUTH":
            raise ServerRefusedError(_("{host} says that somebody is logged in already").format(host=self._server.host))
        with self._command():
            self._login_command(password, token=token)

    def _login_command(self, password: str, *, token: bool) -> None:
        user = self._server.user
        if any(ord(character) < 32 or ord(character) == 127 for character in user + password):  # noqa: PLR2004 - C0, DEL
            raise LoginRefusedError(_("a user name or password cannot hold control characters"))
        if token and self._can("AUTH=OAUTHBEARER"):
            self._client.oauthbearer_login(user, password)
        elif token:
            self._client.oauth2_login(user, password)
        elif (user + password).isascii() and not self._can("LOGINDISABLED"):
            self._client.login(_quoted(user), password)  # the library quotes the password, not the user
        elif self._can("LOGINDISABLED") and not self._can("AUTH=PLAIN"):
            sentence = _("{host} lets nobody log in with a password this way; try another `security`")
            raise ServerRefusedError(sentence.format(host=self._server.host))
        else:
            self._client.plain_login(user, password)

    def _can(self, capability: str) -> bool:
        return bool(self._client.has_capability(capability))

    def _examine(self, mailbox: str) -> _Opened:
        self._opened = None
        with self._command():
            answer = self._client.select_folder(mailbox, readonly=True)
            exists = int(answer.get(b"EXISTS", 0))
            uid_validity = int(answer.get(b"UIDVALIDITY", 0))
            uid_next = int(answer.get(b"UIDNEXT", 0))
            if not 0 <= uid_validity <= _UID_MAX or not 0 <= uid_next <= _UID_MAX + 1:
                raise ValueError("UIDVALIDITY or UIDNEXT out of range")
        says_uid_next = uid_next != 0
        if not says_uid_next:
            uid_next = 1 + max(self._fetch_set("*", "UID"), default=0) if exists else 1
        position = Position(uid_validity=uid_validity, uid_next=uid_next)
        self._opened = _Opened(name=mailbox, exists=exists, position=position, says_uid_next=says_uid_next)
        return self._opened

    def _reopen(self, mailbox: str) -> _Opened:
        """Give the mailbox as it was opened last, if it still is."""
        opened = self._opened
        return opened if opened is not None and opened.name == mailbox else self._examine(mailbox)

    def _uids_from(self, opened: _Opened, first: int) -> list[int]:
        """Name what is there from UID *first* on; ``n:*`` alone would give the last message even below it."""
        if opened.position.uid_next <= first:
            return []
        few = opened.position.uid_next - first <= _IN_ONE_SEARCH
        found = self._search(f"UID {first}:*", among=0 if few else opened.exists)
        return [uid for uid in found if uid >= first]

    def _uids_since(self, opened: _Opened, since: date) -> list[int]:
        from imapclient.datetime_util import format_criteria_date

        if not opened.exists:
            return []
        return self._search("SINCE " + format_criteria_date(since).decode("ascii"), among=opened.exists)

    def _search(self, criterion: str, *, among: int) -> list[int]:
        """Search with words of our own, in ranges of *among* messages so that each answer fits in a line."""
        found: set[int] = set()
        for first in range(1, max(among, 1) + 1, _IN_ONE_SEARCH):
            part = f"{first}:{min(first + _IN_ONE_SEARCH - 1, among)} " if among > _IN_ONE_SEARCH else ""
            with self._command():
                kind, data = self._wire.uid("SEARCH", part + criterion)
                self._require_ok(kind, data)
                found |= {int(uid) for line in data if line for uid in re.findall(rb"\b\d{1,10}\b", line)}
        return sorted(uid for uid in found if 0 < uid <= _UID_MAX)

    def _found(self, opened: _Opened, uids: Sequence[int]) -> Iterator[Found]:
        """Look at *uids* from outside: first what has a fixed size, then the header fields of as many as may be.

        A message that the server refuses to show is there all the same, without a header.
        """
        facts, hidden = self._fetch_what_it_shows(uids, "UID FLAGS INTERNALDATE RFC822.SIZE")
        sizes = {uid: fact[b"RFC822.SIZE"] for uid, fact in facts.items() if isinstance(fact.get(b"RFC822.SIZE"), int)}
        without = sorted({*hidden, *facts.keys() - sizes.keys()})
        bare = (
            Found(ref=self._ref(opened, uid), header=b"", order=uid, size=0, received=None, flags=frozenset())
            for uid in without
        )
        # In the order of their UIDs: whoever stops at one takes those before it for known.
        yield from merge(bare, self._shown(opened, facts, sizes), key=lambda found: found.order)

    def _shown(self, opened: _Opened, facts: dict[int, dict[bytes, Any]], sizes: dict[int, int]) -> Iterator[Found]:
        for group in groups(sizes, min(_HEADERS_AT_ONCE, self._message_bytes)):
            for uid, header in self._headers(group, sizes).items():
                yield Found(
                    ref=self._ref(opened, uid),
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
        answers, hidden = self._fetch_what_it_shows(uids, items)
        there = answers.keys() | set(hidden)
        return {uid: section(answers.get(uid, {}), b"BODY[HEADER") or b"" for uid in uids if uid in there}

    def _beginning(self, uid: int, items: str) -> bytes:
        """Give the beginning of a giant's header, which may be all of it; nothing where the server cannot do that."""
        try:
            answers = self._fetch([uid], f"{items}<0.{_BEGINNING}>")
        except ServerRefusedError as error:
            if error.hung_up:
                raise
            return b""
        return section(answers.get(uid, {}), b"BODY[HEADER") or b""

    @staticmethod
    def _ref(opened: _Opened, uid: int) -> MessageRef:
        return MessageRef(mailbox=opened.name, uid_validity=opened.position.uid_validity, uid=uid)

    def _fetch_what_it_shows(self, uids: Sequence[int], items: str) -> tuple[dict[int, dict[bytes, Any]], list[int]]:
        """Fetch *items*, and name the messages that it does not show: one of them must not hide the others.

        Raises:
            ServerRefusedError: it refuses too many, or the mailbox is gone.
        """
        answers: dict[int, dict[bytes, Any]] = {}
        refused: list[int] = []
        hidden = [uid for uid in uids if self.caution.hides(self._ref(self._opened, uid))] if self._opened else []
        asked = [uid for uid in uids if uid not in hidden]
        parts: list[Sequence[int]] = [[uid] for uid in reversed(asked)] if self.caution.one_by_one else [asked]
        while parts and asked:
            part = parts.pop()
            try:
                answers |= self._fetch(part, items)
            except ServerRefusedError as error:
                self.caution.asked = self.caution.asked if error.hung_up else ()
                self._require_still_there(error)
                if len(refused) == _HIDDEN_AT_MOST:
                    raise
                if len(part) == 1:
                    refused += part
                else:
                    middle = len(part) // 2
                    parts += [part[middle:], part[:middle]]
        return {uid: answers[uid] for uid in uids if uid in answers}, hidden + refused

    def _require_still_there(self, refusal: ServerRefusedError) -> None:
        """Tell a message that cannot be shown from a mailbox that is gone, or was made anew meanwhile."""
        opened = self._opened
        if (
            refusal.hung_up
            or opened is None
            or self._examine(opened.name).position.uid_validity != opened.position.uid_validity
        ):
            raise refusal

    def _fetch(
        self, uids: Sequence[int], items: str, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None
    ) -> dict[int, dict[bytes, Any]]:
        """Fetch *items* of *uids*, in that order; what the server does not give is left out, and so is all else."""
        if self._opened:
            self.caution.asked = [self._ref(self._opened, uid) for uid in uids]
        answers = self._fetch_set(sequence_set(uids), items, answer_bytes=answer_bytes, seconds=seconds)
        self.caution.asked = ()
        return {uid: answers[uid] for uid in uids if uid in answers}

    def _fetch_set(
        self, which: str, items: str, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None
    ) -> dict[int, dict[bytes, Any]]:
        # Not the library's own fetch: it takes no ranges, and files an unasked answer without UID under its number.
        from imapclient.response_parser import parse_fetch_response

        with self._command(answer_bytes=answer_bytes, seconds=seconds):
            kind, data = self._wire.uid("FETCH", which, f"({items})")
            if kind == "NO" and b"[EXPUNGEISSUED]" in (data[0] or b"").upper():  # RFC 5530: the rest was given
                kind, data = "OK", self._wire.response("FETCH")[1]
            self._require_ok(kind, data)
            answers = parse_fetch_response(data, normalise_times=False, uid_is_key=False)
        by_uid: dict[int, dict[bytes, Any]] = {}
        for answer in answers.values():
            by_uid.setdefault(answer.get(b"UID", 0), {}).update(answer)  # 0 is nobody's: what came without UID
        return by_uid

    def _unread(self, uid: int) -> None:
        if self._opened:
            self.caution.unread.append(self._ref(self._opened, uid))

    def _require_ok(self, kind: str, data: Sequence[bytes | None]) -> None:
        if kind != "OK":
            raise self._wire.error(str(data[0] or b"", "ascii", "replace"))

    @contextmanager
    def _command(self, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None) -> Iterator[None]:
        """Everything that speaks to the server happens in here: within limits, and with our errors only."""
        if self._wire.state == "LOGOUT":
            raise UnreachableError(_("the connection to {host} is closed").format(host=self._server.host))
        self._wire.allowance.begin(answer_bytes=answer_bytes, seconds=seconds)
        with with_meaning(self._server, self._wire):
            yield


class Drafts:
    """The drafts mailbox of a session: a `source.DraftsMailbox`."""

    def __init__(self, session: Session, *, name: str, drafts: Sequence[str], sent: Sequence[str]) -> None:
        self._session = session
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
        with _named(self._name):
            opened = self._session._examine(self._name)  # noqa: SLF001 - two halves of one room
        return opened.position if opened.says_uid_next else replace(opened.position, uid_next=0)

    def traces(self, *, since: date) -> tuple[Trace, ...]:
        """Give all of Drafts, and of Sent the newest that arrived on *since* or later."""
        found: list[Trace] = []
        for mailbox in self._drafts:
            with _named(mailbox):
                opened = self._session._examine(mailbox)  # noqa: SLF001
                found += self._read(mailbox, self._session._uids_from(opened, 1), in_drafts=True)  # noqa: SLF001
        for mailbox in self._sent:
            with _named(mailbox):
                opened = self._session._examine(mailbox)  # noqa: SLF001
                found += self._read(mailbox, self._session._uids_since(opened, since)[-_SENT_AT_MOST:])  # noqa: SLF001
        return tuple(found)

    def _read(self, mailbox: str, uids: Sequence[int], *, in_drafts: bool = False) -> Iterator[Trace]:
        for chunk in chunks(uids, _AT_ONCE):
            items = f"UID BODY.PEEK[HEADER.FIELDS ({_TRACE_FIELDS})]"
            answers, hidden = self._session._fetch_what_it_shows(chunk, items)  # noqa: SLF001
            for uid in (*answers, *hidden):
                header = section(answers.get(uid, {}), b"BODY[HEADER")
                if header is None:
                    self._session._unread(uid)  # noqa: SLF001
                else:
                    yield trace(mailbox, header, in_drafts=in_drafts)

    def append(self, draft: bytes, *, when: datetime) -> MessageRef | None:
        r"""Save *draft* with the \Draft flag; where it lies, or ``None`` without UIDPLUS (RFC 4315).

        Raises:
            UnreachableError: nobody knows whether the draft was saved: no answer came, or none that can be read.
            ServerRefusedError: it was not: the mailbox is full or gone.
        """
        session, wire = self._session, self._session._wire  # noqa: SLF001
        wire.gate.appendable = _on_the_wire(self._name)
        before = wire.passed
        try:
            with _named(self._name), session._command():  # noqa: SLF001
                answer = session._client.append(self._name, draft, (_DRAFT,), when)  # noqa: SLF001
        except ServerRefusedError as error:
            if error.said_no or wire.passed == before:
                raise
            wire.shutdown()
            raise UnreachableError(str(error)) from error
        finally:
            wire.gate.appendable = None
        match = _APPENDUID.match(answer or b"")
        return MessageRef(mailbox=self._name, uid_validity=int(match[1]), uid=int(match[2])) if match else None


@contextmanager
def _named(mailbox: str) -> Iterator[None]:
    """Say in which mailbox it was that the server refused."""
    try:
        yield
    except ServerRefusedError as error:
        named = ServerRefusedError(f"{mailbox}: {error}")
        named.hung_up, named.said_no = error.hung_up, error.said_no
        raise named from error


def _listed(answers: Iterable[tuple[Sequence[bytes], bytes | None, bytes | str | None]]) -> Iterator[Listed]:
    for attributes, delimiter, raw in answers:
        if (name := _name(raw)) is not None:
            yield Listed(
                name=name,
                attributes=frozenset(str(attribute, "ascii", "replace").lower() for attribute in attributes),
                delimiter=str(delimiter or b"", "ascii", "replace"),
            )


def _name(raw: bytes | str | None) -> str | None:
    """Decode modified UTF-7 (RFC 9051 section A.1); a name that would not lead back to the same bytes opens nothing."""
    from imapclient.imap_utf7 import decode, encode

    if raw is None or isinstance(raw, str):  # a name of digits only
        return raw
    try:
        name = str(decode(raw))
        same = encode(name) == raw
    except (ValueError, IndexError):
        return None
    return name if same and not UNPRINTABLE.search(name) else None


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _on_the_wire(mailbox: str) -> bytes:
    from imapclient.imap_utf7 import encode

    return _quoted(encode(mailbox).decode("ascii")).encode("ascii")
