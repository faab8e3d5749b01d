"""A `Brief` as words: the subject lines, and the values that the templates of drafts put into their prose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from .asking import asked, steps_left
from .authresults import provider_name
from .blanks import blank, blank_unless, hint, how_many, to_fill_in, town
from .brief import Answered, Brief
from .choice import DATA_TOPICS
from .message import Message
from .prose import Words, clean, day_named, quotable, stick
from .quoting import quoted
from .registry import Channel, Medium, ReadBy
from .tongue import envelope_channel, is_foreign, mailbox, shape, text_language
from .topic import Topic, masked
from .ways import age, deadline_of, in_french, is_reported, lines_of, source_of, step, way

_READ: Final = 1000  # characters of a line that is reported
_QUOTED_SUBJECT: Final = 120
_QUOTED_NOTICE: Final = 200
_CITED: Final = 200
_REFERENCE: Final = 60
_REFERENCE_LINE: Final = 58
_FIELDS: Final = 100  # of a header that is reported
_TEXT_LINES: Final = 60
_NAME: Final = 80
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
        source=source_of(channel),
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


# The views that templates see -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _MessageView:
    day: str
    subject: str
    author: str
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReportedView:
    header: tuple[str, ...]
    lines: tuple[str, ...]


def text_values(brief: Brief, language: str = "") -> dict[str, object]:
    """Give what an e-mail or a letter to the operator says; in another *language*, only for the user to read."""
    spoken = brief.templates.words(language or text_language(brief))
    recipient = envelope_channel(brief)
    return {
        **_common_values(brief, spoken),
        "language": spoken.language,
        "by_post": False,
        "intro": _intro(brief, spoken),
        "title": _title(brief, spoken),
        "references": _references(brief, spoken),
        "reference_lines": _in_lines([*_references(brief, spoken), *_message_named(brief, spoken)]),
        "hint": hint(brief) if spoken.language == text_language(brief) else _WRITTEN_ABOVE,
        "name": blank_unless(clean(brief.writer.name, _NAME), brief, "name"),
        "postal": lines_of(brief.writer.postal),
        "postal_blank": blank(brief, "postal"),
        "mail": str(brief.writer.address),
        "town": town(brief) or blank(brief, "town"),
        "recipient": lines_of(recipient.lines) if recipient else (),
        "recipient_blank": blank(brief, "recipient"),
        "today": spoken.date(brief.now.astimezone(brief.timezone).date()),
        "way": way(brief.channel, brief, spoken) if brief.channel else None,
        **asked(brief, spoken, recipient),
    }


def note_values(brief: Brief) -> dict[str, object]:
    """Give what the note to the user says."""
    spoken = brief.templates.words(brief.writer.notes)
    recipient = envelope_channel(brief)
    listed = [channel for channel in (brief.channel, *brief.also) if channel and (channel.target or channel.lines)]
    by_hand = {brief.channel} if shape(brief) in {"form", "call"} else set()  # what the user asked for comes first
    listed.sort(key=lambda channel: (channel not in by_hand, _MEDIA_LISTED.index(channel.medium)))
    return {
        **_common_values(brief, spoken),
        "shape": shape(brief),
        "attached": "",
        "request": asked(brief, spoken, recipient)["request"],
        "at_hand": _references(brief, spoken),
        "ways": [way(channel, brief, spoken) for channel in listed],
        "outdated": [way(channel, brief, spoken) for channel in brief.outdated],
        "by_mail": any(channel.medium is Medium.EMAIL for channel in listed),
        "form": any(channel.medium is Medium.WEBFORM for channel in listed),
        "by_people": all(channel.read_by is ReadBy.PERSON for channel in listed),
        "proven_by": brief.proven_by,
        "signed": "us" in brief.checked_by,
        "provider": ", ".join(clean(provider_name(name), _CITED) for name in brief.checked_by if name != "us"),
        "has_recipient": recipient is not None,
        "desks": any(channel.serves for channel in listed if channel.medium is Medium.POST),
        "to_verify": recipient is not None and is_reported(recipient, brief),
        "age": age(brief, spoken) if recipient and brief.stale and recipient is brief.channel else "",
        "blanks": how_many(brief, spoken),
        "found": _found(brief, spoken),
        "foreign": spoken.language_name[text_language(brief)] if is_foreign(brief) else "",
        "to_copy": {"to": str(mailbox(brief)), "subject": mail_title(brief)} if shape(brief) == "copy" else None,
        "steps": [step(days, where, brief, spoken) for days, where in steps_left(brief, recipient)],
        "to_fill_in": to_fill_in(brief),
        "about_data": brief.topic in DATA_TOPICS,
        "cancel_online": brief.cancel_online,
        "ask_locally": in_french(brief.ask_locally),
        "sells_for": [stick(clean(name, _NAME)) for name in brief.sells_for],
        "deadline": deadline_of(brief.deadline, spoken) if brief.deadline and _is_news(brief, recipient) else None,
    }


def report_values(brief: Brief, language: str) -> dict[str, object]:
    """Give what a report of mail in an operator's name says, and the note to the user above it."""
    spoken = brief.templates.words(language)
    operator = clean(brief.operator.name, _NAME)
    return {
        "operator": operator,
        "of_operator": spoken.of(operator),
        "reason": clean(brief.report, _READ),
        "ways": [way(channel, brief, spoken) for channel in (brief.channel, *brief.also) if channel],
        "messages": [_reported(answered.message) for answered in brief.answered],
        "name": blank_unless(clean(brief.writer.name, _NAME), brief, "name"),
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
