"""A `Brief` as words: the subject lines, and the values that the templates of drafts put into their prose."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from .asking import asked, steps_left
from .authresults import provider_name
from .brief import Answered, Brief
from .choice import DATA_TOPICS
from .guards import Deadline
from .message import Message
from .phones import tariff, written
from .prose import Words, clean, day_named, quotable, stick, typographic
from .quoting import quoted
from .registry import Channel, Mediator, Medium, Purpose, Quality, ReadBy
from .tongue import is_foreign, mailbox, shape, text_language
from .topic import Topic, masked

_READ: Final = 1000  # characters of a line that is reported
_QUOTED_SUBJECT: Final = 120
_QUOTED_NOTICE: Final = 200
_CITED: Final = 200
_REFERENCE: Final = 60
_REFERENCE_LINE: Final = 58
_FIELDS: Final = 100  # of a header that is reported
_TEXT_LINES: Final = 60
_NAME: Final = 80
_POSTCODE: Final = re.compile(
    r"(?:[A-Z]{1,2}-)?(?:\d{4} (?!(?:DE|LA|LE) [^a-z]*\Z)[A-Z]{2}|\d{4}-\d{3}|\d{4,5}) "
    r"(.+?)(?: (?i:CEDEX)(?: \d+)?|(?<=[^\WA-Z]) \(?[A-Z]{2}\)?)?\Z"
)
"""As in "17000", "D-10115", "1012 AB" or "1000-205"; behind an Italian town stands its province."""
_WRITTEN_ABOVE: Final = "[…]"
_MEDIA_LISTED: Final = (Medium.EMAIL, Medium.POST, Medium.PHONE, Medium.WEBFORM, Medium.CHAT, Medium.SOCIAL)


# Subject lines ----------------------------------------------------------------------------------------------------


def _title(brief: Brief, spoken: Words) -> str:
    """Give the subject of the text: *Question sur ma facture du 12 novembre 2026*."""
    about = _about(brief, spoken) or _about_messages(brief, spoken)
    return spoken.title[_kind(brief, spoken)].format(about=about)


def _kind(brief: Brief, spoken: Words) -> str:
    """Say what kind of text it is: some questions are none, but an objection or a demand for data."""
    return brief.topic if brief.level == "question" and brief.topic in spoken.title else brief.level


def _your_messages(brief: Brief, spoken: Words) -> str:
    return _which(brief, spoken, (spoken.your_messages, spoken.your_message_dated, spoken.your_message))


def _about_messages(brief: Brief, spoken: Words) -> str:
    """Name the messages as what it is about; not every language says that as it names them elsewhere."""
    if not (forms := spoken.about_message):
        return _your_messages(brief, spoken)
    return _which(brief, spoken, (forms["many"], forms["dated"], forms["undated"]))


def mail_title(brief: Brief) -> str:
    """Give the subject of an e-mail; the first reference stands in it, for whoever sorts the mail there.

    It is the user's own: what was found in a message stands in no header field.
    """
    spoken = brief.templates.words(text_language(brief))
    own = _named(brief.references, spoken)[:1]
    return spoken.join.join([_title(brief, spoken), *_message_named(brief, spoken), *own])


def _message_named(brief: Brief, spoken: Words) -> list[str]:
    """Name the one message that is answered, where what it is about does not: *votre message du 12 novembre 2026*."""
    known = len(brief.answered) == 1 and _day(brief.answered[-1].message, brief.timezone)
    return [_your_messages(brief, spoken)] if known and _about(brief, spoken) and not _bill_day(brief) else []


def covering_title(brief: Brief) -> str:
    """Give the subject of the note: *À poster : votre question à Télécom Exemple (facture du 12 novembre 2026)*."""
    spoken = brief.templates.words(brief.writer.notes)
    bill = _bill_day(brief)
    table = spoken.matter_many if len(brief.answered) > 1 else spoken.matter
    word = table.get(brief.topic, spoken.matter.get(brief.topic, ""))
    which = _which(brief, spoken, (spoken.some_messages, spoken.a_message_dated, ""))
    matter = ", ".join(filter(None, (word, which)))
    if bill:
        matter = spoken.matter_dated[brief.topic].format(date=spoken.date(bill))
    form = spoken.to_do[shape(brief) if brief.proven_by else f"{shape(brief)}_check"]
    level = spoken.level[_kind(brief, spoken)]
    title = form.format(level=level, operator=clean(brief.operator.name, _NAME), matter=matter)
    return title.removesuffix(" ()")


def _which(brief: Brief, spoken: Words, forms: tuple[str, str, str]) -> str:
    many, dated, undated = forms
    day = _day(brief.answered[-1].message, brief.timezone)
    if len(brief.answered) > 1:
        return many.format(count=spoken.number(len(brief.answered)))
    return dated.format(date=spoken.date(day)) if day else undated


def provenance(brief: Brief) -> str:
    """Say where the address of an e-mail was read, and when: for the user, in a field beside the text."""
    spoken, channel = brief.templates.words(brief.writer.notes), brief.channel
    if channel is None:
        return ""
    return spoken.provenance["stated" if channel.stated_on else "unstated"].format(
        source=_source(channel),
        stated_on=spoken.date(channel.stated_on or channel.checked_on),
        checked_on=spoken.date(channel.checked_on),
    )


def for_the_user(brief: Brief) -> str:
    """Say that what follows is for the user to read, in their own language, and for nobody else."""
    spoken = brief.templates.words(brief.writer.notes)
    return spoken.for_the_user.format(in_language=spoken.language_name[brief.writer.language])


# What the text says -----------------------------------------------------------------------------------------------


def _day(message: Message, zone: ZoneInfo) -> date | None:
    try:
        return message.date.astimezone(zone).date() if message.date else None
    except (OverflowError, ValueError):  # the first or the last day of the calendar, in another zone
        return None


def _bill_day(brief: Brief) -> date | None:
    """Give the date of the bill, if there is one bill and the operator's own subject names its date."""
    newest = brief.answered[-1].message
    day = _day(newest, brief.timezone)
    if brief.topic is not Topic.BILLING or len(brief.answered) > 1 or day is None:
        return None
    return day_named(newest.subject, near=day)


