r"""An IMAP server that keeps mail as an honest one does, in whatever shape servers are found in, and fails where told.

Its `Shape` is what a server is all the time: what it marks, how it writes names, how it counts. A `Fault` is what
happens once or always at one command, and `events` are what somebody else does to the mail at that moment. What reads
through it may only read, and append: any other command is written down in `refused`, and so is the wrong mailbox.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

from .scripted import ScriptedServer, Talk, swallow

Validity = Literal["steady", "rising", "falling", "missing"]
Says = Literal["NO", "BYE", "silence", "flood", "NIL", "nothing"]
"""A refusal; a farewell; an end without a word; a line longer than any may be; NIL in place of what `Fault.about` is
asked for; nothing out of the ordinary."""

Said = tuple[bytes, bytes]
"""What stands before the tagged line of an answer, and that line without its tag."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DONE = b"OK done"
_LIST = b'* LIST (%b) "%b" "%b"\r\n'


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What kind of server it is."""

    uidplus: bool = True
    capabilities: str = ""
    """Further ones."""
    greeting: bytes = b"* OK ready\r\n"
    drafts: str = "Brouillons"
    sent: str = "Sent"
    further: Sequence[str] = ()
    """Mailboxes beside INBOX, drafts and sent; listed before them."""
    delimiter: str = "/"
    marks: bool = True
    r"""Whether LIST answers with \Drafts and \Sent."""
    small_letters: bool = False
    r"""Whether it answers with \drafts and \sent instead."""
    quoted_fields: bool = False
    """Whether it repeats field names in quotes, as Courier does."""
    uid_validity: Validity = "steady"
    """From one login to the next; where it changes, all UIDs do."""
    uid_next: bool = True
    internal_date: bytes = b""
    """What it gives as INTERNALDATE, whenever a message came."""
    keeps_flags: bool = True
    """Whether a flag given in APPEND is still there afterwards."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong at one command."""

    at: str
    """"LIST", "EXAMINE", "SEARCH", "FETCH facts", "FETCH headers", "FETCH size", "FETCH body", "APPEND", ..."""
    mailbox: str = ""
    """Only there."""
    nth: int = 1
    """At which of these commands; 0: at each."""
    says: Says = "NO"
    about: int = 0
    """Only where this UID is asked for."""
    saves: bool = False
    """Whether the draft is saved all the same."""
    event: Callable[["ShapedServer"], None] | None = None
    """What somebody else does to the mail right before the answer."""


@dataclass
class Stored:
    """One message."""

    uid: int
    raw: bytes
    flags: str
    received: datetime

    @property
    def parsed(self) -> EmailMessage:
        """The message, as a mail program shows it."""
        return message_from_bytes(self.raw, policy=default)


@dataclass
class Box:
    """One mailbox."""

    mark: str = ""
    uid_validity: int = 7
    uid_next: int = 1
    messages: list[Stored] = field(default_factory=list)

    def put(self, raw: bytes, *, flags: str, received: datetime) -> int:
        """Add a message, and give its UID."""
        self.messages.append(Stored(self.uid_next, raw, flags, received))
        self.uid_next += 1
        return self.uid_next - 1


