"""Which channel of an operator a matter goes to: purpose first, then medium, quality and age.

A draft is an e-mail or a letter, so only those two media are chosen; forms and telephones are named beside them.
Channels for abuse reports and for cancellations are in no row of the table, those for data protection only in the rows
of what they are there for: writing about a bill to any of them is worse than writing nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from .errors import UsageError
from .language import _
from .records import Audience, Channel, Medium, Operator, Purpose, Quality
from .registrar import fold
from .topic import Topic


class Level(StrEnum):
    """How firmly the user writes."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    NOTICE = "notice"
    """A formal notice: written by hand only, never by a run."""


class Directory(Protocol):
    """What the choice asks of the registry: the company that a brand belongs to."""

    def get(self, slug: str) -> Operator | None:
        """Give the operator of that name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where a matter goes, what else there is, and what was passed over and why."""

    channel: Channel | None
    """An e-mail or a postal channel; ``None`` is a letter whose recipient block is a marked blank."""
    also: tuple[Channel, ...] = ()
    """Other ways that the covering note may name, best first: forms, telephones, further addresses."""
    outdated: tuple[Channel, ...] = ()
    """E-mail addresses that would fit, and were last known to be true too long ago: told, never written to."""
    others: tuple[tuple[Channel, str], ...] = ()
    """What was passed over, each with a reason in words."""
    to_verify: bool = False
    """The postal address is only reported, or as good as that for its age: the covering note says so, where it was
    read and when."""
    stale: bool = False
    """The channel is past its shelf life; or there is none, and one was passed over for its age alone."""
    last_resort: bool = False
    """A registered office or a general address: no service that is there for customers was found."""


_ASKING: Final = (Purpose.CUSTOMER_SERVICE, Purpose.COMPLAINTS, Purpose.GENERAL)
_COMPLAINING: Final = (Purpose.COMPLAINTS, Purpose.CUSTOMER_SERVICE, Purpose.GENERAL)

_ABOUT_DATA: Final = (Purpose.PRIVACY, Purpose.CUSTOMER_SERVICE, Purpose.GENERAL)
DATA_TOPICS: Final = frozenset({Topic.DATA, Topic.MARKETING})
"""An objection to advertising is a matter of data protection, too (GDPR article 21)."""


def _purposes(topic: Topic, level: Level) -> tuple[Purpose, ...]:
    if topic in DATA_TOPICS:
        return _ABOUT_DATA
    return _ASKING if level is Level.QUESTION else _COMPLAINING


PURPOSES: Final[Mapping[tuple[Topic, Level], tuple[Purpose, ...]]] = {
    (topic, level): _purposes(topic, level) for topic in Topic for level in Level
}
"""Which purposes fit a topic at a level, best first."""

_FIT_AUDIENCES: Final = frozenset({Audience.CONSUMERS, Audience.ALL})
_LETTER_MEDIA: Final = frozenset({Medium.EMAIL, Medium.POST})
_BESIDE: Final = frozenset({Medium.EMAIL, Medium.POST, Medium.WEBFORM, Medium.PHONE})
_MEDIA: Final = tuple(Medium)
_QUALITIES: Final = tuple(Quality)
_GENERATIONS: Final = 4  # a brand of a brand of a company; also ends a circle
_DECEIT: Final = re.compile(
    r"\b(?:phish|hameconn|frau[dt]|usurp|escroqu|spam|indesirable|(?:courriel|message)s? suspect|texte seul|text only)"
)
"""What the limits of an abuse desk say where it takes mail that deceives, or in which form it takes mail."""
_SHELF_LIVES: Final = 3
"""Of a postal address, after which it is worth no more than one that is only reported."""


