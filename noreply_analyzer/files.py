"""Messages that lie in files: an ``.eml``, an mbox, a Maildir, folders of all these, or what comes in by a pipe."""

import itertools
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import maildir, mbox
from .errors import DataError, MessageError
from .language import _
from .mailboxes import Listed, fitting
from .source import InFile, Stored, Unreadable

_BEGINNING: Final = 4096
_ARCHIVES: Final = re.compile(r"\.(mbox|mbx|sbd)\Z", re.IGNORECASE)
_MESSAGE: Final = re.compile(r".*\.eml\Z", re.IGNORECASE | re.DOTALL)
_MH_MESSAGE: Final = re.compile(r"\d+\Z")
_MH_MARK: Final = ".mh_sequences"
_INDEXES: Final = re.compile(r".*\.(msf|idx|index|db|log|lock)\Z|[.~].*", re.IGNORECASE | re.DOTALL)


def messages_in(where: Path, *, limit: int, patterns: Sequence[str] = ()) -> Iterator[Stored | Unreadable]:
    """Give every message of a file or of a folder, in the order of the names.

    What is called drafts, sent mail, junk or trash within a folder is left out, unless *where* is just that.

    Args:
        where: a message, an mbox, a Maildir, or a folder of them.
        limit: bytes of a message; a larger one is named.
        patterns: which mailboxes of a folder to read, by their names or with the wildcards of LIST; all if empty.

    Raises:
        DataError: there is no such file, there is no mail in the folder, or no mailbox has such a name.
    """
    if where.is_dir():
        yield from _in_folder(where, limit, patterns)
    elif patterns:
        raise DataError(_("{path}: is no folder of mailboxes, among which one could be chosen").format(path=where))
    elif where.exists() or where.is_symlink():
        yield from _in_file(where, limit)
    else:
        raise DataError(_("{path}: there is no such file or folder").format(path=where))


def messages_of(stream: mbox.Stream, *, limit: int, path: str = "-") -> Iterator[Stored | Unreadable]:
    """Give the message, or every message of the mbox, that comes out of *stream*."""
    beginning = stream.read(_BEGINNING)
    if not mbox.looks_like_mbox(beginning):
        yield _whole(stream, beginning, limit, InFile(path=path))
        return
    for index, piece in enumerate(mbox.pieces(stream, limit=limit, beginning=beginning)):
        where = InFile(path=path, index=index)
        if piece.problem:
            yield Unreadable(where=where, sentence=_("{where}: {problem}").format(where=where, problem=piece.problem))
            continue
        yield Stored(where=where, raw=piece.raw, received=piece.received)
        if piece.cut_off:
            sentence = _("{where}: the file ends within this message; it seems to be cut off").format(where=where)
            yield Unreadable(where=where, sentence=sentence)


def _whole(stream: mbox.Stream, beginning: bytes, limit: int, where: InFile) -> Stored | Unreadable:
    raw = bytearray(beginning)
    while len(raw) <= limit and (block := stream.read(limit + 1 - len(raw))):
        raw += block
    if len(raw) > limit:
        sentence = _("{where}: is larger than {limit} bytes (limits.message_bytes)").format(where=where, limit=limit)
        return Unreadable(where=where, sentence=sentence)
    return Stored(where=where, raw=bytes(raw))


def _in_file(path: Path, limit: int) -> Iterator[Stored | Unreadable]:
    """Read a regular file; anything else (a FIFO, a device) could keep us waiting for ever."""
    try:
        # Not to wait for who writes into a FIFO, should it have become one since.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield _problem(path, _("is not a regular file; what comes by a pipe is read from -"))
                return
            yield from messages_of(file, limit=limit, path=str(path))
    except OSError as error:
        yield _problem(path, error.strerror or str(error))


def _problem(path: Path, problem: str) -> Unreadable:
    where = InFile(path=str(path), index=None)
    return Unreadable(where=where, sentence=_("{where}: {problem}").format(where=where, problem=problem))


# Folders ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Mailbox:
    """What lies in a folder under one name: a Maildir, an mbox, or messages in files."""

    name: str
    maildir: Path | None = None
    files: tuple[Path, ...] = ()


def _in_folder(folder: Path, limit: int, patterns: Sequence[str]) -> Iterator[Stored | Unreadable]:
    found = sorted(itertools.chain(_maildirs(folder), _others(folder)), key=lambda one: (one.name != "INBOX", one.name))
    if not found:
        sentence = _("{path}: no mail was found in this folder: no Maildir, no mbox, no file that ends in .eml")
        raise DataError(sentence.format(path=folder))
    chosen = _chosen(folder, [one.name for one in found if one.name], patterns)
    for one in found:
        if one.name in chosen:
            if one.maildir:
                yield from _in_maildir(one.maildir, limit)
            for path in one.files:
                yield from _in_file(path, limit)


def _chosen(folder: Path, names: Sequence[str], patterns: Sequence[str]) -> frozenset[str]:
    listed = [Listed(name=name, delimiter="/") for name in names]
    if not patterns:
        return frozenset({"", *fitting(("*",), listed)})
    chosen = frozenset(fitting(patterns, listed))
    if not chosen:
        sentence = _("{path}: no mailbox is called {patterns}; there are {names}")
        raise DataError(
            sentence.format(path=folder, patterns=", ".join(patterns), names=", ".join(sorted(names)[:50]) or "-")
        )
    return chosen


def _maildirs(folder: Path) -> Iterator[_Mailbox]:
    return (_Mailbox(name=name, maildir=path) for name, path in maildir.tree(folder).items())


def _others(folder: Path) -> Iterator[_Mailbox]:
    """Find mboxes and messages in files, in whatever folders that are no Maildir."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        if maildir.is_maildir(here):
            names.clear()  # what else lies there is the mail program's own: indexes, subscriptions
        folders[:] = sorted(set(folders) - ({"cur", "new", "tmp"} if maildir.is_maildir(here) else set()))
        levels = [_ARCHIVES.sub("", level) for level in here.relative_to(folder).parts]
        single, is_mh = [], _MH_MARK in names
        for name in sorted(names):
            if _MESSAGE.match(name) or (is_mh and _MH_MESSAGE.match(name)):
                single.append(here / name)
            elif not _INDEXES.match(name) and _is_mbox(here / name):
                yield _Mailbox(name="/".join((*levels, _ARCHIVES.sub("", name))), files=(here / name,))
        if single:
            yield _Mailbox(name="/".join(levels), files=tuple(single))


def _is_mbox(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return mbox.looks_like_mbox(file.read(_BEGINNING))
    except OSError:
        return False


def _in_maildir(folder: Path, limit: int) -> Iterator[Stored | Unreadable]:
    try:
        found = maildir.entries(folder)
    except OSError as error:
        yield _problem(folder, error.strerror or str(error))
        return
    for entry in found:
        where = InFile(path=str(entry.path))
        try:
            raw = maildir.read(entry, limit=limit)
        except MessageError as error:
            yield Unreadable(where=where, sentence=_("{where}: {problem}").format(where=where, problem=error))
            continue
        if raw is not None:
            yield Stored(where=where, raw=raw, received=entry.received, flags=entry.flags)