class ShapedServer(ScriptedServer):
    """A server for as long as the ``with`` statement lasts; *shape*, ``faults`` and ``boxes`` may change meanwhile."""

    def __init__(self, shape: Shape | None = None) -> None:
        self.shape = shape or Shape()
        self.boxes: dict[str, Box] = {name: Box() for name in (*self.shape.further, "INBOX")}
        self.boxes |= {self.shape.drafts: Box(mark="\\Drafts"), self.shape.sent: Box(mark="\\Sent")}
        self.away: dict[str, Box] = {}
        """Mailboxes that an event has taken away, to be put back."""
        self.faults: list[Fault] = []
        self.refused: list[bytes] = []
        self.refuses_appended: bytes | None = None
        """Words that no draft may hold."""
        self.logins = 0
        self._without = 0
        self._met: dict[Fault, int] = {}
        self._selected: dict[Talk, tuple[str, Box]] = {}
        self._one_at_a_time = threading.Lock()
        uidplus = " UIDPLUS" if self.shape.uidplus else ""
        special = " SPECIAL-USE" if self.shape.marks else ""
        named = f"IMAP4rev1{uidplus}{special} {self.shape.capabilities}".strip()
        super().__init__(greeting=self.shape.greeting, capabilities=named.encode())

    # What the test does to the mail.

    def deliver(self, raw: bytes, mailbox: str = "INBOX", *, flags: str = "", received: datetime | None = None) -> int:
        """Put a message into a mailbox, as if it came a moment ago."""
        when = received or datetime.now(UTC) - timedelta(minutes=5)
        return self.boxes[mailbox].put(raw, flags=flags, received=when)

    @property
    def drafts(self) -> list[Stored]:
        """What lies in the drafts mailbox."""
        return self.boxes[self.shape.drafts].messages

    def make_anew(self, mailbox: str, *, uid_validity: int, first: int = 1) -> None:
        """Give a mailbox another UIDVALIDITY, and its messages other UIDs."""
        box = self.boxes[mailbox]
        box.uid_validity = uid_validity
        box.messages = [replace(message, uid=uid) for uid, message in enumerate(box.messages, first)]
        box.uid_next = first + len(box.messages)

    # What the server does.

    def _answer(self, talk: Talk, line: bytes) -> None:
        tag, _space, rest = line.rstrip(b"\r\n").partition(b" ")
        with self._one_at_a_time:
            place = _place(rest)
            mailbox = _mailbox(rest) or self._selected.get(talk, ("",))[0]
            fault = self._fault(place, mailbox, rest)
            if fault and fault.event:
                fault.event(self)
            if place == "APPEND":
                literal = swallow(talk, line)
                said = (b"", b"" if fault and not fault.saves else self._append(rest, mailbox, literal))
            self._without = fault.about if fault and fault.says == "NIL" else 0
            if fault and fault.says not in {"nothing", "NIL"}:
                self._fail(talk, tag, fault.says)
                return
            before, verdict = said if place == "APPEND" else self._said(talk, place, rest)
            talk.send(b"%b%b %b\r\n" % (before, tag, verdict))

    def _fault(self, place: str, mailbox: str, rest: bytes) -> Fault | None:
        for fault in self.faults:
            there = not fault.mailbox or fault.mailbox == mailbox
            asked = not fault.about or fault.about in _uids_in(rest, range(1, 1000))
            if fault.at == place and there and asked:
                self._met[fault] = self._met.get(fault, 0) + 1
                if self._met[fault] == fault.nth or not fault.nth:
                    return fault
        return None

    @staticmethod
    def _fail(talk: Talk, tag: bytes, says: Says) -> None:
        if says == "NO":
            talk.send(tag + b" NO not now\r\n")
            return
        words = {"BYE": b"* BYE going down\r\n", "flood": b"* SEARCH" + b" 1" * 600_000}.get(says, b"")
        with contextlib.suppress(OSError):
            talk.send(words)
        talk.hang_up()
        raise EOFError

    def _said(self, talk: Talk, place: str, rest: bytes) -> Said:
        kind = place.partition(" ")[0]
        if kind in {"CAPABILITY", "LOGOUT"}:
            return self._usual(kind), _DONE
        if kind in {"LOGIN", "AUTHENTICATE"}:
            return b"", self._log_in(talk, kind)
        if kind == "LIST":
            return self._list(), _DONE
        if kind == "EXAMINE":
            return self._examine(talk, _mailbox(rest))
        if kind in {"SEARCH", "FETCH"}:
            return self._shown(talk, rest, place)
        self.refused.append(rest)
        return b"", b"BAD no such command"

    def _log_in(self, talk: Talk, kind: str) -> bytes:
        if kind == "LOGIN" and b"LOGINDISABLED" in self.capabilities:
            return b"NO not on this connection"
        if kind == "AUTHENTICATE":
            if b"AUTH=PLAIN" not in self.capabilities:
                return b"NO no such mechanism"
            talk.send(b"+ \r\n")
            talk.line()
        self.logins += 1
        if self.shape.uid_validity in {"rising", "falling"}:
            by = self.logins if self.shape.uid_validity == "rising" else -self.logins
            for name in self.boxes:
                self.make_anew(name, uid_validity=1000 + by, first=10 * self.logins)
        return _DONE

    def _shown(self, talk: Talk, rest: bytes, place: str) -> Said:
        name, box = self._selected[talk]
        if self.boxes.get(name) is not box:
            return b"", b"NO [NONEXISTENT] the mailbox is gone"
        return self._search(box, rest) if place == "SEARCH" else self._fetch(box, rest, place), _DONE

    def _list(self) -> bytes:
        lines = []
        for name, box in self.boxes.items():
            mark = (box.mark.lower() if self.shape.small_letters else box.mark) if self.shape.marks else ""
            lines.append(_LIST % (mark.encode(), self.shape.delimiter.encode(), name.encode()))
        return b"".join(lines)

    def _examine(self, talk: Talk, name: str) -> Said:
        self._selected.pop(talk, None)
        box = self.boxes.get(name)
        if box is None:
            return b"", b"NO [NONEXISTENT] no such mailbox"
        self._selected[talk] = (name, box)
        said = b"* FLAGS ()\r\n* %d EXISTS\r\n" % len(box.messages)
        if self.shape.uid_validity != "missing":
            said += b"* OK [UIDVALIDITY %d] .\r\n" % box.uid_validity
        if self.shape.uid_next:
            said += b"* OK [UIDNEXT %d] .\r\n" % box.uid_next
        return said, b"OK [READ-ONLY] done"

    @staticmethod
    def _search(box: Box, rest: bytes) -> bytes:
        if match := re.search(rb"SINCE (\d+)-(\w{3})-(\d{4})", rest):
            since = (int(match[3]), _MONTHS.index(match[2].decode()) + 1, int(match[1]))
            found = [m.uid for m in box.messages if m.received.timetuple()[:3] >= since]
        else:
            found = _uids_in(rest, [message.uid for message in box.messages])
        return b"* SEARCH" + b"".join(b" %d" % uid for uid in found) + b"\r\n"

    def _fetch(self, box: Box, rest: bytes, place: str) -> bytes:
        wanted = _uids_in(rest, [message.uid for message in box.messages])
        numbered = [(n, message) for n, message in enumerate(box.messages, 1) if message.uid in wanted]
        return b"".join(
            b"* %d FETCH (UID %d%b)\r\n" % (number, message.uid, self._items(message, rest, place))
            for number, message in numbered
        )

    def _items(self, message: Stored, rest: bytes, place: str) -> bytes:
        size = b" RFC822.SIZE %d" % len(message.raw)
        if message.uid == self._without:
            nothing = b" RFC822.SIZE NIL"
            return {"FETCH headers": b" BODY[HEADER] NIL", "FETCH body": b" BODY[] NIL"}.get(place, nothing)
        if place == "FETCH facts":
            day = f"{message.received.day:2}-{_MONTHS[message.received.month - 1]}-{message.received:%Y %H:%M:%S} +0000"
            date = self.shape.internal_date or day.encode()
            return b' FLAGS (%b) INTERNALDATE "%b"' % (message.flags.encode(), date) + size
        if place == "FETCH headers":
            asked = re.search(rb"FIELDS \(([^)]*)\)", rest)
            names = asked[1].split() if asked else []
            header = _fields(message.raw, names)
            told = b" ".join(b'"%b"' % name if self.shape.quoted_fields else name for name in names)
            return b" BODY[HEADER.FIELDS (%b)] {%d}\r\n%b" % (told, len(header), header)
        if place == "FETCH body":
            return b" BODY[] {%d}\r\n%b" % (len(message.raw), message.raw)
        return size if place == "FETCH size" else b""

    def _append(self, rest: bytes, mailbox: str, literal: bytes) -> bytes:
        box = self.boxes.get(mailbox)
        if self.refuses_appended is not None and self.refuses_appended in literal:
            return b"NO not such words"
        if box is None or mailbox != self.shape.drafts:
            self.refused.append(rest)
            return b"NO [TRYCREATE] no such mailbox"
        uid = box.put(literal, flags="\\Draft" if self.shape.keeps_flags else "", received=datetime.now(UTC))
        where = b"[APPENDUID %d %d] " % (box.uid_validity, uid) if self.shape.uidplus else b""
        return b"OK " + where + b"saved"


