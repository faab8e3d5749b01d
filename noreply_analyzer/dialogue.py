"""What is asked of an IMAP server, and what its answers mean: one command at a time, within limits.

Which mailbox and which message is `imap`'s affair; how a line leaves and how long an answer may take, that of `wire`.
Everything that the library or the server does wrong leaves this room as one of our errors (see `server.meaning`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from .answers import sequence_set
from .connecting import with_meaning
from .errors import LoginRefusedError, NoreplyAnalyzerError, ServerRefusedError, UnreachableError
from .language import _
from .mailboxes import Listed
from .server import UNPRINTABLE, Server
from .source import Caution, MessageRef, Position
from .wire import ANSWER_BYTES, Connection

_CLOSING_SECONDS: Final = 5.0
_IN_ONE_SEARCH: Final = 50_000  # UIDs in one line of at most a million bytes
_HIDDEN_AT_MOST: Final = 10  # messages in one FETCH that the server refuses to show; more, and it is the mailbox
UID_MAX: Final = 2**32 - 1
_DRAFT: Final = "\\Draft"
_MASK: Final = "***"
_NAME_BYTES: Final = 1000  # of a mailbox, with all those that it lies in; servers allow a person a few hundred
_APPENDUID: Final = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)  # RFC 4315 section 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The mailbox that is under EXAMINE."""

    name: str
    exists: int
    position: Position
    says_uid_next: bool


@contextmanager
def _silent_about(password: str) -> Iterator[None]:
    """Take *password* out of every error that leaves: a server may repeat what it refuses, and errors are logged."""
    as_bytes = repr(password.encode())[2:-1]
    spellings = sorted({password, as_bytes, as_bytes.replace('"', '\\\\"')} - {""}, key=len, reverse=True)
    try:
        yield
    except Exception as error:
        each: BaseException | None = error
        while each:
            each.args = tuple(_masked(arg, spellings) for arg in each.args)
            each = each.__context__
        raise


def _masked(said: object, spellings: Iterable[str]) -> object:
    text = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes) else said
    if not isinstance(text, str):
        return said
    for spelling in spellings:
        text = text.replace(spelling, _MASK)
    return text


