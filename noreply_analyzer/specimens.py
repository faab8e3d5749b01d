"""Sample messages, and what is to be drafted in answer to each: for the gallery, and for trying templates on.

An operator that does not exist wrote one message on each topic, in the languages of ``gallery_data/messages``. They go
the road of every message, but that their signatures count as good; and it is always the same day.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace as but

from .address import Address
from .brief import Brief
from .briefing import brief_for
from .config import Settings, parse
from .detection import Overrides
from .guards import Deadline
from .message import Mailbox, Message
from .policy import Analysis, Circumstances, Preferences, Reading, analyze, read
from .press import languages
from .proof import Authentication, Result, Standing
from .registry import (
    Audience,
    Channel,
    Level,
    Medium,
    Purpose,
    Quality,
    Registry,
    choose,
    read_mediator,
    read_operator,
)
from .topic import Subject, Topic

NOW: Final = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
TOPICS: Final = tuple(topic for topic in Topic if topic is not Topic.SECURITY)
"""What a draft can be about; about one's data only by hand, in answer to any message."""

SHAPES: Final[Mapping[str, str]] = {"mail": "courriel", "letter": "service-client"}
"""What a draft can be, and to which channel of the operator it goes then."""
_OTHER: Final = "en"
"""In which language the operator writes to those in whose language there is no sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One draft that is to be written, and what it is an example of."""

    language: str
    topic: Topic
    level: Level
    shape: str
    brief: Brief


def specimens(language: str) -> Iterator[Specimen]:
    """Give what is to be written in *language*, on each topic, at each level, as a mail and as a letter."""
    for topic in TOPICS:
        for level in Level:
            for shape, channel_id in SHAPES.items():
                brief = _brief(language, topic, level, channel_id)
                yield Specimen(language=language, topic=topic, level=level, shape=shape, brief=brief)


def rarities(language: str) -> Iterator[Brief]:
    """Give what is to be written where something is missing, in doubt, or otherwise than mostly."""
    mail, letter = (_brief(language, Topic.BILLING, Level.QUESTION, channel_id) for channel_id in SHAPES.values())
    for brief in (letter, mail):
        yield from _of_other_messages(brief, analysis_of(language, Topic.OTHER).message)
        yield replace(brief, deadline=_DEADLINE, level=Level.COMPLAINT, escalation=())
    yield from _elsewhere(letter, mail)
    for other in languages():
        if other != language:  # the text is in the one, the note in the other
            for said, noted in ((language, other), (other, language)):
                writer = replace(letter.writer, language=noted)
                for channel in (_channel("service-client"), _FORM):
                    yield replace(letter, writer=writer, channel=but(channel, languages=(said,)))
                for level in Level:
                    to_copy = but(_channel("courriel"), languages=(said,))
                    yield replace(mail, writer=writer, channel=to_copy, level=level)


def _of_other_messages(brief: Brief, earlier: Message) -> Iterator[Brief]:
    """Answer several messages, some that hide what most say, and some of which less is known."""
    (bill,) = brief.answered
    robot = Mailbox(address=Address.parse("robot@telecom.example"), name="")
    bare = replace(bill, message=replace(earlier, subject="", date=None, author=robot), notice="")
    form = replace(brief, channel=but(_FORM, languages=languages()))
    unsigned = replace(bare, message=replace(bare.message, author=None))
    for answered in ((bill,), (unsigned,), (replace(bill, message=earlier), bill), (bare, bill)):
        for checked_by in (("us",), ("mx.example.org",), ("us", "mx.example.org")):
            yield replace(brief, answered=answered, checked_by=checked_by)
        for level in Level:
            yield replace(brief, answered=answered, level=level)
            yield replace(brief, answered=answered, level=level, proven_by="")
            yield replace(form, answered=answered, level=level, found={"invoice_number": "F-2026-77"}, grounds=())
            yield replace(form, answered=answered, level=level, channel=_PHONE, proven_by="")
        for desk in (_channel("signalements"), _UNREAD[0]):
            yield replace(brief, answered=answered, channel=desk, also=_UNREAD, report="dmarc=fail")
        yield replace(brief, answered=answered, channel=None, also=(), report="dmarc=fail")


def _elsewhere(letter: Brief, mail: Brief) -> Iterator[Brief]:
    """Write to whom there is no good way, or a rare one."""
    post, mailbox = _channel("service-client"), _channel("courriel")
    nobody = replace(letter.writer, name="", postal=())
    for country in ("FR", "IE"):  # a letter to nobody known is in the language of the country, or in the user's
        operator = but(letter.operator, country=country)
        yield replace(letter, writer=nobody, operator=operator, references={}, escalation=(), channel=None, also=())
    yield replace(letter, channel=None, also=(but(post, serves=("fibre",)),))
    yield replace(letter, channel=but(post, quality=Quality.REPORTED, stated_on=None), to_verify=True, stale=True)
    yield replace(letter, also=_UNREAD, escalation=((30, mailbox),))
    for old in (mailbox, but(mailbox, stated_on=None)):
        yield replace(letter, channel=None, also=(), outdated=(old,))
        yield replace(mail, channel=old)
        yield replace(mail, channel=but(old, sources=("contrat",)))
    yield replace(letter, ask_locally="votre agence", sells_for=("Autocars Exemple",), cancel_online=True)


