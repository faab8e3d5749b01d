"""A run as lines of text, as a table, and as JSON Lines (documented in docs/json.md)."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final, Protocol, cast
from zoneinfo import ZoneInfo

from .authentication import Authentication
from .decoding import escaped
from .detection import Evidence
from .errors import OutputError
from .language import _, ngettext
from .output import Sink, sentences
from .policy import Action, Analysis
from .quoting import without_numbers
from .registry import Channel
from .source import InAccount, InFile
from .topic import Topic, masked

_LONG: Final = 60


class Sourced(Protocol):
    """A message that was looked at: `run.Entry` and `scan.Entry`."""

    @property
    def analysis(self) -> Analysis:
        """What was found out."""
        ...


def source_of(*, account: str, mailbox: str, uid_validity: int, uid: int) -> dict[str, object]:
    """Give the ``source`` of a message on a server."""
    return {"account": account, "mailbox": mailbox, "uid_validity": uid_validity, "uid": uid}


def place_of(where: InAccount | InFile) -> dict[str, object]:
    """Give the ``source`` of a message, or of a file as a whole."""
    if isinstance(where, InAccount):
        ref = where.ref
        return source_of(account=where.account, mailbox=ref.mailbox, uid_validity=ref.uid_validity, uid=ref.uid)
    return {"path": where.path} if where.index is None else {"path": where.path, "index": where.index}


def as_object(
    analysis: Analysis, *, source: Mapping[str, object], zone: ZoneInfo, draft: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Give one message as the object that scripts read (DESIGN: keys may be added, never changed)."""
    message = analysis.message
    verdict = analysis.reading.verdict
    author: dict[str, object] | None = None
    if message.author:
        author = {"address": str(message.author.address), "name": message.author.name}
    found: dict[str, Any] = {
        "type": "message",
        "source": dict(source),
        "judged_from": "whole",
        "message_id": message.message_id,
        "date": _iso(message.date, zone),
        "author": author,
    }
    if author is None:
        found["author_problem"] = message.author_problem
    return found | {
        "subject": subject_of(analysis),
        "verdict": {
            "answerability": verdict.answerability,
            "evidence": [{"rule": e.rule, "where": e.where, "found": quoted(e, analysis)} for e in verdict.evidence],
        },
        "topic": analysis.topic,
        "authentication": _authentication(analysis.authentication),
        "operator": _operator(analysis),
        "warnings": [{"rule": caution.rule, "text": caution.text} for caution in analysis.warnings],
        "decision": {
            "action": analysis.decision.action,
            "rule": analysis.decision.rule,
            "reason": analysis.decision.reason,
        },
        "channel": channel_of(analysis.choice.channel) if analysis.choice and analysis.choice.channel else None,
        "draft": {"message_id": draft[0], "mailbox": draft[1]} if draft else None,
    }


def subject_of(analysis: Analysis) -> str:
    """Give the subject of a message, as far as it is `shown`; nothing of a one-time code's."""
    return "" if analysis.topic is Topic.SECURITY else shown(analysis.message.subject)


def quoted(evidence: Evidence, analysis: Analysis) -> str:
    """Give what the sender wrote, but nothing that may be a one-time code, and nothing of the message that has one."""
    if evidence.where not in {"Subject", "text"}:
        return evidence.found
    return "" if analysis.topic is Topic.SECURITY else shown(evidence.found)


def shown(text: str) -> str:
    """Give a sender's words without what looks like a code, an account, a card or a social security number.

    What is printed goes by cron's mail, into logs and pipes; nobody finds a message by any of these.
    """
    return masked(without_numbers(text))


def _iso(when: datetime | None, zone: ZoneInfo) -> str | None:
    return when.astimezone(zone).isoformat() if when else None


def _authentication(proof: Authentication) -> dict[str, object]:
    return {
        "result": proof.result,
        "standing": proof.standing,
        "domain": proof.domain,
        "method": proof.method,
        "checked_by": proof.checked_by,
        "reason": proof.reason,
        "key_seen_on": proof.key_seen.date().isoformat() if proof.key_seen else None,
        "signatures": [
            {"sdid": s.sdid, "selector": s.selector, "result": s.result, "reason": s.reason} for s in proof.signatures
        ],
    }


def _operator(analysis: Analysis) -> dict[str, object] | None:
    if analysis.operator is None or analysis.match is None:
        return None
    return {
        "slug": analysis.operator.slug,
        "name": analysis.operator.name,
        "matched_by": analysis.match.matched_by,
    }