def _place(rest: bytes) -> str:
    """Name a command by what it is for."""
    command = rest.decode("latin-1").upper().split(" ")
    if command[0] != "UID":
        return command[0]
    if command[1] != "FETCH":
        return command[1]
    kinds = {"BODY.PEEK[]": "body", "HEADER.FIELDS": "headers", "INTERNALDATE": "facts", "RFC822.SIZE": "size"}
    return "FETCH " + next((kind for words, kind in kinds.items() if words.encode() in rest), "uid")


def _mailbox(rest: bytes) -> str:
    match = re.match(rb'(?:EXAMINE|APPEND) (?:"([^"]*)"|(\S+))', rest)
    return (match[1] or match[2]).decode() if match else ""


def _uids_in(rest: bytes, among: Sequence[int]) -> list[int]:
    """Give those of *among* that the sequence set of a command names."""
    match = re.match(rb"UID (?:FETCH|SEARCH UID) (\S+)", rest)
    last = max(among, default=0)
    found: set[int] = set()
    for part in match[1].decode().split(",") if match else ():
        ends = [last if end == "*" else int(end) for end in part.split(":")]
        found |= {uid for uid in among if min(ends) <= uid <= max(ends)}
    return sorted(found)


def _fields(raw: bytes, names: Sequence[bytes]) -> bytes:
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    fields = re.findall(rb"([^\s:]+):((?:.*\r\n)(?:[ \t].*\r\n)*)", header)
    wanted = {name.lower() for name in names}
    return b"".join(b"%b:%b" % found for found in fields if found[0].lower() in wanted) + b"\r\n"