def _about(brief: Brief, spoken: Words) -> str:
    """Say what it is about as the customer sees it; nothing where only the message itself can be named."""
    if bill := _bill_day(brief):
        return spoken.about_dated[brief.topic].format(date=spoken.date(bill))
    table = spoken.about_many if len(brief.answered) > 1 else spoken.about
    return table.get(brief.topic, spoken.about.get(brief.topic, ""))


def _references(brief: Brief, spoken: Words) -> list[str]:
    return _named(brief.references, spoken) + _found(brief, spoken)


def _in_lines(names: Sequence[str]) -> list[str]:
    """Join *names* with commas into lines that a letter has room for behind *Références :*."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < _REFERENCE_LINE:
            lines[-1] += f" {name}"
        else:
            lines.append(name)
        lines[-1] += ","
    return [*lines[:-1], lines[-1].removesuffix(",")] if lines else []


def _found(brief: Brief, spoken: Words) -> list[str]:
    """Name what proven messages name; the day of a bill stands in the title already."""
    told = {"invoice_date"} if _bill_day(brief) or "invoice_number" in brief.found else set()
    return _named({key: text for key, text in brief.found.items() if key not in told}, spoken)


def _named(references: Mapping[str, str], spoken: Words) -> list[str]:
    given = ((key, clean(text, _REFERENCE)) for key, text in references.items())
    return [spoken.reference_to(key, text) for key, text in given if text]


def _source(channel: Channel) -> str:
    return clean(channel.sources[0], _CITED) if channel.sources else ""


def _recipient(brief: Brief) -> Channel | None:
    """Give the channel whose lines stand on the envelope; a desk for one service only where it was chosen."""
    channels = (brief.channel, *(other for other in brief.also if not other.serves))
    return next((channel for channel in channels if channel and channel.medium is Medium.POST and channel.lines), None)


# The views that templates see -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _MessageView:
    day: str
    subject: str
    author: str
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _WayView:
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
class _StepView:
    delay: str
    way: _WayView | None
    mediator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _DeadlineView:
    answer: str
    acknowledged_in: str
    """Empty where no acknowledgement is asked for."""
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReportedView:
    header: tuple[str, ...]
    lines: tuple[str, ...]


def text_values(brief: Brief, language: str = "") -> dict[str, object]:
    """Give what an e-mail or a letter to the operator says; in another *language*, only for the user to read."""
    spoken = brief.templates.words(language or text_language(brief))
    recipient = _recipient(brief)
    return {
        **_common_values(brief, spoken),
        "language": spoken.language,
        "by_post": False,
        "intro": _intro(brief, spoken),
        "title": _title(brief, spoken),
        "references": _references(brief, spoken),
        "reference_lines": _in_lines([*_references(brief, spoken), *_message_named(brief, spoken)]),
        "hint": _hint(brief) if spoken.language == text_language(brief) else _WRITTEN_ABOVE,
        "name": _blank_unless(clean(brief.writer.name, _NAME), brief, "name"),
        "postal": _lines(brief.writer.postal),
        "postal_blank": _blank(brief, "postal"),
        "mail": str(brief.writer.address),
        "town": _town(brief) or _blank(brief, "town"),
        "recipient": _lines(recipient.lines) if recipient else (),
        "recipient_blank": _blank(brief, "recipient"),
        "today": spoken.date(brief.now.astimezone(brief.timezone).date()),
        "way": _way(brief.channel, brief, spoken) if brief.channel else None,
        **asked(brief, spoken, recipient),
    }


def note_values(brief: Brief) -> dict[str, object]:
    """Give what the note to the user says."""
    spoken = brief.templates.words(brief.writer.notes)
    recipient = _recipient(brief)
    listed = [channel for channel in (brief.channel, *brief.also) if channel and (channel.target or channel.lines)]
    by_hand = {brief.channel} if shape(brief) in {"form", "call"} else set()  # what the user asked for comes first
    listed.sort(key=lambda channel: (channel not in by_hand, _MEDIA_LISTED.index(channel.medium)))
    return {
        **_common_values(brief, spoken),
        "shape": shape(brief),
        "attached": "",
        "request": asked(brief, spoken, recipient)["request"],
        "at_hand": _references(brief, spoken),
        "ways": [_way(channel, brief, spoken) for channel in listed],
        "outdated": [_way(channel, brief, spoken) for channel in brief.outdated],
        "by_mail": any(channel.medium is Medium.EMAIL for channel in listed),
        "form": any(channel.medium is Medium.WEBFORM for channel in listed),
        "by_people": all(channel.read_by is ReadBy.PERSON for channel in listed),
        "proven_by": brief.proven_by,
        "signed": "us" in brief.checked_by,
        "provider": ", ".join(clean(provider_name(name), _CITED) for name in brief.checked_by if name != "us"),
        "has_recipient": recipient is not None,
        "desks": any(channel.serves for channel in listed if channel.medium is Medium.POST),
        "to_verify": recipient is not None and _is_reported(recipient, brief),
        "age": _age(brief, spoken) if recipient and brief.stale and recipient is brief.channel else "",
        "blanks": _blanks(brief, spoken),
        "found": _found(brief, spoken),
        "foreign": spoken.language_name[text_language(brief)] if is_foreign(brief) else "",
        "to_copy": {"to": str(mailbox(brief)), "subject": mail_title(brief)} if shape(brief) == "copy" else None,
        "steps": [_step(days, where, brief, spoken) for days, where in steps_left(brief, recipient)],
        "to_fill_in": _to_fill_in(brief),
        "about_data": brief.topic in DATA_TOPICS,
        "cancel_online": brief.cancel_online,
        "ask_locally": _french(brief.ask_locally),
        "sells_for": [stick(clean(name, _NAME)) for name in brief.sells_for],
        "deadline": _deadline(brief.deadline, spoken) if brief.deadline and _is_news(brief, recipient) else None,
    }


def report_values(brief: Brief, language: str) -> dict[str, object]:
    """Give what a report of mail in an operator's name says, and the note to the user above it."""
    spoken = brief.templates.words(language)
    operator = clean(brief.operator.name, _NAME)
    return {
        "operator": operator,
        "of_operator": spoken.of(operator),
        "reason": clean(brief.report, _READ),
        "ways": [_way(channel, brief, spoken) for channel in (brief.channel, *brief.also) if channel],
        "messages": [_reported(answered.message) for answered in brief.answered],
        "name": _blank_unless(clean(brief.writer.name, _NAME), brief, "name"),
    }


