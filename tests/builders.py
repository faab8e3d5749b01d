"""What several test files build on: messages, operators and analyses, any part of which can be changed by name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from noreply_analyzer.address import Address
from noreply_analyzer.authentication import Authentication, Result, Standing
from noreply_analyzer.detection import Answerability, Evidence, Verdict
from noreply_analyzer.message import Mailbox, Message
from noreply_analyzer.policy import Action, Analysis, Circumstances, Decision, Reading
from noreply_analyzer.records import Audience, Channel, Medium, Operator, Purpose, Quality, Sender
from noreply_analyzer.registry import Match, MatchedBy
from noreply_analyzer.topic import Subject, Topic

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""The time of day in every test that needs one; never the machine's."""


def a_mailbox(address: str = "noreply@telecom.example", name: str = "Télécom Exemple") -> Mailbox:
    """Give one address with its display name."""
    return Mailbox(address=Address.parse(address), name=name)


def a_message(**changes: Any) -> Message:  # noqa: ANN401 - any field of a Message
    """Give a bill of Télécom Exemple, of yesterday; *changes* are fields of `Message`."""
    fields: dict[str, Any] = {
        "key": "0123456789abcdef0123456789abcdef",
        "message_id": "<facture.12@telecom.example>",
        "date": NOW - timedelta(days=1),
        "author": a_mailbox(),
        "subject": "Votre facture du 12 novembre",
        "text": "Votre facture est de 42,99 €. Merci de ne pas répondre à ce message.",
    }
    return Message(**fields | changes)


def a_channel(**changes: Any) -> Channel:  # noqa: ANN401 - any field of a Channel
    """Give the customer service's postal address; *changes* are fields of `Channel`."""
    fields: dict[str, Any] = {
        "id": "service-client",
        "medium": Medium.POST,
        "purpose": Purpose.CUSTOMER_SERVICE,
        "audience": Audience.CONSUMERS,
        "lines": ("Télécom Exemple", "Service Clients", "TSA 00000", "00000 VILLE CEDEX"),
        "quality": Quality.ARCHIVED,
        "stated_on": date(2026, 10, 1),
        "checked_on": date(2026, 11, 2),
        "sources": ("https://telecom.example/contact",),
    }
    return Channel(**fields | changes)


def a_sender(domain: str = "telecom.example", **changes: Any) -> Sender:  # noqa: ANN401 - any field of a Sender
    """Give a domain that an operator writes from; *changes* are fields of `Sender`."""
    fields: dict[str, Any] = {
        "domain": domain,
        "sources": ("https://telecom.example/mail",),
        "stated_on": date(2026, 10, 1),
        "checked_on": date(2026, 11, 2),
    }
    return Sender(**fields | changes)


def an_operator(slug: str = "telecom-exemple", **changes: Any) -> Operator:  # noqa: ANN401 - any field of an Operator
    """Give Télécom Exemple, which no customer can write to by e-mail; *changes* are fields of `Operator`."""
    fields: dict[str, Any] = {
        "name": "Télécom Exemple",
        "sector": "telecom",
        "senders": (a_sender(),),
        "channels": (a_channel(),),
    }
    return Operator(slug=slug, **fields | changes)


def a_match(**changes: Any) -> Match:  # noqa: ANN401 - any field of an Operator
    """Give the operator as the registry found it by a sender's domain; *changes* are those of `an_operator`."""
    return Match(an_operator(**changes), MatchedBy.SENDER)


PROVEN = Authentication(
    result=Result.PASS, standing=Standing.PROVEN, domain="telecom.example", method="dkim", checked_by="us"
)
UNSIGNED = Authentication(result=Result.NONE, standing=Standing.NOT_ESTABLISHED, reason="it carries no signature")


def a_verdict(answerability: Answerability = Answerability.UNANSWERABLE) -> Verdict:
    """Give a verdict that quotes the author's local part."""
    evidence = Evidence(rule="author-local-part", where="From", found="noreply")
    return Verdict(answerability=answerability, evidence=(evidence,))


def a_reading(
    message: Message | None = None,
    *,
    answerability: Answerability = Answerability.UNANSWERABLE,
    topic: Topic = Topic.BILLING,
) -> Reading:
    """Give what was read out of *message*."""
    return Reading(message=message or a_message(), verdict=a_verdict(answerability), subject=Subject(topic=topic))


DRAFT_IT = Decision(action=Action.DRAFT, rule="unanswerable-proven", reason="it cannot be answered")


def an_analysis(
    message: Message | None = None,
    *,
    answerability: Answerability = Answerability.UNANSWERABLE,
    topic: Topic = Topic.BILLING,
    **changes: Any,  # noqa: ANN401 - any field of an Analysis
) -> Analysis:
    """Give a proven bill of Télécom Exemple, decided to be drafted to; *changes* are fields of `Analysis`."""
    fields: dict[str, Any] = {
        "reading": a_reading(message, answerability=answerability, topic=topic),
        "circumstances": Circumstances(now=NOW, received=NOW - timedelta(days=1)),
        "authentication": PROVEN,
        "match": a_match(),
        "decision": DRAFT_IT,
    }
    return Analysis(**fields | changes)
