"""An operator's record as a person reads it: in one line, or whole, with all its dates and sources."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from .counts import Stats
from .directory import Entry
from .guards import Deadline
from .language import _, ngettext
from .records import Audience, Channel, Mediator, Purpose, Quality, ReadBy, Sender
from .report import MEDIA

PURPOSES: Final[Mapping[Purpose, Callable[[], str]]] = {
    Purpose.CUSTOMER_SERVICE: lambda: _("customer service"),
    Purpose.COMPLAINTS: lambda: _("complaints"),
    Purpose.CANCELLATION: lambda: _("cancellation"),
    Purpose.PRIVACY: lambda: _("personal data"),
    Purpose.ABUSE: lambda: _("suspicious mail"),
    Purpose.GENERAL: lambda: _("anything"),
}

AUDIENCES: Final[Mapping[Audience, Callable[[], str]]] = {
    Audience.CONSUMERS: lambda: _("for consumers"),
    Audience.BUSINESSES: lambda: _("for businesses"),
    Audience.DATA_SUBJECTS: lambda: _("for those whose data it is"),
    Audience.AUTHORITIES: lambda: _("for authorities"),
    Audience.ALL: lambda: _("for everybody"),
}

QUALITIES: Final[Mapping[Quality, Callable[[], str]]] = {
    Quality.TESTED: lambda: _("tested"),
    Quality.VERIFIED: lambda: _("verified"),
    Quality.ARCHIVED: lambda: _("archived"),
    Quality.REPORTED: lambda: _("reported"),
}

_READERS: Final[Mapping[ReadBy, Callable[[], str]]] = {
    ReadBy.PERSON: lambda: _("a person ({basis})"),
    ReadBy.ROBOT: lambda: _("a robot"),
}


# A line of a list ---------------------------------------------------------------------------------------------------


def head() -> tuple[str, ...]:
    """Give the titles of the columns of `row`."""
    return _("record"), _("name"), _("sector"), _("best channel"), _("quality"), _("remark")


def row(entry: Entry) -> tuple[str, ...]:
    """Give one operator in short: slug, name, sector, medium and quality of its best channel, and a remark."""
    operator, best = entry.operator, entry.best
    medium = MEDIA[best.channel.medium]() if best else ""
    quality = QUALITIES[best.channel.quality]() if best else ""
    return operator.slug, operator.name, operator.sector, medium, quality, ", ".join(_remarks(entry))


def _remarks(entry: Entry) -> Iterator[str]:
    operator, best = entry.operator, entry.best
    if operator.obsolete and operator.obsolete.redirect:
        yield _("obsolete, now {slug}").format(slug=operator.obsolete.redirect)
    elif operator.obsolete:
        yield _("obsolete")
    elif best is None:
        yield _("no channel that fits a question")
    elif best.operator != operator.slug:
        yield _("by {slug}").format(slug=best.operator)
    if best and best.due:
        yield _("due")
    if entry.own:
        yield _("your own record")


def found(entry: Entry) -> str:
    """Say in one line whose a name or an address is, and what of the record showed it."""
    sentence = _("{name} ({slug}), by its {field}")
    line = sentence.format(name=entry.operator.name, slug=entry.operator.slug, field=_field(entry))
    for remark in _remarks(entry):
        line = _and(line, remark)
    return line


def _field(entry: Entry) -> str:
    fields = {
        "slug": _("slug"),
        "name": _("name"),
        "brand": _("brand"),
        "domain": _("domain"),
        "sender": _("sender"),
        "address": _("exact address"),
        "website": _("website"),
        "channel": _("channel"),
        "do-not-use": _("list of what must not be used"),
    }
    return fields[entry.matched_by or "slug"]


# The whole record ---------------------------------------------------------------------------------------------------


def portrait(entry: Entry) -> Iterator[str]:
    """Give the whole record, line by line."""
    operator = entry.operator
    if entry.redirected_from:
        sentence = _("{old} is called {new} now.")
        yield sentence.format(old=entry.redirected_from, new=operator.slug)
        yield ""
    yield f"{operator.name} ({operator.slug})"
    yield from _indented(_about(entry))
    yield from _section(_("Its mail comes from:"), (_of_sender(sender) for sender in operator.senders))
    yield from _section(_("How it can be reached:"), (_of_channel(channel, entry.due) for channel in operator.channels))
    yield from _section(_("Where a question goes:"), [[_destination(entry)]])
    yield from _section(_("Without an answer:"), (_steps(entry),))
    if entry.mediator:
        yield from _section(_("The mediator:"), (_of_mediator(entry.mediator, entry.mediator_due),))
    refusals = (_labelled(one.address, one.reason) for one in operator.do_not_use)
    yield from _section(_("What must never be used:"), [list(refusals)])


def _section(title: str, blocks: Iterator[list[str]] | list[list[str]] | tuple[list[str], ...]) -> Iterator[str]:
    filled = [block for block in blocks if block]
    if filled:
        yield ""
        yield title
    for block in filled:
        yield from _indented(block)


def _indented(lines: Iterator[str] | list[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _labelled(label: str, value: str) -> str:
    return _("{label}: {value}").format(label=label, value=value)


def _and(said: str, more: str) -> str:
    return _("{said}; {more}").format(said=said, more=more)


def _about(entry: Entry) -> Iterator[str]:
    operator = entry.operator
    parent = f"{entry.parent.name} ({entry.parent.slug})" if entry.parent else ""
    for label, value in (
        (_("legal name"), operator.legal_name),
        (_("sector"), operator.sector),
        (_("country"), operator.country),
        (_("brands"), ", ".join(operator.brands)),
        (_("belongs to"), parent),
        (_("websites"), ", ".join(operator.websites)),
        (_("ask first"), operator.ask_locally),
        (_("sells for"), ", ".join(operator.sells_for)),
        (_("note"), operator.note),
    ):
        if value:
            yield _labelled(label, value)
    if operator.obsolete:
        since = f" ({operator.obsolete.since.isoformat()})" if operator.obsolete.since else ""
        yield _labelled(_("obsolete"), operator.obsolete.reason + since)
    if entry.own:
        yield _("A record of your own stands over the one that comes with the program.")


def _of_sender(sender: Sender) -> list[str]:
    lines = [sender.domain]
    if sender.shared:
        lines = [
            _("{domain}: others have mailboxes here too, so only exact addresses count").format(domain=sender.domain)
        ]
    if sender.addresses:
        lines.append("  " + _labelled(_("seen"), ", ".join(sender.addresses)))
    if sender.signers:
        lines.append("  " + _labelled(_("also signed by"), ", ".join(sender.signers)))
    lines.append("  " + _dates(sender.stated_on, sender.checked_on))
    return [*lines, *_sources(sender.sources)]


def _of_channel(channel: Channel, due: frozenset[str]) -> list[str]:
    parts = (MEDIA[channel.medium](), PURPOSES[channel.purpose](), AUDIENCES[channel.audience]())
    lines = [_labelled(channel.id, ", ".join(parts)), "  " + (channel.target or ", ".join(channel.lines))]
    reader = _READERS[channel.read_by]().format(basis=channel.read_by_basis) if channel.read_by in _READERS else ""
    for label, value in (
        (_("only for"), channel.region),
        (_("only for mail that says"), ", ".join(channel.serves)),
        (_("languages"), "" if channel.languages == ("fr",) else ", ".join(channel.languages)),
        (_("hours"), channel.hours),
        (_("price"), channel.price),
        (_("limits"), channel.limits),
        (_("its own since"), channel.domain_basis),
        (_("read by"), reader),
        (_("quality"), QUALITIES[channel.quality]()),
    ):
        if value:
            lines.append("  " + _labelled(label, value))
    if channel.i_checked_this:
        lines.append("  " + _("you checked it (i_checked_this): it is used, whichever list warns of it"))
    dates, late = _dates(channel.stated_on, channel.checked_on), _("due: it has to be looked up again")
    lines.append("  " + (_and(dates, late) if channel.id in due else dates))
    return [*lines, *_sources(channel.sources)]


def _dates(stated_on: date | None, checked_on: date) -> str:
    if stated_on is None:
        return _("read on {day}, the text bears no date").format(day=checked_on.isoformat())
    return _("text of {stated}, read on {day}").format(stated=stated_on.isoformat(), day=checked_on.isoformat())


def _sources(sources: tuple[str, ...]) -> Iterator[str]:
    return ("  " + _labelled(_("source"), source) for source in sources)


def _destination(entry: Entry) -> str:
    if entry.best is None:
        return _("a letter whose recipient block stays blank: no channel that fits is known")
    channel = entry.best.channel
    sentence = _("{id} of {slug}, {medium}") if entry.best.operator != entry.operator.slug else _("{id}, {medium}")
    return sentence.format(id=channel.id, slug=entry.best.operator, medium=MEDIA[channel.medium]())


def _steps(entry: Entry) -> list[str]:
    lines = []
    for days, where in entry.steps:
        sentence = ngettext("after {days} day: {channel}", "after {days} days: {channel}", days)
        lines.append(sentence.format(days=days, channel=where.name if isinstance(where, Mediator) else where.id))
    if entry.deadline:
        lines.append(_due_within(entry.deadline))
    return lines


def _due_within(deadline: Deadline) -> str:
    days = deadline.answer_days
    if deadline.working:
        due = ngettext(
            "an answer is due within {days} working day", "an answer is due within {days} working days", days
        )
    else:
        due = ngettext("an answer is due within {days} day", "an answer is due within {days} days", days)
    return f"{due.format(days=days)} ({deadline.basis})"


def _of_mediator(mediator: Mediator, due: frozenset[str]) -> list[str]:
    lines = [f"{mediator.name} ({mediator.slug})"]
    after = ngettext(
        "{days} day after the first written complaint",
        "{days} days after the first written complaint",
        mediator.after_days,
    )
    for label, value in (
        (_("scope"), mediator.scope),
        (_("conditions"), mediator.conditions),
        (_("may be asked"), after.format(days=mediator.after_days)),
        (_("websites"), ", ".join(mediator.websites)),
        (_("note"), mediator.note),
    ):
        if value:
            lines.append("  " + _labelled(label, value))
    return [*lines, *(f"  {line}" for channel in mediator.channels for line in _of_channel(channel, due))]


def markdown(entry: Entry) -> Iterator[str]:
    """Give the whole record as Markdown: the same lines, as headings and lists."""
    for number, line in enumerate(portrait(entry)):
        depth = (len(line) - len(line.lstrip())) // 2
        if not line or depth == 0:
            yield line and (f"# {line}" if number == 0 else f"## {line.removesuffix(':').rstrip()}")
            if line:
                yield ""
        else:
            yield "  " * (depth - 1) + "- " + _MARKS.sub(r"\\\g<0>", line.strip())


_MARKS: Final = re.compile(r"[\\`*_<>\[\]#|]")


# Counts -------------------------------------------------------------------------------------------------------------

_BAR: Final = 40  # of the longest


def stats_head() -> tuple[str, ...]:
    """Give the titles of the columns of `stats_rows`."""
    return _("of"), _("kind"), _("count"), ""


def stats_rows(counted: Stats) -> list[tuple[str, ...]]:
    """Give the counts, each with a bar."""
    titles = {
        "sector": _("operators by sector"),
        "medium": _("channels by medium"),
        "purpose": _("channels by purpose"),
        "quality": _("channels by quality"),
        "age": _("channels by age"),
    }
    rows: list[tuple[str, ...]] = [
        (_("operators"), "", str(counted.operators), ""),
        (_("with a channel"), "", str(counted.reachable), ""),
        (_("obsolete"), "", str(counted.obsolete), ""),
        (_("mediators"), "", str(counted.mediators), ""),
    ]
    for name, counts in counted.by.items():
        most = max(counts.values(), default=0) or 1
        rows += [(titles[name], kind, str(count), "█" * (count * _BAR // most)) for kind, count in counts.items()]
    return rows
