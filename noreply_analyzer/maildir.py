r"""Mail in a Maildir of this machine: both protocols of `source`, and no server.

A Maildir has no UIDs and no counter. What stands for them:

* the *uid* is a hash of the unique part of the file's name, which stays when a message is read, flagged or answered;
* the *order* is the time of the last change of its entry (ctime), for that is new for whatever came in by any way:
  delivered, moved from another mailbox, restored. What merely got another flag is looked at once more, and known.

Messages in ``new/`` are read in place: moving them to ``cur/`` is the mail program's business, and so is every flag.
The only thing written is a draft, through ``tmp/`` as everybody does it, so that no reader ever sees half of one.
"""

import errno
import hashlib
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Final, Self

from .answers import trace
from .errors import ConfigError, MessageError, ServerRefusedError, StateError
from .language import _
from .mailboxes import Listed, Role, every, find, no_drafts, to_read
from .mailnames import decoded
from .source import Caution, Found, MessageRef, Position, Trace

_PARTS: Final = ("new", "cur")
"""In the order in which mail moves, so that what is moved while both are listed is not overlooked."""
_UID_BITS: Final = 53
"""Every reader of JSON knows integers of that size."""
_UID_VALIDITY: Final = 1
_RECENT: Final = 2_000_000_000
"""Nanoseconds: what came within the last two seconds may have company with the same time of change."""
_HEADER: Final = 64 * 1024
_SENT_AT_MOST: Final = 2_000
_FLAGS: Final = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "P": "$Forwarded",
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message that lies in a Maildir."""

    path: Path
    unique: str
    """The part of the name before the flags."""
    size: int
    changed: int
    """Nanoseconds (ctime)."""
    received: datetime
    """The time of the file (mtime), which deliverers set to the day of arrival."""
    flags: frozenset[str]

    @property
    def uid(self) -> int:
        """What names it among the messages of its mailbox."""
        digest = hashlib.sha256(self.unique.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") >> (64 - _UID_BITS)


def is_maildir(folder: Path) -> bool:
    """Tell whether *folder* is a Maildir."""
    return all((folder / part).is_dir() for part in _PARTS)


def tree(root: Path) -> dict[str, Path]:
    """Give every mailbox in *root*, by its name: Maildir++ (``.Archives.2025``), or folders in folders.

    The Maildir itself is INBOX. Names are written with ``/`` between their levels, decoded as on an IMAP server.
    """
    found = {"INBOX": root} if is_maildir(root) else {}
    for name, folder in sorted(_below(root, ())):
        found.setdefault("INBOX" if name.upper() == "INBOX" else name, folder)
    return found


def _below(folder: Path, above: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in {"cur", "new", "tmp"} or not entry.is_dir(follow_symlinks=not above):
                continue
            hidden = entry.name.startswith(".")
            levels = (*above, *(decoded(part) for part in entry.name.strip(".").split("." if hidden else "/")))
            if is_maildir(Path(entry.path)):
                yield "/".join(levels), Path(entry.path)
            if not hidden:
                yield from _below(Path(entry.path), levels)


def entries(folder: Path) -> list[Entry]:
    """List the messages of one Maildir, in the order of their names, which begin with the time of delivery."""
    found: dict[str, Entry] = {}
    for part in _PARTS:
        with os.scandir(folder / part) as listed:
            for item in listed:
                if not item.name.startswith(".") and (entry := _entry(item)):
                    found[entry.unique] = entry  # in cur/ and in new/: it is just being moved
    return sorted(found.values(), key=lambda entry: _by_name(entry.unique))


def _entry(item: "os.DirEntry[str]") -> Entry | None:
    try:
        about = item.stat()
    except OSError:
        return None  # gone, or a link to nowhere
    if not stat.S_ISREG(about.st_mode):
        return None
    unique, _colon, info = item.name.partition(":")
    letters = info.removeprefix("2,") if info.startswith("2,") else ""
    return Entry(
        path=Path(item.path),
        unique=unique,
        size=about.st_size,
        changed=about.st_ctime_ns,
        received=datetime.fromtimestamp(about.st_mtime, UTC),
        flags=frozenset(_FLAGS[letter] for letter in letters if letter in _FLAGS),
    )


def _by_name(unique: str) -> tuple[int, str]:
    seconds = unique.partition(".")[0]
    return (int(seconds) if seconds.isdecimal() and len(seconds) < 20 else 0, unique)  # noqa: PLR2004 - 64 bits


def read(entry: Entry, *, limit: int) -> bytes | None:
    """Give a message byte for byte, wherever a mail program has moved it meanwhile; ``None`` if it is gone.

    Raises:
        MessageError: it is larger than *limit*, or cannot be read.
    """
    if entry.size > limit:
        raise MessageError(_("{size} bytes is larger than limits.message_bytes").format(size=entry.size))
    for path in _places(entry):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise MessageError(_("cannot be read: {error}").format(error=error.strerror)) from error
    return None


def _places(entry: Entry) -> Iterator[Path]:
    """Give where a message lay, and where it lies if it has been read or flagged since."""
    yield entry.path
    for part in _PARTS:
        with suppress(OSError), os.scandir(entry.path.parent.parent / part) as listed:
            yield from [Path(item.path) for item in listed if item.name.partition(":")[0] == entry.unique]


def _header(entry: Entry) -> bytes | None:
    """Give the beginning of a message, up to the end of its header; empty if it cannot be read, ``None`` if gone."""
    for path in _places(entry):
        try:
            with path.open("rb") as file:
                beginning = file.read(_HEADER)
        except FileNotFoundError:
            continue
        except OSError:
            return b""
        return beginning[: beginning.find(b"\n\n") + 2] if b"\n\n" in beginning else beginning
    return None


class Store:
    """A Maildir and the mailboxes below it: a `source.MailSource`, and the way to its `Drafts`.

    Args:
        root: the Maildir, or a folder of Maildirs.
        patterns: what to read, see `mailboxes.to_read`.
        drafts: the drafts mailbox, where none has a usual name.
        sent: the mailbox of sent mail, likewise.
        message_bytes: no message larger than this is read.

    Raises:
        ConfigError: there is no Maildir.
    """

    def __init__(
        self,
        root: Path,
        *,
        patterns: Sequence[str] | str = ("INBOX",),
        drafts: str = "",
        sent: str = "",
        message_bytes: int,
        nanoseconds: Callable[[], int] = time.time_ns,
    ) -> None:
        self._root = root
        self._patterns = patterns
        self._drafts_name, self._sent_name = drafts, sent
        self._message_bytes = message_bytes
        self._nanoseconds = nanoseconds
        self.caution = Caution()
        self._listed: dict[str, dict[int, Entry]] = {}
        self._reached: dict[str, int] = {}
        if not self._tree:
            sentence = _("path: {path} is no Maildir: it has no folders cur and new, and none below it has")
            raise ConfigError((sentence.format(path=root),))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        """Do nothing: no connection is open."""

    @property
    def secured_by(self) -> str:
        """Nothing: it is this machine."""
        return ""

    # What MailSource promises.

    def mailboxes(self) -> tuple[str, ...]:
        """Name the mailboxes to read: never drafts, sent, junk, trash or all mail.

        Raises:
            ConfigError: a configured one does not exist, or is one of those.
        """
        return to_read(self._patterns, self.listed(), never=filter(None, (self._drafts_name, self._sent_name)))

    def listed(self) -> tuple[Listed, ...]:
        """List every mailbox."""
        return tuple(Listed(name=name, delimiter="/") for name in self._tree)

    def position(self, mailbox: str) -> Position:
        """Say how far the mailbox reaches now; what is in it now is what `messages` will give."""
        found = self._entries(mailbox)
        newest = max((entry.changed for entry in found), default=0) + 1
        # What came just now is looked at now, and once more by the next run, with whatever came at the same instant.
        self._reached[mailbox] = min(newest, self._nanoseconds() - _RECENT)
        return Position(uid_validity=_UID_VALIDITY, uid_next=self._reached[mailbox])

    def messages(self, mailbox: str, *, after: Position | None, since: date) -> Iterator[Found]:
        """Give what came after *after*, or arrived on *since* or later, oldest first; as of the last `position`."""
        reached = self._reached[mailbox] if mailbox in self._reached else self.position(mailbox).uid_next
        # A position that lies ahead is of a clock that was wrong, then or now.
        first = after.uid_next if after and after.uid_next <= self._nanoseconds() else None
        for entry in sorted(self._listed[mailbox].values(), key=lambda entry: entry.changed):
            is_new = entry.received.date() >= since if first is None else entry.changed >= first
            if is_new and (found := self._found(mailbox, entry, most=reached - 1)):
                yield found

    def _found(self, mailbox: str, entry: Entry, *, most: int) -> Found | None:
        header = _header(entry)
        if header is None:
            return None
        return Found(
            ref=MessageRef(mailbox=mailbox, uid_validity=_UID_VALIDITY, uid=entry.uid),
            header=header,
            order=min(entry.changed, most),
            size=entry.size,
            received=entry.received,
            flags=entry.flags,
        )

    def look_up(self, ref: MessageRef) -> Found | None:
        """Give one message as it is seen from outside; ``None`` if it is gone."""
        entry = self._entry(ref)
        return self._found(ref.mailbox, entry, most=entry.changed) if entry else None

    def fetch(self, ref: MessageRef) -> bytes | None:
        """Give the message byte for byte; ``None`` if it is gone.

        Raises:
            MessageError: it is larger than may be read, or cannot be.
        """
        entry = self._entry(ref)
        return read(entry, limit=self._message_bytes) if entry else None

    def _entry(self, ref: MessageRef) -> Entry | None:
        if ref.uid_validity != _UID_VALIDITY or ref.mailbox not in self._tree:
            return None
        if ref.uid not in self._listed.get(ref.mailbox, {}):
            self._entries(ref.mailbox)
        return self._listed[ref.mailbox].get(ref.uid)

    # The drafts mailbox.

    def drafts(self, configured: str = "", sent: str = "") -> "Drafts":
        """Find the drafts mailbox, and where sent mail lies; none is ever made.

        Raises:
            ConfigError: the configured one does not exist, or none can be told.
        """
        listed = self.listed()
        name = find(Role.DRAFTS, listed, configured or self._drafts_name)
        if name is None:
            raise no_drafts(listed)
        sent_name = find(Role.SENT, listed, sent or self._sent_name)
        return Drafts(
            self._tree,
            self.caution,
            name=name,
            drafts=tuple(dict.fromkeys((name, *every(Role.DRAFTS, listed)))),
            sent=tuple(dict.fromkeys((*([sent_name] if sent_name else []), *every(Role.SENT, listed)))),
        )

    @cached_property
    def _tree(self) -> dict[str, Path]:
        return tree(self._root)

    def _entries(self, mailbox: str) -> list[Entry]:
        try:
            found = entries(self._tree[mailbox])
        except (OSError, KeyError) as error:
            sentence = _("{mailbox} cannot be read: {error}")
            raise ServerRefusedError(sentence.format(mailbox=mailbox, error=error)) from error
        self._listed[mailbox] = {entry.uid: entry for entry in found}
        return found


class Drafts:
    """The drafts mailbox of a Maildir: a `source.DraftsMailbox`."""

    _numbers = count(1)

    def __init__(
        self, folders: dict[str, Path], caution: Caution, *, name: str, drafts: Sequence[str], sent: Sequence[str]
    ) -> None:
        self._folders = folders
        self._caution = caution
        self._name = name
        self._drafts = drafts
        self._sent = sent

    @property
    def name(self) -> str:
        """The mailbox, as the user's mail program shows it."""
        return self._name

    @property
    def sent_name(self) -> str | None:
        """Where sent mail lies, if anything was found."""
        return next(iter(self._sent), None)

    def position(self) -> Position:
        """Say when a draft last came or went: the folders know, and nothing else changes them."""
        folder = self._folders[self._name]
        with _refused(self._name):
            changed = max((folder / part).stat().st_mtime_ns for part in _PARTS)
        return Position(uid_validity=_UID_VALIDITY, uid_next=changed)

    def traces(self, *, since: date) -> tuple[Trace, ...]:
        """Give all of Drafts, and of Sent the newest that arrived on *since* or later."""
        found: list[Trace] = []
        for mailbox in self._drafts:
            found += self._read(mailbox, self._entries(mailbox), in_drafts=True)
        for mailbox in self._sent:
            recent = [entry for entry in self._entries(mailbox) if entry.received.date() >= since]
            found += self._read(mailbox, recent[-_SENT_AT_MOST:])
        return tuple(found)

    def _read(self, mailbox: str, listed: Sequence[Entry], *, in_drafts: bool = False) -> Iterator[Trace]:
        for entry in listed:
            header = _header(entry)
            if header:
                yield trace(mailbox, header, in_drafts=in_drafts)
            elif header is not None:
                ref = MessageRef(mailbox=mailbox, uid_validity=_UID_VALIDITY, uid=entry.uid)
                self._caution.unread.append(ref)

    def _entries(self, mailbox: str) -> list[Entry]:
        with _refused(mailbox):
            return entries(self._folders[mailbox])

    def append(self, draft: bytes, *, when: datetime) -> MessageRef | None:
        r"""Save *draft* with the \Draft flag, as the deliverers of maildir(5) do: whole, or not at all.

        Raises:
            StateError: the disk is full.
            ServerRefusedError: it could not be saved otherwise.
        """
        folder = self._folders[self._name]
        unique = f"{int(when.timestamp())}.P{os.getpid()}Q{next(self._numbers)}N{time.time_ns()}.{_host()}"
        beginning, place = folder / "tmp" / unique, folder / "cur" / f"{unique}:2,D"
        with _refused(self._name):
            try:
                _write(beginning, draft.replace(b"\r\n", b"\n"))
                beginning.rename(place)
            except BaseException:
                beginning.unlink(missing_ok=True)
                raise
        with suppress(OSError):  # it is there; only a power cut could still take it away
            _sync(place.parent)
        entry = Entry(path=place, unique=unique, size=len(draft), changed=0, received=when, flags=frozenset())
        return MessageRef(mailbox=self._name, uid_validity=_UID_VALIDITY, uid=entry.uid)


def _host() -> str:
    return socket.gethostname().replace("/", "\\057").replace(":", "\\072")


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refused(mailbox: str) -> Iterator[None]:
    """Turn what the file system says into a sentence."""
    try:
        yield
    except OSError as error:
        sentence = _("{mailbox} cannot be read or written: {error}").format(mailbox=mailbox, error=error.strerror)
        kind = StateError if error.errno in _FULL else ServerRefusedError
        raise kind(sentence) from error