def _reported(message: Message) -> _ReportedView:
    """Give a message as text: one line a field, one a line, nothing of it hidden and nothing that looks like a code."""
    header = (clean(f"{name.title()}: {masked(value)}", _READ) for name, value in message.fields[:_FIELDS])
    lines = (clean(masked(line), _READ) for line in message.text.splitlines()[:_TEXT_LINES])
    return _ReportedView(header=tuple(header), lines=tuple(line for line in lines if line))


def _common_values(brief: Brief, spoken: Words) -> dict[str, object]:
    operator = clean(brief.operator.name, _NAME)
    messages = [_message(answered, brief, spoken) for answered in brief.answered]
    authors = {message.author for message in messages}
    return {
        "level": brief.level,
        "operator": operator,
        "of_operator": spoken.of(operator),
        "proven": bool(brief.proven_by),
        "messages": messages,
        "count": spoken.number(len(messages)),
        "author": authors.pop() if len(authors) == 1 else "",
    }


def _message(answered: Answered, brief: Brief, spoken: Words) -> _MessageView:
    day = _day(answered.message, brief.timezone)
    author = answered.message.author
    known = {brief.writer.address.key, *([author.address.key] if author else [])}
    return _MessageView(
        day=spoken.date(day) if day else "",
        subject=quotable(quoted(answered.message.subject, _QUOTED_SUBJECT, known=known)),
        author=clean(str(author.address), _CITED) if author else "",
        notice=quotable(quoted(answered.notice, _QUOTED_NOTICE, known=known)).strip(' .«»„“”"'),
    )