class Dialogue:
    """A connection on which commands are given, one after the other. One thread at a time."""

    def __init__(self, client: Any, wire: Connection, server: Server) -> None:  # noqa: ANN401 - the library has no types
        self.client = client
        self.wire = wire
        self.server = server
        self.opened: Opened | None = None
        self.caution = Caution()

    def log_in(self, password: str, *, token: bool) -> None:
        """Log in; *password* is an access token where *token* says so."""
        if self.wire.state != "NONAUTH":
            raise ServerRefusedError(_("{host} says that somebody is logged in already").format(host=self.server.host))
        with self._command(), _silent_about(password):
            self._login_command(password, token=token)

    def _login_command(self, password: str, *, token: bool) -> None:
        user = self.server.user
        if any(ord(character) < 32 or ord(character) == 127 for character in user + password):  # noqa: PLR2004 - C0, DEL
            raise LoginRefusedError(_("a user name or password cannot hold control characters"))
        if token and self._can("AUTH=OAUTHBEARER"):
            self.client.oauthbearer_login(user, password)
        elif token:
            self.client.oauth2_login(user, password)
        elif (user + password).isascii() and not self._can("LOGINDISABLED"):
            self.client.login(_quoted(user), password)  # the library quotes the password, not the user
        elif self._can("LOGINDISABLED") and not self._can("AUTH=PLAIN"):
            sentence = _("{host} lets nobody log in with a password this way; try another `security`")
            raise ServerRefusedError(sentence.format(host=self.server.host))
        else:
            self.client.plain_login(user, password)

    def close(self) -> None:
        """Log out; a server that does not care to answer is left."""
        try:
            with suppress(NoreplyAnalyzerError), self._command(seconds=_CLOSING_SECONDS):
                self.client.logout()
        finally:
            self.wire.shutdown()

    def _can(self, capability: str) -> bool:
        return bool(self.client.has_capability(capability))

    # Mailboxes --------------------------------------------------------------------------------------------------

    def listed(self) -> tuple[Listed, ...]:
        """List every mailbox whose name can be read, and written again to open it."""
        with self._command():
            listed = tuple(_listed(self._list()))
            if not any(box.marked for box in listed) and self._can("SPECIAL-USE") and self._can("LIST-EXTENDED"):
                listed = tuple(_listed(self._list("RETURN (SPECIAL-USE)")))  # RFC 6154 section 5.1: only if asked
        return listed

    def _list(self, *options: str) -> Any:  # noqa: ANN401 - the library has no types
        # Not the library's own list_folders: one name that it cannot decode would cost all the others.
        kind, data = self.wire._simple_command("LIST", '""', '"*"', *options)  # noqa: SLF001 - what list_folders calls
        self._require_ok(kind, data)
        self.client.folder_encode = False
        try:
            return self.client._proc_folder_list(self.wire.response("LIST")[1])  # noqa: SLF001
        finally:
            self.client.folder_encode = True

    def examine(self, mailbox: str) -> Opened:
        """Open a mailbox, read-only."""
        self.opened = None
        with self._command():
            answer = self.client.select_folder(mailbox, readonly=True)
            exists = int(answer.get(b"EXISTS", 0))
            uid_validity = int(answer.get(b"UIDVALIDITY", 0))
            uid_next = int(answer.get(b"UIDNEXT", 0))
            if not 0 <= uid_validity <= UID_MAX or not 0 <= uid_next <= UID_MAX + 1:
                raise ValueError("UIDVALIDITY or UIDNEXT out of range")
        says_uid_next = uid_next != 0
        if not says_uid_next:
            uid_next = 1 + max(self._fetch_set("*", "UID"), default=0) if exists else 1
        position = Position(uid_validity=uid_validity, uid_next=uid_next)
        self.opened = Opened(name=mailbox, exists=exists, position=position, says_uid_next=says_uid_next)
        return self.opened

    def reopen(self, mailbox: str) -> Opened:
        """Give the mailbox as it was opened last, if it still is."""
        opened = self.opened
        return opened if opened is not None and opened.name == mailbox else self.examine(mailbox)

    @staticmethod
    def ref(opened: Opened, uid: int) -> MessageRef:
        """Name a message of a mailbox that was opened."""
        return MessageRef(mailbox=opened.name, uid_validity=opened.position.uid_validity, uid=uid)

    # Messages ---------------------------------------------------------------------------------------------------

    def uids_from(self, opened: Opened, first: int) -> list[int]:
        """Name what is there from UID *first* on; ``n:*`` alone would give the last message even below it."""
        if opened.position.uid_next <= first:
            return []
        few = opened.position.uid_next - first <= _IN_ONE_SEARCH
        found = self._search(f"UID {first}:*", among=0 if few else opened.exists)
        return [uid for uid in found if uid >= first]

    def uids_since(self, opened: Opened, since: date) -> list[int]:
        """Name what arrived on *since* or later."""
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
                kind, data = self.wire.uid("SEARCH", part + criterion)
                self._require_ok(kind, data)
                found |= {int(uid) for line in data if line for uid in re.findall(rb"\b\d{1,10}\b", line)}
        return sorted(uid for uid in found if 0 < uid <= UID_MAX)

    def fetch_what_it_shows(self, uids: Sequence[int], items: str) -> tuple[dict[int, dict[bytes, Any]], list[int]]:
        """Fetch *items*, and name the messages that it does not show: one of them must not hide the others.

        Raises:
            ServerRefusedError: it refuses too many, or the mailbox is gone.
        """
        answers: dict[int, dict[bytes, Any]] = {}
        refused: list[int] = []
        hidden = [uid for uid in uids if self.caution.hides(self.ref(self.opened, uid))] if self.opened else []
        asked = [uid for uid in uids if uid not in hidden]
        parts: list[Sequence[int]] = [[uid] for uid in reversed(asked)] if self.caution.one_by_one else [asked]
        while parts and asked:
            part = parts.pop()
            try:
                answers |= self.fetch(part, items)
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
        opened = self.opened
        if (
            refusal.hung_up
            or opened is None
            or self.examine(opened.name).position.uid_validity != opened.position.uid_validity
        ):
            raise refusal

    def fetch(
        self, uids: Sequence[int], items: str, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None
    ) -> dict[int, dict[bytes, Any]]:
        """Fetch *items* of *uids*, in that order; what the server does not give is left out, and so is all else."""
        if self.opened:
            self.caution.asked = [self.ref(self.opened, uid) for uid in uids]
        answers = self._fetch_set(sequence_set(uids), items, answer_bytes=answer_bytes, seconds=seconds)
        self.caution.asked = ()
        return {uid: answers[uid] for uid in uids if uid in answers}

    def _fetch_set(
        self, which: str, items: str, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None
    ) -> dict[int, dict[bytes, Any]]:
        # Not the library's own fetch: it takes no ranges, and files an unasked answer without UID under its number.
        from imapclient.response_parser import parse_fetch_response

        with self._command(answer_bytes=answer_bytes, seconds=seconds):
            kind, data = self.wire.uid("FETCH", which, f"({items})")
            if kind == "NO" and b"[EXPUNGEISSUED]" in (data[0] or b"").upper():  # RFC 5530: the rest was given
                kind, data = "OK", self.wire.response("FETCH")[1]
            self._require_ok(kind, data)
            answers = parse_fetch_response(data, normalise_times=False, uid_is_key=False)
        by_uid: dict[int, dict[bytes, Any]] = {}
        for answer in answers.values():
            by_uid.setdefault(answer.get(b"UID", 0), {}).update(answer)  # 0 is nobody's: what came without UID
        return by_uid

    def note_unread(self, uid: int) -> None:
        """Note a message that was there and could not be read."""
        if self.opened:
            self.caution.unread.append(self.ref(self.opened, uid))

    # The one thing that is written --------------------------------------------------------------------------------

    def append(self, mailbox: str, draft: bytes, *, when: datetime) -> MessageRef | None:
        r"""Save *draft* in a mailbox, with the \Draft flag; where it lies, or ``None`` without UIDPLUS (RFC 4315).

        Raises:
            UnreachableError: nobody knows whether the draft was saved: no answer came, or none that can be read.
            ServerRefusedError: it was not: the mailbox is full or gone.
        """
        self.wire.gate.appendable = _on_the_wire(mailbox)
        before = self.wire.passed
        try:
            with named(mailbox), self._command():
                answer = self.client.append(mailbox, draft, (_DRAFT,), when)
        except ServerRefusedError as error:
            if error.said_no or self.wire.passed == before:
                raise
            self.wire.shutdown()
            raise UnreachableError(str(error)) from error
        finally:
            self.wire.gate.appendable = None
        match = _APPENDUID.match(answer or b"")
        return MessageRef(mailbox=mailbox, uid_validity=int(match[1]), uid=int(match[2])) if match else None

    # --------------------------------------------------------------------------------------------------------------

    def _require_ok(self, kind: str, data: Sequence[bytes | None]) -> None:
        if kind != "OK":
            raise self.wire.error(str(data[0] or b"", "ascii", "replace"))

    @contextmanager
    def _command(self, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None) -> Iterator[None]:
        """Everything that speaks to the server happens in here: within limits, and with our errors only."""
        if self.wire.state == "LOGOUT":
            raise UnreachableError(_("the connection to {host} is closed").format(host=self.server.host))
        self.wire.allowance.begin(answer_bytes=answer_bytes, seconds=seconds)
        with with_meaning(self.server, self.wire):
            yield


@contextmanager
def named(mailbox: str) -> Iterator[None]:
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

    if raw is None or len(raw) > _NAME_BYTES:
        return None
    if isinstance(raw, str):  # a name of digits only
        return raw
    try:
        name = str(decode(raw))
        same = encode(name) == raw
    except (ValueError, IndexError):
        return None
    return name if same and not UNPRINTABLE.search(name) else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _on_the_wire(mailbox: str) -> bytes:
    from imapclient.imap_utf7 import encode

    return _quoted(encode(mailbox).decode("ascii")).encode("ascii")
