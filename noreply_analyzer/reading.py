"""Every message of a place on the command line: a file, a folder, standard input, an account or a mailbox of it."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, timedelta
from typing import Final

from .config import Account
from .equipment import Store
from .errors import MessageError, ServerRefusedError, UsageError
from .files import messages_in, messages_of
from .language import _
from .mailboxes import fitting, names_of
from .mbox import Stream
from .period import Period
from .place import AccountPlace, FilePlace, Place, StandardInput
from .source import Found, InAccount, InFile, MessageRef, Stored, Unreadable

_FIRST_DAY: Final = date(1970, 1, 1)

OpenStore = Callable[[Account], AbstractContextManager[Store]]


def contents(
    place: Place,
    *,
    limit: int,
    period: Period,
    patterns: Sequence[str],
    stdin: Stream,
    open_store: OpenStore,
) -> Generator[Stored | Unreadable, None, None]:
    """Give every message of *place*; those that the place itself knows to have arrived outside of *period* not.

    Args:
        place: where to look.
        limit: bytes of a message; a larger one is named.
        period: when it arrived.
        patterns: which mailboxes of a folder or of an account; what is usual there if empty.
        stdin: what comes in by ``-``.
        open_store: how to get at an account.

    Raises:
        NoreplyAnalyzerError: the place cannot be opened.
    """
    found: Iterator[Stored | Unreadable]
    match place:
        case FilePlace():
            found = messages_in(place.path, limit=limit, patterns=patterns)
            if place.index is not None:
                found = _numbered(place, found)
        case StandardInput():
            if patterns:
                raise UsageError(_("--mailbox goes with a folder or an account"))
            found = messages_of(stdin, limit=limit)
        case AccountPlace():
            found = _in_account(place, patterns, period, open_store(place.account))
    return (item for item in found if isinstance(item, Unreadable) or period.covers(item.received))


def _numbered(place: FilePlace, found: Iterator[Stored | Unreadable]) -> Iterator[Stored | Unreadable]:
    number = -1
    for item in found:
        number = item.where.index if isinstance(item.where, InFile) and item.where.index is not None else number
        if number == place.index:
            yield item
            return
    where = InFile(path=str(place.path), index=place.index)
    sentence = _("{where}: there is no such message; the last one has the number {number}")
    yield Unreadable(where=where, sentence=sentence.format(where=where, number=number))


def _in_account(
    place: AccountPlace, patterns: Sequence[str], period: Period, opened: AbstractContextManager[Store]
) -> Iterator[Stored | Unreadable]:
    with opened as store:
        for mailbox in _mailboxes(store, place, patterns):
            if place.uid is None:
                yield from _in_mailbox(store, place.account.name, mailbox, period)
            else:
                yield from _one(store, place.account.name, mailbox, place.uid)


def _mailboxes(store: Store, place: AccountPlace, patterns: Sequence[str]) -> Sequence[str]:
    """Name what is to be read: what the user typed, else what the configuration says."""
    wanted = (place.mailbox,) if place.mailbox else tuple(patterns)
    if not wanted:
        return store.mailboxes()
    listed = store.listed()
    chosen = fitting(wanted, listed)
    if not chosen:
        sentence = _("{account}: no mailbox is called {patterns}; there are {names}")
        names = names_of(listed)
        raise UsageError(sentence.format(account=place.account.name, patterns=", ".join(wanted), names=names))
    return chosen


def _in_mailbox(store: Store, account: str, mailbox: str, period: Period) -> Iterator[Stored | Unreadable]:
    # A server counts in days of its own zone.
    since = (period.since.astimezone(UTC) - timedelta(days=1)).date() if period.since else _FIRST_DAY
    for found in store.messages(mailbox, after=None, since=since):
        if period.covers(found.received):
            yield from _fetched(store, account, found)


def _one(store: Store, account: str, mailbox: str, uid: int) -> Iterator[Stored | Unreadable]:
    ref = MessageRef(mailbox=mailbox, uid_validity=store.position(mailbox).uid_validity, uid=uid)
    found = store.look_up(ref)
    if found is None:
        where = InAccount(account=account, ref=ref)
        yield Unreadable(where=where, sentence=_("{where}: there is no such message").format(where=where))
    else:
        yield from _fetched(store, account, found)


def _fetched(store: Store, account: str, found: Found) -> Iterator[Stored | Unreadable]:
    where = InAccount(account=account, ref=found.ref)
    try:
        raw = store.fetch(found.ref)
    except (MessageError, ServerRefusedError) as error:
        if isinstance(error, ServerRefusedError) and error.hung_up:
            raise
        yield Unreadable(where=where, sentence=_("{where}: {problem}").format(where=where, problem=error))
    else:
        if raw is not None:
            yield Stored(where=where, raw=raw, received=found.received, flags=found.flags)
