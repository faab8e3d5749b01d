"""The briefs behind ``drafts/*.txt``.

After a change of words: ``python tests/drafting_cases.py``, and read them all.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from noreply_analyzer.address import Address
from noreply_analyzer.drafting import Answered, Brief, Draft, Writer
from noreply_analyzer.enclosing import compose_whole
from noreply_analyzer.grounds import case_of, choose_grounds
from noreply_analyzer.guards import Deadline
from noreply_analyzer.language import WRITTEN
from noreply_analyzer.message import Mailbox, Message
from noreply_analyzer.registry import Audience, Channel, Level, Mediator, Medium, Operator, Purpose, Quality, ReadBy
from noreply_analyzer.topic import Topic

DRAFTS: Final = Path(__file__).parent / "drafts"

POST: Final = Channel(
    id="service-client",
    medium=Medium.POST,
    purpose=Purpose.CUSTOMER_SERVICE,
    audience=Audience.CONSUMERS,
    lines=("Télécom Exemple", "Service Clients", "TSA 00000", "00000 VILLE CEDEX"),
    read_by=ReadBy.PERSON,
    quality=Quality.ARCHIVED,
    stated_on=date(2026, 11, 2),
    checked_on=date(2026, 11, 20),
    sources=("https://telecom.example/conditions-generales",),
)
PHONE: Final = Channel(
    id="telephone",
    medium=Medium.PHONE,
    purpose=Purpose.CUSTOMER_SERVICE,
    audience=Audience.CONSUMERS,
    target="0199001234",
    hours="lundi-samedi 8 h-20 h",
    price="service gratuit + prix d’un appel",
    read_by=ReadBy.PERSON,
    quality=Quality.VERIFIED,
    stated_on=date(2026, 11, 20),
    checked_on=date(2026, 11, 20),
    sources=("https://telecom.example/contact",),
)
FORM: Final = Channel(
    id="formulaire",
    medium=Medium.WEBFORM,
    purpose=Purpose.CUSTOMER_SERVICE,
    audience=Audience.CONSUMERS,
    target="https://telecom.example/ecrire",
    read_by=ReadBy.PERSON,
    quality=Quality.ARCHIVED,
    stated_on=date(2026, 11, 2),
    checked_on=date(2026, 11, 20),
    sources=("https://telecom.example/contact",),
)
MAIL: Final = Channel(
    id="courriel",
    medium=Medium.EMAIL,
    purpose=Purpose.CUSTOMER_SERVICE,
    audience=Audience.CONSUMERS,
    target="service.clients@telecom.example",
    languages=("fr", "en"),
    read_by=ReadBy.PERSON,
    quality=Quality.ARCHIVED,
    stated_on=date(2026, 11, 2),
    checked_on=date(2026, 11, 20),
    sources=("https://telecom.example/contact",),
)
REPORTED: Final = Channel(
    id="service-client-reporte",
    medium=Medium.POST,
    purpose=Purpose.CUSTOMER_SERVICE,
    audience=Audience.CONSUMERS,
    lines=("Télécom Exemple", "Relation Clients", "TSA 00001", "00000 VILLE CEDEX 9"),
    quality=Quality.REPORTED,
    checked_on=date(2026, 10, 14),
    sources=("https://forum.example/adresse-telecom-exemple",),
)
NEXT: Final = Channel(
    id="service-consommateurs",
    medium=Medium.POST,
    purpose=Purpose.COMPLAINTS,
    audience=Audience.CONSUMERS,
    lines=("Télécom Exemple", "Service Consommateurs", "TSA 00002", "00000 VILLE CEDEX"),
    quality=Quality.ARCHIVED,
    stated_on=date(2026, 11, 2),
    checked_on=date(2026, 11, 20),
    sources=("https://telecom.example/conditions-generales",),
)
MEDIATOR: Final = Mediator(
    slug="mediation", name="Médiation Exemple", sectors=("telecom",), websites=("mediation.example",)
)
OPERATOR: Final = Operator(slug="telecom-exemple", name="Télécom Exemple", sector="telecom")
PUBLIC: Final = Operator(slug="caisse-exemple", name="Caisse Exemple", sector="public")
ANNE: Final = Writer(
    name="Anne Martin",
    address=Address.parse("anne@example.org"),
    postal=("12 rue des Lilas", "17000 La Rochelle"),
)
NO_REPLY: Final = Mailbox(address=Address.parse("noreply@telecom.example"), name="Télécom Exemple")
BILL: Final = Message(
    key="11" * 16,
    message_id="<facture-3@telecom.example>",
    date=datetime(2026, 11, 12, 7, 30, tzinfo=UTC),
    author=NO_REPLY,
    subject="Votre facture du 12 novembre",
)
BILLS: Final = (
    replace(
        BILL,
        key="33" * 16,
        message_id="<facture-1@telecom.example>",
        date=datetime(2026, 11, 1, 7, 30, tzinfo=UTC),
        subject="Votre facture du 1er novembre",
    ),
    replace(
        BILL,
        key="22" * 16,
        message_id=None,
        date=datetime(2026, 11, 8, 7, 30, tzinfo=UTC),
        subject="Votre facture rectificative",
    ),
    BILL,
)
NOTICE: Final = "merci de ne pas répondre à ce message"
QUESTION: Final = Brief(
    account="perso",
    writer=ANNE,
    operator=OPERATOR,
    topic=Topic.BILLING,
    answered=(Answered(message=BILL, notice=NOTICE),),
    proven_by="telecom.example",
    references={"customer_number": "1234567890"},
    escalation=((30, NEXT), (60, MEDIATOR)),
    now=datetime(2026, 11, 24, 9, 15, tzinfo=UTC),
    timezone=ZoneInfo("Europe/Paris"),
)
LETTER: Final = replace(QUESTION, channel=POST, also=(PHONE, FORM))
FOUND: Final = {"line_number": "06 39 98 00 12", "invoice_number": "F-2026-77", "amount": "39,99 €"}
INCIDENT: Final = replace(
    BILL, subject="Incident sur votre ligne : intervention en cours", date=datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
)
ENGLISH_BILL: Final = replace(BILL, subject="Your bill of 12 November")
_ENGLISH: Final = (Answered(message=ENGLISH_BILL, notice="please do not reply to this message"),)
_SUBJECTS: Final = {
    "de": "Ihre Rechnung vom {day}. November",
    "es": "Su factura del {day} de noviembre",
    "it": "La Vostra fattura del {day} novembre",
    "nl": "Uw factuur van {day} november",
    "pt": "A sua fatura de {day} de novembro",
}
_GROUP: Final = tuple(Answered(message=message, notice=NOTICE) for message in BILLS)


def in_english(brief: Brief) -> Brief:
    """Give the same brief for a user and an operator who both write English."""
    channels = [_english(channel) for channel in (brief.channel, *brief.also) if channel]
    answered = _ENGLISH if len(brief.answered) == 1 and brief.topic is Topic.BILLING else brief.answered
    return replace(
        brief,
        writer=replace(brief.writer, language="en"),
        operator=Operator(slug="telecom-exemple", name="Télécom Exemple", sector="telecom", country="IE"),
        answered=answered,
        channel=channels[0] if brief.channel else None,
        also=tuple(channels[1:] if brief.channel else channels),
    )


def in_language(brief: Brief, language: str, *, program: str = "en") -> Brief:
    """Give the same brief for a user and an operator who both write *language*."""
    channels = [
        msgspec.structs.replace(channel, languages=(language,)) for channel in (brief.channel, *brief.also) if channel
    ]
    return replace(
        brief,
        writer=replace(brief.writer, language=language, program=program),
        operator=msgspec.structs.replace(brief.operator, country="IE"),
        answered=tuple(replace(one, message=_said_in(language, one.message), notice="") for one in brief.answered),
        channel=channels[0] if brief.channel else None,
        also=tuple(channels[1:] if brief.channel else channels),
    )


def _said_in(language: str, message: Message) -> Message:
    day = message.date.day if message.date else 0
    return replace(message, subject=_SUBJECTS[language].format(day=day))


def with_law(brief: Brief) -> Brief:
    """Give the same brief with the grounds that a run would find for it."""
    case = case_of(brief.operator, brief.topic, Level(brief.level), day=brief.now.date(), proven=bool(brief.proven_by))
    return replace(brief, grounds=choose_grounds(case))


def _english(channel: Channel) -> Channel:
    changes = {"hours": "Monday to Saturday, 8 am to 8 pm", "price": "price of a call", "target": "+33199001234"}
    return msgspec.structs.replace(channel, languages=("en",), **(changes if channel.hours else {}))


_IN_BOTH: Final = {
    "email": replace(QUESTION, channel=MAIL),
    "email-group": replace(QUESTION, channel=MAIL, answered=_GROUP),
    "email-complaint": replace(QUESTION, channel=MAIL, level="complaint"),
    "email-notice": replace(QUESTION, channel=MAIL, level="notice"),
    "letter": LETTER,
    "letter-group": replace(LETTER, answered=_GROUP),
    "letter-complaint": replace(LETTER, level="complaint"),
    "letter-found": replace(LETTER, found=FOUND),
    "email-found": replace(QUESTION, channel=MAIL, found=FOUND),
    "letter-notice": replace(LETTER, level="notice"),
    "letter-reported": replace(QUESTION, channel=REPORTED, also=(PHONE,), to_verify=True),
    "letter-stale": replace(LETTER, stale=True, now=datetime(2027, 12, 1, 9, 0, tzinfo=UTC), also=()),
    "letter-outdated": replace(QUESTION, outdated=(MAIL,), also=(PHONE,), now=datetime(2027, 12, 1, 9, 0, tzinfo=UTC)),
    "letter-elsewhere": replace(
        LETTER,
        ask_locally="votre agence, d'abord : ses coordonnées sont sur votre contrat",
        sells_for=("Compagnie des Trains", "Autocars Exemple"),
        deadline=Deadline(
            sectors=("telecom",),
            answer_days=60,
            acknowledged_in=10,
            basis="recommandation de l'Autorité",
            sources=("https://autorite.example",),
            checked_on=date(2026, 11, 20),
        ),
    ),
    "letter-desks": replace(
        QUESTION,
        also=(
            msgspec.structs.replace(REPORTED, limits="forfaits mobiles", serves=("mobile",)),
            msgspec.structs.replace(POST, limits="abonnements fibre", serves=("fibre",)),
        ),
    ),
    "letter-blank": replace(QUESTION, also=(PHONE,), references={}),
    "letter-bare": replace(
        QUESTION,
        writer=replace(ANNE, name="", postal=()),
        references={},
        escalation=(),
        answered=(Answered(message=replace(BILL, date=None, subject="", message_id=None)),),
        topic=Topic.OTHER,
    ),
    "letter-vouched": replace(LETTER, checked_by=("mx.example.org",)),
    "letter-vouched-group": replace(LETTER, answered=_GROUP, checked_by=("microsoft",)),
    "letter-vouched-some": replace(LETTER, answered=_GROUP, checked_by=("us", "mx.example.org")),
    "letter-unproven": replace(LETTER, proven_by=""),
    "letter-unproven-mail": replace(QUESTION, channel=MAIL, proven_by=""),
    "letter-data": replace(LETTER, topic=Topic.DATA, escalation=()),
    "email-objection": replace(QUESTION, channel=MAIL, topic=Topic.MARKETING, escalation=()),
    "form": replace(LETTER, channel=FORM, also=(PHONE, POST)),
    "form-complaint": replace(LETTER, channel=FORM, also=(), level="complaint", answered=_GROUP),
    "form-notice": replace(LETTER, channel=FORM, also=(), level="notice", proven_by="", writer=replace(ANNE, name="")),
    "call": replace(LETTER, channel=PHONE, also=(FORM, POST), found=FOUND),
    "call-complaint": replace(LETTER, channel=PHONE, also=(), level="complaint", proven_by=""),
    "letter-incident": replace(
        LETTER,
        topic=Topic.INCIDENT,
        answered=(Answered(message=INCIDENT, notice=""),),
        references={"contract_number": "AB 12"},
    ),
}
_IN_MORE: Final = {
    "letter": LETTER,
    "email-complaint": replace(QUESTION, channel=MAIL, level="complaint", escalation=((30, MEDIATOR),)),
    "letter-notice": replace(LETTER, level="notice", topic=Topic.INCIDENT),
    "letter-group": replace(LETTER, answered=_GROUP, proven_by=""),
    "email-data": replace(QUESTION, channel=MAIL, topic=Topic.DATA, escalation=(), found=FOUND),
}
ENGLISH_MAIL: Final = msgspec.structs.replace(MAIL, languages=("en",))
CASES: Final = {
    **{f"fr-{name}": with_law(brief) for name, brief in _IN_BOTH.items()},
    **{f"en-{name}": with_law(in_english(brief)) for name, brief in _IN_BOTH.items()},
    "fr-letter-public": with_law(replace(LETTER, operator=PUBLIC, level="complaint", topic=Topic.ACCOUNT)),
    "fr-letter-contract": with_law(replace(LETTER, level="complaint", topic=Topic.CONTRACT, cancel_online=True)),
    "en-letter-law": with_law(replace(in_english(LETTER), operator=OPERATOR, level="complaint")),
    "en-letter-public": with_law(replace(in_english(LETTER), operator=PUBLIC, level="complaint", topic=Topic.ACCOUNT)),
    "en-letter-in-french": replace(LETTER, writer=replace(ANNE, language="en")),
    "en-email-in-french": replace(
        QUESTION,
        channel=Channel(
            id="courriel",
            medium=Medium.EMAIL,
            purpose=Purpose.CUSTOMER_SERVICE,
            audience=Audience.CONSUMERS,
            target="service.clients@telecom.example",
            quality=Quality.ARCHIVED,
            stated_on=date(2026, 11, 2),
            checked_on=date(2026, 11, 20),
            sources=("Conditions générales de vente, article 12",),
        ),
        writer=replace(ANNE, language="en"),
    ),
    "fr-letter-in-english": replace(in_english(LETTER), writer=ANNE),
    "fr-email-in-english": replace(in_english(QUESTION), writer=ANNE, level="complaint", channel=ENGLISH_MAIL),
    "de-email-in-english": replace(
        in_english(QUESTION), writer=replace(ANNE, name="", language="de"), channel=ENGLISH_MAIL
    ),
    "es-letter-in-french": replace(LETTER, writer=replace(ANNE, language="es", program="fr"), level="notice"),
    **{
        f"{language}-{name}": with_law(in_language(brief, language, program=program))
        for name, brief in _IN_MORE.items()
        for language, program in (("de", "en"), ("es", "fr"), ("it", "fr"), ("nl", "en"), ("pt", "fr"))
        if language in WRITTEN
    },
}
"""One for each golden text; the name begins with the language of the user."""


def parsed(draft: Draft) -> EmailMessage:
    """Give the draft as another program reads it."""
    message = message_from_bytes(draft.as_bytes(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def body(draft: Draft) -> str:
    """Give the text of the draft as it looks in a terminal: its own lines, without what only says how they flow."""
    return "".join(f"{line.removeprefix(' ').rstrip(' ')}\n" for line in content(draft).splitlines())


def flowed(draft: Draft) -> list[str]:
    """Give the lines of the draft as a program has them that lets text flow (RFC 3676 section 4)."""
    lines = [line.removeprefix(" ") for line in content(draft).splitlines()]
    return "".join(line if line.endswith(" ") else f"{line}\n" for line in lines).splitlines()


def content(draft: Draft) -> str:
    """Give the text of the draft as it is written, with plain line ends."""
    part = parsed(draft).get_body()
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


def shown(draft: Draft) -> str:
    """Give the draft as a mail program shows it: the fields that people read, and the text."""
    message = parsed(draft)
    names = ("From", "To", "Subject", "Date", "Comments")
    header = "".join(f"{name}: {message[name]}\n" for name in names if name in message)
    attached = [f"Attached: {part.get_filename()}\n" for part in message.iter_attachments()]
    return f"{header}{''.join(attached)}\n{body(draft)}"


if __name__ == "__main__":
    for name, brief in CASES.items():
        (DRAFTS / f"{name}.txt").write_text(shown(compose_whole(brief)), encoding="utf-8")