def _way(channel: Channel, brief: Brief, spoken: Words) -> _WayView:
    return _WayView(
        medium=channel.medium,
        target=_target(channel, brief.operator.name, brief.operator.country),
        hours=clean(channel.hours, _CITED),
        price=clean(channel.price, _CITED) or _price(channel, brief, spoken),
        limits=clean(channel.limits, _CITED),
        source=_source(channel),
        stated_on=spoken.date(channel.stated_on) if channel.stated_on else "",
        checked_on=spoken.date(channel.checked_on),
        reported=_is_reported(channel, brief),
        complaints=channel.purpose is Purpose.COMPLAINTS,
    )


def _price(channel: Channel, brief: Brief, spoken: Words) -> str:
    """Say what a call costs where the record does not, as far as the kind of number tells."""
    is_phone = channel.medium is Medium.PHONE
    return spoken.tariff.get(tariff(channel.target, brief.operator.country), "") if is_phone else ""


def _is_reported(channel: Channel, brief: Brief) -> bool:
    return channel.quality is Quality.REPORTED or (brief.to_verify and channel is brief.channel)


def _step(days: int, where: Channel | Mediator, brief: Brief, spoken: Words) -> _StepView:
    if isinstance(where, Mediator):
        return _StepView(delay=spoken.period(days), way=None, mediator=clean(where.name, _CITED))
    return _StepView(delay=spoken.period(days), way=_way(where, brief, spoken), mediator="")


def _intro(brief: Brief, spoken: Words) -> str:
    """Say what the writer wants, in the first sentence of an e-mail."""
    messages = spoken.intro["messages" if len(brief.answered) > 1 else "message"]
    return spoken.intro[_kind(brief, spoken)].format(about=_about(brief, spoken) or messages)