def channel_of(channel: Channel) -> dict[str, object]:
    """Give a channel as an object."""
    return {
        "id": channel.id,
        "medium": channel.medium,
        "purpose": channel.purpose,
        "target": channel.target or ", ".join(channel.lines),
        "quality": channel.quality,
        "stated_on": channel.stated_on.isoformat() if channel.stated_on else None,
        "checked_on": channel.checked_on.isoformat(),
        "sources": list(channel.sources),
    }


# Text ---------------------------------------------------------------------------------------------------------------


def who(analysis: Analysis) -> str:
    """Name who wrote: the operator if proven, else the author's domain, which is all that is known."""
    if analysis.operator:
        return analysis.operator.name
    author = analysis.message.author
    return author.address.domain if author else _("unknown author")


def what(analysis: Analysis) -> str:
    """Name a message: its subject in quotation marks; nothing of a one-time code."""
    subject = subject_of(analysis)
    return _("“{subject}”").format(subject=_short(subject)) if subject else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1].rstrip() + "…"


def day(analysis: Analysis, zone: ZoneInfo) -> str:
    """Give the day of a message, as people sort them: 2026-11-12."""
    when = analysis.message.date or analysis.circumstances.received
    return when.astimezone(zone).date().isoformat() if when else ""


def telling(analysis: Analysis, *, zone: ZoneInfo) -> str:
    """Say in one line what is worth knowing of a message for which nothing is written."""
    parts = (day(analysis, zone), who(analysis), what(analysis))
    decision = analysis.decision
    waits = _("{reason}; the next run tries again") if decision.rule == "dns-later" else "{reason}"
    return _("{message}: {reason}").format(
        message=" ".join(part for part in parts if part), reason=waits.format(reason=decision.reason)
    )


def drafting(analyses: Sequence[Analysis], *, mailbox: str, zone: ZoneInfo, dry_run: bool) -> str:
    """Say in one line that a draft was saved, and what it answers."""
    newest = analyses[-1]
    others = len(analyses) - 1
    name = newest.addressee.name if newest.addressee else who(newest)
    answered = " ".join(part for part in (day(newest, zone), what(newest)) if part)
    if others:
        more = ngettext("and {count} more message", "and {count} more messages", others).format(count=others)
        answered = f"{answered} {more}"
    channel = newest.choice.channel if newest.choice else None
    sentence = (
        _("{mailbox}: would save a draft to {operator} ({medium}), about {answered}")
        if dry_run
        else _("{mailbox}: a draft to {operator} ({medium}), about {answered}")
    )
    if newest.is_report:
        return _reporting(newest, answered, mailbox=mailbox, operator=name, dry_run=dry_run)
    medium = channel.medium.value if channel else "post"
    return sentence.format(mailbox=mailbox, operator=name, medium=MEDIA[medium](), answered=answered)


def _reporting(newest: Analysis, answered: str, *, mailbox: str, operator: str, dry_run: bool) -> str:
    """Say that a report was drafted, why, and where else it is to be reported."""
    sentence = (
        _("{mailbox}: would save a report to {operator} of {answered}: {reason}")
        if dry_run
        else _("{mailbox}: a report to {operator} of {answered}: {reason}")
    )
    return sentence.format(mailbox=mailbox, operator=operator, answered=answered, reason=newest.decision.reason)


MEDIA: Final[Mapping[str, Callable[[], str]]] = {
    "email": lambda: _("by e-mail"),
    "post": lambda: _("by letter"),
    "webform": lambda: _("by web form"),
    "phone": lambda: _("by phone"),
    "chat": lambda: _("by chat"),
    "social": lambda: _("on a social network"),
}

ACTIONS: Final[Mapping[Action, Callable[[], str]]] = {
    Action.DRAFT: lambda: _("draft"),
    Action.TELL: lambda: _("tell"),
    Action.LEAVE: lambda: _("leave"),
    Action.LATER: lambda: _("later"),
}

