"""What the state holds, as a person reads it and as scripts do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from .holdings import Drafted, Holdings, PutOff, Reached
from .language import _, ngettext
from .policy import Action
from .report import ACTIONS, TOPICS
from .topic import Topic

_KILOBYTE: Final = 1000

_REASONS: Final[Mapping[str, Callable[[], str]]] = {
    "dns-later": lambda: _("no answer of the DNS"),
    "per-run": lambda: _("the run had written its drafts"),
    "fetch-failed": lambda: _("the server did not give it"),
    "copy": lambda: _("a copy of it waits"),
}

_MARKS: Final[Mapping[str, Callable[[], str]]] = {
    "skipped": lambda: _("over a limit, or no message"),
    "fetch-failed": lambda: _("failed to be fetched"),
    "twice": lambda: _("drafts that lay there twice"),
}

_OUTCOMES: Final[Mapping[str, Callable[[], str]]] = {
    "saved": lambda: _("saved in {mailbox}"),
    "intended": lambda: _("about to be saved in {mailbox}; the next run finds out"),
    "doubtful": lambda: _("saved in {mailbox} or not: nobody knows, and it is not made again"),
    "undone": lambda: _("not saved"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """The file itself."""

    path: Path
    version: int
    size: int
    """In bytes, with what lies in its log."""
    keys: int
    """How many answers of the DNS it keeps."""


# What people read ---------------------------------------------------------------------------------------------------


def of_the_file(file: StateFile) -> str:
    """Give the first line: where it is, of which version, and how big."""
    size = _("{size} kB").format(size=-(-file.size // _KILOBYTE))
    answers = ngettext("{count} answer of the DNS", "{count} answers of the DNS", file.keys).format(count=file.keys)
    sentence = _("{path}: version {version}, {size}, {answers}")
    return sentence.format(path=file.path, version=file.version, size=size, answers=answers)


def of_an_address(held: Holdings, names: Sequence[str], zone: ZoneInfo) -> Iterator[str]:
    """Give all that is stored of one address, line by line; *names* are its accounts in the configuration."""
    called = ", ".join(names) or _("in no account of the configuration")
    yield f"{held.address} ({called})"
    if not held:
        yield "  " + _("nothing is stored")
    yield from _section(_("Read so far:"), [_reached(one) for one in held.reached])
    decided = [(ACTIONS[action](), held.messages.get(action, 0)) for action in Action]
    yield from _section(_("Messages decided on:"), [_counted(name, count) for name, count in decided if count])
    marks = [(_MARKS[rule]() if rule in _MARKS else rule, count) for rule, count in sorted(held.marks.items())]
    yield from _section(_("Named once, and not again:"), [_counted(name, count) for name, count in marks])
    yield from _section(_("What waits:"), [_waiting(one, zone) for one in held.waiting])
    yield from _section(_("Drafts:"), [_drafted(one, zone) for one in held.drafts])


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"  {title}"
    yield from (f"    {line}" for line in lines)


def _counted(name: str, count: int) -> str:
    return _("{label}: {value}").format(label=name, value=count)


def _reached(one: Reached) -> str:
    sentence = _("{place}, {mailbox}: all before UID {uid} (UIDVALIDITY {validity})")
    position = one.position
    return sentence.format(place=one.place, mailbox=one.mailbox, uid=position.uid_next, validity=position.uid_validity)


def _waiting(one: PutOff, zone: ZoneInfo) -> str:
    why = _REASONS[one.rule]() if one.rule in _REASONS else one.rule
    sentence = _("{place}, {mailbox}, UID {uid}: since {since}, {why}")
    return sentence.format(
        place=one.place, mailbox=one.ref.mailbox, uid=one.ref.uid, since=_minute(one.since, zone), why=why
    )


def _drafted(one: Drafted, zone: ZoneInfo) -> str:
    topic = TOPICS[Topic(one.topic)]() if one.topic in set(Topic) else one.topic
    outcome = _OUTCOMES[one.outcome]().format(mailbox=one.mailbox) if one.outcome in _OUTCOMES else one.outcome
    answers = ngettext("answers {count} message", "answers {count} messages", one.answers).format(count=one.answers)
    sentence = _("{at}, {operator}, {topic}: {outcome}; {answers}")
    return sentence.format(
        at=_minute(one.at, zone), operator=one.operator, topic=topic, outcome=outcome, answers=answers
    )


def _minute(when: datetime, zone: ZoneInfo) -> str:
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def in_short(held: Holdings) -> str:
    """Say how much is stored of an address, in one line."""
    messages, marks = sum(held.messages.values()), sum(held.marks.values())
    parts = (
        ngettext("{count} mailbox", "{count} mailboxes", len(held.reached)).format(count=len(held.reached)),
        ngettext("{count} message", "{count} messages", messages + marks).format(count=messages + marks),
        ngettext("{count} that waits", "{count} that wait", len(held.waiting)).format(count=len(held.waiting)),
        ngettext("{count} draft", "{count} drafts", len(held.drafts)).format(count=len(held.drafts)),
    )
    return _("Remembered of {address}: {what}.").format(address=held.address, what=", ".join(parts))


# What scripts read --------------------------------------------------------------------------------------------------


def file_as_object(path: Path, file: StateFile | None) -> dict[str, Any]:
    """Give the file as an object (docs/json.md); *file* is ``None`` where there is none."""
    return {
        "type": "state",
        "path": str(path),
        "version": file.version if file else None,
        "bytes": file.size if file else 0,
        "dns_answers": file.keys if file else 0,
    }


def as_object(held: Holdings, names: Sequence[str], zone: ZoneInfo) -> dict[str, Any]:
    """Give what is stored of one address as an object (docs/json.md)."""
    return {
        "type": "account",
        "address": held.address,
        "names": list(names),
        "positions": [
            {
                "place": one.place,
                "mailbox": one.mailbox,
                "uid_validity": one.position.uid_validity,
                "uid_next": one.position.uid_next,
            }
            for one in held.reached
        ],
        "messages": {action.value: held.messages.get(action, 0) for action in Action},
        "marks": dict(sorted(held.marks.items())),
        "waiting": [_waiting_object(one, zone) for one in held.waiting],
        "drafts": [_draft_object(one, zone) for one in held.drafts],
    }


def _waiting_object(one: PutOff, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "place": one.place,
        "mailbox": one.ref.mailbox,
        "uid_validity": one.ref.uid_validity,
        "uid": one.ref.uid,
        "received": one.received.astimezone(zone).isoformat() if one.received else None,
        "rule": one.rule,
        "since": one.since.astimezone(zone).isoformat(),
    }


def _draft_object(one: Drafted, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "message_id": one.message_id,
        "operator": one.operator,
        "topic": one.topic,
        "outcome": one.outcome,
        "mailbox": one.mailbox,
        "at": one.at.astimezone(zone).isoformat(),
        "answers": one.answers,
    }