def choose(  # noqa: PLR0913 - each of them decides, and each has its name
    operator: Operator,
    *,
    topic: Topic,
    level: Level,
    today: date,
    shelf_life_days: int,
    registry: Directory,
    said: Sequence[str] = (),
    channel_id: str = "",
) -> Choice:
    """Say which channel of *operator*, or else of the company it belongs to, a matter goes to.

    Where each service has a desk of its own, *said* tells which it is about: texts, the weightiest first. Where none of
    them names one service alone, no such desk is chosen. With *channel_id* the user has chosen: that channel is taken,
    if a draft may go there at all.

    Raises:
        UsageError: there is no such channel, or no draft may go there.
    """
    purposes = PURPOSES[topic, level]
    passed_over: list[tuple[Channel, str]] = []
    beside: list[Channel] = []
    for one in lineage(operator, registry):
        fit, unfit = _sort(one, purposes, today, shelf_life_days)
        passed_over += unfit
        beside += [channel for channel in fit if not any(_is_same(channel, other) for other in beside)]
        if channel_id:
            letters = [channel for channel in fit if channel.id == channel_id]
        else:
            letters = _serving([channel for channel in fit if channel.medium in _LETTER_MEDIA], said)
        if letters:
            return _chosen(letters[0], beside, passed_over, today, shelf_life_days)
    if channel_id:
        raise UsageError(_refusal(channel_id, operator, beside, passed_over))
    outdated = _outdated(passed_over)
    return Choice(channel=None, also=tuple(beside), outdated=outdated, others=tuple(passed_over), stale=bool(outdated))


def _serving(letters: list[Channel], said: Sequence[str]) -> list[Channel]:
    """Give the desks that serve everybody, and those of the one service that is named."""
    served = {channel.serves for channel in letters if channel.serves}
    if not served:
        return letters
    texts = (f" {fold(text)} " for text in said)
    named = ({words for words in served if any(f" {word} " in text for word in words)} for text in texts)
    one = next((found for found in named if found), set())
    return [channel for channel in letters if not channel.serves or (len(one) == 1 and channel.serves in one)]


def choose_for_report(operator: Operator, *, today: date, shelf_life_days: int, registry: Directory) -> Choice:
    """Say which e-mail address a report of mail in the name of *operator* may go to; beside it stand the other ways.

    Abuse desks are there for many things, such as claims of authors: where one says what it takes, mail that deceives
    has to be among it.
    """
    desks = [
        (channel, _why_no_report(channel, today, shelf_life_days))
        for one in lineage(operator, registry)
        for channel in one.channels
        if channel.purpose is Purpose.ABUSE and _takes_reports(channel)
    ]
    fit = [channel for channel, why in desks if not why]
    also = tuple(channel for channel, _why in desks if channel not in fit[:1])
    return Choice(channel=fit[0] if fit else None, also=also, others=tuple((one, why) for one, why in desks if why))


def _takes_reports(channel: Channel) -> bool:
    return channel.audience in _FIT_AUDIENCES and (not channel.limits or bool(_DECEIT.search(fold(channel.limits))))


def _why_no_report(channel: Channel, today: date, shelf_life_days: int) -> str:
    if channel.medium is not Medium.EMAIL:
        return _("it is a form or a telephone")
    return _why_no_recipient(channel, today, shelf_life_days)


def _outdated(passed_over: list[tuple[Channel, str]]) -> tuple[Channel, ...]:
    return tuple(channel for channel, why in passed_over if why == _too_old())


def lineage(operator: Operator, registry: Directory) -> tuple[Operator, ...]:
    """Give an operator, the company it belongs to, and so on: what a brand does not say, its company says for it."""
    found = [operator]
    while len(found) < _GENERATIONS and (parent := registry.get(found[-1].parent)):
        found.append(parent)
    return tuple(found)


def _is_same(one: Channel, other: Channel) -> bool:
    return (one.medium, one.target, one.lines) == (other.medium, other.target, other.lines)