TOPICS: Final[Mapping[Topic, Callable[[], str]]] = {
    Topic.BILLING: lambda: _("billing"),
    Topic.CONTRACT: lambda: _("contract"),
    Topic.INCIDENT: lambda: _("incident"),
    Topic.DELIVERY: lambda: _("delivery"),
    Topic.APPOINTMENT: lambda: _("appointment"),
    Topic.ACCOUNT: lambda: _("account"),
    Topic.SECURITY: lambda: _("security"),
    Topic.SURVEY: lambda: _("survey"),
    Topic.MARKETING: lambda: _("marketing"),
    Topic.CALL: lambda: _("call"),
    Topic.OTHER: lambda: _("other"),
    Topic.DATA: lambda: _("personal data"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    where: str = ""
    action: str
    day: str = ""
    who: str
    topic: str
    what: str
    why: str


def row(analysis: Analysis, *, zone: ZoneInfo | None = None, where: InAccount | InFile | None = None) -> Row:
    """Give the line of the table for one message; its day, where a *zone* is given, and *where* it lies."""
    return Row(
        where=_shortly(where) if where else "",
        day=day(analysis, zone) if zone else "",
        action=ACTIONS[analysis.decision.action](),
        who=who(analysis),
        topic=TOPICS[analysis.topic](),
        what=_short(subject_of(analysis)),
        why=analysis.decision.reason,
    )


def _shortly(where: InAccount | InFile) -> str:
    """Name a message by the end of its path."""
    return escaped(str(where).rpartition("/")[2] or str(where))


_COLUMNS: Final = ("where", "action", "day", "who", "topic", "what", "why")
_RATIOS: Final = {"where": 2, "who": 2, "what": 3, "why": 4}
_CLIPPED: Final = {"where": 24, "who": 26, "what": 40}


def print_table(rows: Sequence[Row], out: Sink) -> None:
    """Print the table: with rich on a terminal, in plain columns elsewhere; what no row says has no column."""
    head = Row(
        where=_("where"),
        action=_("action"),
        day=_("date"),
        who=_("who"),
        topic=_("topic"),
        what=_("subject"),
        why=_("reason"),
    )
    columns = [name for name in _COLUMNS if any(getattr(row, name) for row in rows)]
    if out.isatty():
        _print_rich(head, rows, columns, out)
        return
    lines = [[_clip(getattr(r, name), _CLIPPED.get(name)) for name in columns] for r in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns) - 1)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        out.write("  ".join([*cells, line[-1]]).rstrip() + "\n")


def _clip(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else text[: width - 1] + "…"


def _print_rich(head: Row, rows: Sequence[Row], columns: Sequence[str], out: Sink) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(getattr(head, name), ratio=_RATIOS.get(name), overflow="fold", no_wrap=name == "day")
    for r in rows:
        table.add_row(*(Text(getattr(r, name)) for name in columns))  # Text: never markup
    Console(file=cast("IO[str]", out)).print(table)


@dataclass
class Summary:
    """The last line of JSON output: how many of what, and how long it took."""

    counts: Counter[str] = field(default_factory=Counter)
    drafts: set[str] = field(default_factory=set)
    errors: int = 0
    dry_run: bool = False
    """Whether the drafts are those that a run would have saved."""

    def count(self, analysis: Analysis, draft_id: str | None = None) -> None:
        """Count one message."""
        self.counts[analysis.decision.action] += 1
        if draft_id:
            self.drafts.add(draft_id)

    def as_object(self, seconds: float) -> dict[str, object]:
        """Give the object."""
        return {
            "type": "summary",
            "messages": sum(self.counts.values()),
            "actions": {action.value: self.counts[action] for action in Action},
            "drafts": len(self.drafts),
            "errors": self.errors,
            "dry_run": self.dry_run,
            "seconds": round(seconds, 3),
        }


def error_object(sentence: str, source: Mapping[str, object] | None = None) -> dict[str, object]:
    """Give something that could not be done; without a *source* it concerns the command as a whole."""
    return {"type": "error", "source": dict(source or {}), "message": sentence}


@contextmanager
def failures(summary: Summary, tell: Callable[[Mapping[str, object]], object]) -> Iterator[None]:
    """Count whatever ends a command before its time, and *tell* it as objects, one for each thing to mend."""
    try:
        yield
    except OutputError:
        raise  # nobody would read it
    except Exception as error:
        for sentence in sentences(error):
            summary.errors += 1
            tell(error_object(sentence))
        raise


def print_json(found: Mapping[str, object], out: Sink) -> None:
    """Print one object on one line, in UTF-8.

    What ends a line somewhere, moves a cursor or is no character (in the name of a file) is written as an escape.
    """
    line = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    out.write(escaped(line) + "\n")
