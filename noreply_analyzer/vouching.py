"""Whose Authentication-Results the latest mail carries, and what it would mean to believe them: `check` and `setup`."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from .authentication import Result
from .authresults import hear, seen
from .config import Account, Settings
from .equipment import Store, preferences_for
from .errors import MessageError, ServerRefusedError
from .language import _, ngettext
from .message import Message
from .policy import Analysis, Circumstances, analyze
from .supplies import now, open_records, tools_for

_LATEST: Final = 100
"""Messages that are looked at for the word of the provider, and for what can be proven of them."""
_LARGEST: Final = 1024 * 1024
"""Bytes of one of them: what is larger says no more, and takes its time."""
_LATEST_DAYS: Final = 30
_ENOUGH: Final = 20
"""Messages below which nothing is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An authserv-id that messages carry where it would count, and of how many authors it would decide if pinned."""

    authserv_id: str
    count: int
    proven: int
    contradicted: int

    def __str__(self) -> str:
        sentence = _("{id} ({count}; pinned, it proves {proven} and contradicts {contradicted})")
        return sentence.format(
            id=self.authserv_id, count=self.count, proven=self.proven, contradicted=self.contradicted
        )


def latest(
    store: Store,
    settings: Settings,
    account: Account,
    *,
    ask_dns: bool = True,
    step: Callable[[], None] = lambda: None,
) -> list[Analysis]:
    """Judge the newest messages of the first mailbox as a run would, but whatever their age, and write nothing.

    Args:
        store: where they lie.
        settings: how they are judged.
        account: whose mail it is.
        ask_dns: whether keys are looked up.
        step: called for each message.

    Raises:
        ConfigError: there is no mailbox to read.
    """
    since = (now() - timedelta(days=_LATEST_DAYS)).date()
    newest = deque(store.messages(store.mailboxes()[0], after=None, since=since), maxlen=_LATEST)
    preferences, registry = preferences_for(settings, account), open_records(settings).registry
    judged = []
    with tools_for(settings, ask_dns=ask_dns) as tools:
        for found in newest:
            step()
            with suppress(MessageError, ServerRefusedError):
                if found.size <= _LARGEST and (raw := store.fetch(found.ref)):
                    seen_as = Circumstances(now=now(), received=found.received, flags=found.flags, ageless=True)
                    reading = tools.read(raw, preferences.overrides)
                    judged.append(
                        analyze(
                            raw,
                            reading,
                            circumstances=seen_as,
                            preferences=preferences,
                            registry=registry,
                            tools=tools,
                        ).without_text()
                    )
    return judged


def carried(messages: Sequence[Message], received_by: Sequence[str]) -> tuple[Carried, ...]:
    """Name what *messages* carry where only the hosts *received_by* can write, the commonest first."""
    ids = Counter(name for message in messages for name in seen(message, received_by))
    return tuple(_carried(messages, name, received_by) for name, _count in ids.most_common())


def _carried(messages: Sequence[Message], name: str, received_by: Sequence[str]) -> Carried:
    said = [
        word.dmarc for message in messages if (word := hear(message, (name,), received_by)) and word.decides(message)
    ]
    return Carried(
        authserv_id=name,
        count=sum(name in seen(message, received_by) for message in messages),
        proven=said.count(Result.PASS),
        contradicted=said.count(Result.FAIL),
    )


def in_words(carriers: Sequence[Carried]) -> str:
    """Name what is carried, and what pinning each would mean."""
    return _("; ").join(map(str, carriers)) or _("none")


def what_is_carried(count: int, carriers: str) -> str:
    """Say it of *count* messages."""
    if not count:
        return _("no message of the last {days} days is there to look at").format(days=_LATEST_DAYS)
    sentence = ngettext("the last message carries: {carried}", "the last {count} messages carry: {carried}", count)
    return sentence.format(count=count, carried=carriers)


def worth_pinning(carriers: Sequence[Carried], count: int) -> Carried | None:
    """Give the one id that may be proposed: alone, in nearly all of many messages, and seldom against their authors.

    Mail that comes by way of another mailbox shows two ids, or many a ``dmarc=fail``; nothing is proposed then.
    """
    if count < _ENOUGH or len(carriers) != 1:
        return None
    (one,) = carriers
    return one if one.count * 10 >= count * 9 and one.proven and one.contradicted * 10 <= one.proven else None
