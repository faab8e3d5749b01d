"""A way to reach an operator, as words: where it leads, what it takes, and where that was read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .brief import Brief
from .guards import Deadline
from .phones import tariff, written
from .prose import Words, clean, quotable, stick, typographic
from .registry import Channel, Mediator, Medium, Purpose, Quality

_CITED: Final = 200
_ADDRESS: Final = re.compile(r"https?://\S*[^\s,;:]")
_COLLECTED: Final = re.compile(r"(datenanfragen\.de, \S+\.json)\b.*, which names (https?://\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One way, as templates see it; what is not known is empty."""

    medium: str
    target: str
    hours: str
    price: str
    limits: str
    source: str
    stated_on: str
    checked_on: str
    reported: bool
    complaints: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """What comes after so long a silence: a way, or a mediator by name, with where to find it."""

    delay: str
    way: WayView | None
    mediator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    """How long they may take."""

    answer: str
    acknowledged_in: str
    """Empty where no acknowledgement is asked for."""
    basis: str


def way(channel: Channel, brief: Brief, spoken: Words) -> WayView:
    """Give *channel* in the words of *spoken*, the language of who reads it."""
    return WayView(
        medium=channel.medium,
        target=_target(channel, brief.operator.name, brief.operator.country),
        hours=quotable(clean(channel.hours, _CITED)),
        price=quotable(clean(channel.price, _CITED)) or _price(channel, brief, spoken),
        limits=quotable(clean(channel.limits, _CITED)),
        source=source_of(channel),
        stated_on=spoken.date(channel.stated_on) if channel.stated_on else "",
        checked_on=spoken.date(channel.checked_on),
        reported=is_reported(channel, brief),
        complaints=channel.purpose is Purpose.COMPLAINTS,
    )


def _price(channel: Channel, brief: Brief, spoken: Words) -> str:
    """Say what a call costs where the record does not, as far as the kind of number tells."""
    is_phone = channel.medium is Medium.PHONE
    return spoken.tariff.get(tariff(channel.target, brief.operator.country), "") if is_phone else ""


def is_reported(channel: Channel, brief: Brief) -> bool:
    """Tell whether nobody read the operator's own dated text for it."""
    return channel.quality is Quality.REPORTED or (brief.to_verify and channel is brief.channel)


def step(days: int, where: Channel | Mediator, brief: Brief, spoken: Words) -> StepView:
    """Give a step of escalation, after *days* of silence."""
    if isinstance(where, Mediator):
        name, site = clean(where.name, _CITED), clean(next(iter(where.websites), ""), _CITED)
        mediator = f"{name} ({site})" if site else name
        return StepView(delay=spoken.period(days), way=None, mediator=mediator)
    return StepView(delay=spoken.period(days), way=way(where, brief, spoken), mediator="")


def source_of(channel: Channel) -> str:
    """Give where it was read: an address on the web alone, whatever the record says of it besides, in English."""
    said = channel.sources[0] if channel.sources else ""
    if named := _COLLECTED.fullmatch(said):
        said = f"{named[1]} ({named[2]})"
    elif address := _ADDRESS.match(said):
        said = address[0]
    return clean(said, _CITED)


def in_french(text: str) -> str:
    """Give the words of a record, which are in French in whatever language the note is."""
    return typographic(clean(text, _CITED), french=True)


def deadline_of(deadline: Deadline, spoken: Words) -> DeadlineView:
    """Give how long they may take to answer."""
    return DeadlineView(
        answer=(spoken.working if deadline.working else spoken.period)(deadline.answer_days),
        acknowledged_in=spoken.working(deadline.acknowledged_in) if deadline.acknowledged_in else "",
        basis=in_french(deadline.basis),
    )


def _target(channel: Channel, name: str, country: str) -> str:
    """Give where a channel leads on one line; the operator's name goes without saying."""
    if channel.medium is Medium.POST:
        lines = lines_of(channel.lines)
        return ", ".join(stick(line) for line in lines[len(lines) > 1 and lines[0] == name :])
    target = clean(channel.target, _CITED)
    return stick(written(target, country)) if channel.medium is Medium.PHONE else target


def lines_of(lines: Sequence[str]) -> tuple[str, ...]:
    """Give the lines of an address, each on one line, without empty ones."""
    return tuple(filter(None, (clean(line, 100) for line in lines)))


def age(brief: Brief, spoken: Words) -> str:
    """Say how old the source of the chosen channel is; empty if none is chosen."""
    channel = brief.channel
    if channel is None:
        return ""
    oldest = min(channel.stated_on or channel.checked_on, channel.checked_on)
    return spoken.age((brief.now.astimezone(brief.timezone).date() - oldest).days)