def _is_news(brief: Brief, recipient: Channel | None) -> bool:
    """Tell whether how long they may take says more than the first step after their silence does."""
    deadline, first = brief.deadline, next(iter(steps_left(brief, recipient)), None)
    return deadline is not None and (
        deadline.working or bool(deadline.acknowledged_in) or first is None or first[0] != deadline.answer_days
    )


def _french(text: str) -> str:
    """Give the words of a record, which are in French in whatever language the note is."""
    return typographic(clean(text, _CITED), french=True)


def _deadline(deadline: Deadline, spoken: Words) -> _DeadlineView:
    return _DeadlineView(
        answer=(spoken.working if deadline.working else spoken.period)(deadline.answer_days),
        acknowledged_in=spoken.working(deadline.acknowledged_in) if deadline.acknowledged_in else "",
        basis=_french(deadline.basis),
    )


def _target(channel: Channel, name: str, country: str) -> str:
    """Give where a channel leads on one line; the operator's name goes without saying."""
    if channel.medium is Medium.POST:
        lines = _lines(channel.lines)
        return ", ".join(stick(line) for line in lines[len(lines) > 1 and lines[0] == name :])
    target = clean(channel.target, _CITED)
    return stick(written(target, country)) if channel.medium is Medium.PHONE else target


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter(None, (clean(line, 100) for line in lines)))


def _age(brief: Brief, spoken: Words) -> str:
    channel = brief.channel
    if channel is None:
        return ""
    oldest = min(channel.stated_on or channel.checked_on, channel.checked_on)
    return spoken.age((brief.now.astimezone(brief.timezone).date() - oldest).days)


# What the user fills in -------------------------------------------------------------------------------------------


def _blank(brief: Brief, which: str) -> str:
    return brief.templates.words(brief.writer.notes).blank[which]


def _blank_unless(given: str, brief: Brief, which: str) -> str:
    return given or _blank(brief, which)


def _hint(brief: Brief) -> str:
    spoken, language = brief.templates.words(brief.writer.notes), text_language(brief)
    doubtful = len({language, brief.writer.language, brief.writer.notes}) > 1
    which = brief.level if brief.level in spoken.hint else brief.topic
    form = spoken.hint.get(which, spoken.hint["other"])
    return form.format(in_language=f", {spoken.language_name[language]}" if doubtful else "")


def _to_fill_in(brief: Brief) -> list[str]:
    """Name each passage that is left to fill in, in the order of the text; for a call there is none."""
    if shape(brief) == "call":
        return []
    blanks = {which: _blank(brief, which).strip("[]") for which in _missing(brief)}
    if "name" in blanks and shape(brief) != "form":  # it stands at the head and at the foot
        blanks["name"] = brief.templates.words(brief.writer.notes).blanks["twice"].format(blank=blanks["name"])
    return [*blanks.values(), _hint(brief).strip("[]")]


def _blanks(brief: Brief, spoken: Words) -> str:
    """Say how much is left to fill in: *le passage entre crochets*, *les deux passages entre crochets*."""
    twice = "name" in _missing(brief) and shape(brief) != "form"
    count = len(_to_fill_in(brief)) + twice
    return spoken.blanks["one"] if count == 1 else spoken.blanks["many"].format(count=spoken.number(count))


def _missing(brief: Brief) -> list[str]:
    """Name what is to be filled in beside the user's own sentences; an e-mail has neither envelope nor place."""
    missing = {"name": not brief.writer.name}
    if shape(brief) == "letter":
        missing |= {
            "postal": not brief.writer.postal,
            "recipient": _recipient(brief) is None,
            "town": brief.templates.words(text_language(brief)).names_the_town and not _town(brief),
        }
    return [which for which, is_missing in missing.items() if is_missing]


def _town(brief: Brief) -> str:
    found = filter(None, (_POSTCODE.match(line) for line in reversed(_lines(brief.writer.postal))))
    return next((match[1] for match in found), "")