def _sort(
    operator: Operator, purposes: tuple[Purpose, ...], today: date, shelf_life_days: int
) -> tuple[list[Channel], list[tuple[Channel, str]]]:
    """Part the channels into those that fit, best first, and those that do not, with the reason."""
    judged = [(channel, _why_not(channel, purposes, today, shelf_life_days)) for channel in operator.channels]
    later = frozenset(step.channel for step in operator.escalation)
    fit = [channel for channel, why in judged if not why]
    doubtful = frozenset(channel.id for channel in fit if _is_doubtful(channel, today, shelf_life_days))
    fit.sort(key=lambda channel: _rank(channel, purposes, later, doubtful))
    return fit, [(channel, why) for channel, why in judged if why]


def _too_old() -> str:
    return _("past its shelf life: an e-mail address has to be looked up again first")


def _why_not(channel: Channel, purposes: tuple[Purpose, ...], today: date, shelf_life_days: int) -> str:
    if channel.purpose not in purposes:
        return _("it is there for {purpose} only").format(purpose=channel.purpose)
    private = channel.purpose is Purpose.PRIVACY and channel.audience is Audience.DATA_SUBJECTS
    if channel.audience not in _FIT_AUDIENCES and not private:
        return _("it is there for {audience} only").format(audience=channel.audience)
    if channel.region:
        return _("it is there for {region} only").format(region=channel.region)
    if channel.medium is Medium.EMAIL:
        return _why_no_recipient(channel, today, shelf_life_days)
    return "" if channel.medium in _BESIDE else _("a {medium} channel takes no letter").format(medium=channel.medium)


def _why_no_recipient(channel: Channel, today: date, shelf_life_days: int) -> str:
    if channel.quality is Quality.REPORTED:
        return _("only reported: an e-mail address needs a dated copy of the operator's own text")
    return _too_old() if channel.is_due(today, shelf_life_days) else ""


def _is_doubtful(channel: Channel, today: date, shelf_life_days: int) -> bool:
    """Tell whether a channel is only reported, or is a postal address so old that it is worth no more."""
    aged = channel.medium is Medium.POST and channel.is_due(today, _SHELF_LIVES * shelf_life_days)
    return aged or channel.quality is Quality.REPORTED


def _rank(
    channel: Channel, purposes: tuple[Purpose, ...], later: frozenset[str], doubtful: frozenset[str]
) -> tuple[bool, bool, bool, int, int, int, int]:
    """Rank a channel: the less, the better. *later* names what the operator wants to be asked after somebody else.

    A general address comes after every service, and within each of the two what is *doubtful* comes last; so a
    reported complaints desk never displaces a customer service that the operator itself names.
    """
    return (
        channel.purpose is Purpose.GENERAL,
        channel.id in later,
        channel.id in doubtful,
        purposes.index(channel.purpose),
        _MEDIA.index(channel.medium),
        _QUALITIES.index(channel.quality),
        -channel.true_as_of.toordinal(),
    )


def _chosen(
    channel: Channel,
    beside: list[Channel],
    passed_over: list[tuple[Channel, str]],
    today: date,
    shelf_life_days: int,
) -> Choice:
    return Choice(
        channel=channel,
        also=tuple(other for other in beside if other is not channel),
        outdated=_outdated(passed_over),
        others=tuple(passed_over),
        to_verify=_is_doubtful(channel, today, shelf_life_days),
        stale=channel.is_due(today, shelf_life_days),
        last_resort=channel.purpose is Purpose.GENERAL,
    )


def _refusal(channel_id: str, operator: Operator, beside: list[Channel], passed_over: list[tuple[Channel, str]]) -> str:
    for channel, why in passed_over:
        if channel.id == channel_id:
            return _("no draft may go to {id} of {operator}: {why}").format(
                id=channel_id, operator=operator.slug, why=why
            )
    known = ", ".join(channel.id for channel in beside) or _("none")
    return _("{operator} has no channel {id}; a draft may go to: {known}").format(
        operator=operator.slug, id=channel_id, known=known
    )