def _channel(channel_id: str) -> Channel:
    return next(one for one in _registry().by_slug[_OPERATOR].channels if one.id == channel_id)


_UNREAD: Final = tuple(
    Channel(
        id=medium,
        medium=medium,
        purpose=Purpose.CUSTOMER_SERVICE,
        audience=Audience.CONSUMERS,
        target="https://telecom.example/contact",
        limits="300 signes",
        quality=quality,
        stated_on=None if quality is Quality.REPORTED else NOW.date(),
        checked_on=NOW.date(),
        sources=("https://telecom.example/contact",),
    )
    for medium, quality in (
        (Medium.WEBFORM, Quality.VERIFIED),
        (Medium.CHAT, Quality.REPORTED),
        (Medium.SOCIAL, Quality.REPORTED),
    )
)
"""Ways that may lead to no person, and that no record has for anybody to write to."""
_FORM, _PHONE = (
    but(_UNREAD[0], id=medium, medium=medium, target=target, limits="")
    for medium, target in ((Medium.WEBFORM, "https://telecom.example/ecrire"), (Medium.PHONE, "0199001234"))
)
_DEADLINE: Final = Deadline(
    sectors=("telecom",),
    answer_days=60,
    acknowledged_in=10,
    basis="recommandation de l'Autorité",
    sources=("https://autorite.example",),
    checked_on=NOW.date(),
)


def analysis_of(language: str, topic: Topic) -> Analysis:
    """Give what is found out about the sample message on *topic*, as on the day it came."""
    raw = _written(language, topic)
    return analyze(
        raw,
        read(raw, Overrides()),
        circumstances=Circumstances(now=NOW, received=_received()),
        preferences=Preferences(topics=frozenset(Topic)),
        registry=_registry(),
        tools=_Believing(),
    )


def _brief(language: str, topic: Topic, level: Level, channel_id: str) -> Brief:
    analysis, registry, settings = analysis_of(language, topic), _registry(), _settings(language)
    if topic is Topic.DATA:  # no message is taken for it: it is what ``draft --topic data`` makes of one
        analysis = replace(analysis, reading=replace(analysis.reading, subject=Subject(topic=topic)))
    choice = choose(
        registry.by_slug[_OPERATOR],
        topic=topic,
        level=level,
        today=NOW.date(),
        shelf_life_days=settings.registry.shelf_life_days,
        registry=registry,
        channel_id=channel_id,
    )
    return brief_for(
        [replace(analysis, choice=choice)],
        account=settings.accounts[0],
        settings=settings,
        registry=registry,
        now=NOW.astimezone(ZoneInfo(settings.timezone)),
        level=level,
    )


# What there is ----------------------------------------------------------------------------------------------------

_OPERATOR: Final = "telecom-exemple"
_MEDIATOR: Final = "mediateur-exemple"


class _Believing:
    """What reads a message, and takes it to be its author's, as a good signature would have it."""

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Do what `policy.read` does."""
        return read(raw, overrides)

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Say that the author wrote it."""
        del raw, at, arrived, every
        domain = message.author.address.domain if message.author else ""
        return Authentication(result=Result.PASS, standing=Standing.PROVEN, domain=domain, method="dkim")


@cache
def _settings(language: str) -> Settings:
    """Give the configuration of a user who speaks *language*."""
    known = {_OPERATOR: {"customer_number": "4455667788"}}
    account = {"name": "perso", "address": "anne@example.org", "path": "~/Maildir", "operators": known}
    address = ["12 rue des Lilas", "17000 La Rochelle"]
    identity = {"name": "Anne Martin", "address": address, "language": language}
    return parse({"identity": identity, "accounts": [account]})


@cache
def _registry() -> Registry:
    """Give the one operator, which takes every language in which there are templates, and its mediator."""
    operator = read_operator(_record(_OPERATOR), f"{_OPERATOR}.toml")
    mediator = read_mediator(_record(_MEDIATOR), f"{_MEDIATOR}.toml")
    channels = tuple(but(channel, languages=languages()) for channel in operator.channels)
    return Registry.of([but(operator, channels=channels)], [mediator])


def _record(slug: str) -> str:
    return (_data() / f"{slug}.toml").read_text("utf-8")


@cache
def _messages(language: str) -> Mapping[str, Mapping[str, str]]:
    file = _data() / "messages" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else _messages(_OTHER)


def _received() -> datetime:
    return NOW - timedelta(days=12)


def _written(language: str, topic: Topic) -> bytes:
    """Write the sample message on *topic* as it came."""
    said = _messages(language)
    sample = said[Topic.ACCOUNT if topic is Topic.DATA else topic]
    text = sample["text"].lstrip("\n").format(notice=said["notice"])
    header = {
        "Date": format_datetime(_received()),
        "From": f"{_encoded('Télécom Exemple')} <noreply@telecom.example>",
        "To": "Anne Martin <anne@example.org>",
        "Subject": _encoded(sample["subject"]),
        "Message-ID": f"<{topic}@telecom.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    head = "".join(f"{name}: {value}\n" for name, value in header.items())
    return f"{head}\n{text}".replace("\n", "\r\n").encode()


def _encoded(text: str) -> str:
    return Header(text, None if text.isascii() else "utf-8").encode()


def _data() -> Traversable:
    return files(__package__) / "gallery_data"
