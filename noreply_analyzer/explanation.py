"""One message explained: what was found, what was chosen, what was passed over, and why; in words and as JSON."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from . import report
from .language import _
from .mentions import Kind
from .policy import Analysis
from .portrait import QUALITIES
from .registry import Channel, Choice
from .source import InAccount, InFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A message, and where an answer to it would go."""

    where: InAccount | InFile
    analysis: Analysis
    choice: Choice | None
    """Where a draft goes, or would; ``None`` where nobody knows the operator."""


def as_object(explained: Explained, *, zone: ZoneInfo) -> dict[str, Any]:
    """Give the object of a message, with what only an explanation has: its evidence, references, all channels."""
    analysis, choice = explained.analysis, explained.choice
    found = report.as_object(analysis, source=report.place_of(explained.where), zone=zone)
    found["topic_evidence"] = [
        {"rule": one.rule, "where": one.where, "found": report.shown(one.found)}
        for one in analysis.reading.subject.evidence
    ]
    found["references"] = [
        {"kind": one.kind, "label": one.label, "value": one.value, "where": one.where}
        for one in analysis.reading.mentions
    ]
    found["channels"] = [
        report.channel_of(channel) | {"taken": taken, "why_not": why} for channel, taken, why in _channels(choice)
    ]
    return found


def _channels(choice: Choice | None) -> Iterator[tuple[Channel, bool, str]]:
    if choice is None:
        return
    if choice.channel:
        yield choice.channel, True, ""
    for channel in choice.also:
        yield channel, False, _("named beside it, as another way")
    for channel, why in choice.others:
        yield channel, False, why


# Words --------------------------------------------------------------------------------------------------------------


def lines(explained: Explained, *, zone: ZoneInfo) -> Iterator[str]:
    """Say in lines of text all that led to the decision."""
    analysis = explained.analysis
    yield from _heading(explained, zone)
    for title, said in (
        (_("Can it be answered?"), _answerability(analysis)),
        (_("What is it about?"), _topic(analysis)),
        (_("What does it name?"), _mentions(analysis)),
        (_("Who wrote it?"), _author(analysis)),
        (_("Which operator?"), _operator(analysis)),
        (_("Where would an answer go?"), _answer(explained.choice)),
        (_("What is done?"), _decision(analysis)),
    ):
        yield ""
        yield title
        yield from (f"  {line}" for line in said)


def _heading(explained: Explained, zone: ZoneInfo) -> Iterator[str]:
    message = explained.analysis.message
    subject = report.subject_of(explained.analysis)
    yield _("“{subject}”").format(subject=subject) if subject else _("a message")
    yield "  " + (
        _("from {author}, {day}").format(author=_mailbox(explained.analysis), day=report.day(explained.analysis, zone))
        if message.author
        else _("its author is doubtful: {problem}").format(problem=message.author_problem)
    )
    yield f"  {explained.where}"


def _mailbox(analysis: Analysis) -> str:
    author = analysis.message.author
    if author is None:
        return ""
    return f"{author.name} <{author.address}>" if author.name else str(author.address)


def _answerability(analysis: Analysis) -> Iterator[str]:
    yield {
        "unanswerable": _("No: nobody reads an answer."),
        "answerable": _("Yes."),
        "automatic": _("It is a bounce or an automatic answer: never to be answered."),
        "unclear": _("It is not clear."),
    }[analysis.reading.verdict.answerability]
    for evidence in analysis.reading.verdict.evidence:
        found = report.quoted(evidence, analysis)
        quoted = _("“{subject}”").format(subject=found) if found else _("not shown: it may hold a code")
        yield _("{evidence} – {meaning}").format(
            evidence=_labelled(f"{evidence.rule}, {evidence.where}", quoted), meaning=meaning(evidence.rule)
        )


def meaning(rule: str) -> str:
    """Give in a few words what a rule of `detection.RULES` says."""
    return {
        "author-domain": _("the author's domain says that no answer is read"),
        "author-living": _("nothing says that no answer is read"),
        "author-local-part": _("the author's address says that no answer is read"),
        "author-name": _("the author's name says that no answer is read"),
        "author-problem": _("nobody can tell who wrote it"),
        "automatic-answer": _("a robot answers here, or confirms that mail has arrived"),
        "bounce": _("a mail system returns mail"),
        "configured": _("your configuration says so"),
        "list-post": _("a mailing list takes answers"),
        "reply-to-bounces": _("an answer there would count as returned mail"),
        "reply-to-dead": _("answers would go where none is read"),
        "reply-to-living": _("answers go to another address, and nothing speaks against it"),
        "reply-to-public": _("an answer there would be published"),
        "reply-to-robot": _("a program reads there, not a person"),
        "reply-to-unsubscribes": _("an answer there would take you off a list"),
        "text-invitation": _("the message invites an answer"),
        "text-notice": _("the message says that no answer is read, or where to answer instead"),
    }[rule]


def _topic(analysis: Analysis) -> Iterator[str]:
    yield report.TOPICS[analysis.topic]()
    for evidence in analysis.reading.subject.evidence:
        quoted = _("“{subject}”").format(subject=report.shown(evidence.found))
        yield _labelled(f"{evidence.rule}, {evidence.where}", quoted)


def _mentions(analysis: Analysis) -> Iterator[str]:
    mentions = analysis.reading.mentions
    if not mentions:
        yield _("No number, amount or day that would help to find the case.")
    for mention in mentions:
        yield _labelled(f"{KINDS[mention.kind]()}, {mention.where}", f"{mention.label} → {mention.value}")
    if mentions and not analysis.proven:
        yield _("A draft would quote none of it: nothing proves who wrote it.")


KINDS: Final[Mapping[Kind, Callable[[], str]]] = {
    Kind.CUSTOMER_NUMBER: lambda: _("customer number"),
    Kind.CONTRACT_NUMBER: lambda: _("contract number"),
    Kind.LINE_NUMBER: lambda: _("line"),
    Kind.ACCOUNT_NUMBER: lambda: _("customer account"),
    Kind.INVOICE_NUMBER: lambda: _("invoice number"),
    Kind.ORDER_NUMBER: lambda: _("order number"),
    Kind.FILE_NUMBER: lambda: _("file number"),
    Kind.METER_NUMBER: lambda: _("meter"),
    Kind.PARCEL_NUMBER: lambda: _("parcel number"),
    Kind.POLICY_NUMBER: lambda: _("policy number"),
    Kind.REFERENCE: lambda: _("reference"),
    Kind.AMOUNT: lambda: _("amount"),
    Kind.DUE_DATE: lambda: _("day of payment"),
    Kind.INVOICE_DATE: lambda: _("day of the invoice"),
    Kind.APPOINTMENT_DATE: lambda: _("day of the appointment"),
}
"""What `mentions` finds, in words."""


def _author(analysis: Analysis) -> Iterator[str]:
    proof = analysis.authentication
    if analysis.proven:
        yield _("Proven: it really comes from {domain} ({method}, checked by {who}).").format(
            domain=proof.domain, method=proof.method, who=_("us") if proof.checked_by == "us" else proof.checked_by
        )
        if proof.key_seen:
            sentence = _("The key is no longer published; it was when the message came, and was seen on {day}.")
            yield sentence.format(day=proof.key_seen.date())
    elif proof.checked_by:
        yield {
            "contradicted": _("Contradicted: {reason}"),
            "not-established": _("Not established: {reason}"),
        }[proof.standing].format(reason=proof.reason or _("nothing shows it"))
    else:
        yield _("Not checked: {reason}").format(reason=proof.reason or _("there is no author to prove"))
    for signature in proof.signatures:
        sentence = _("signature of {sdid}, selector {selector}: {result}")
        said = sentence.format(sdid=signature.sdid, selector=signature.selector, result=signature.result)
        yield f"{said} ({signature.reason})" if signature.reason else said
    for caution in analysis.warnings:
        yield _("Warning: {text}").format(text=caution.text)


def _operator(analysis: Analysis) -> Iterator[str]:
    if analysis.match is None:
        yield _("None of the registry writes from this domain.")
        return
    operator = analysis.match.operator
    how = {
        "sender": _("it writes from this domain"),
        "address": _("this is one of its addresses"),
        "website": _("this is the domain of its website"),
    }[analysis.match.matched_by]
    yield _labelled(f"{operator.name} ({operator.slug})", f"{how} [{analysis.match.matched_by}]")
    if not analysis.proven:
        yield _("But nothing proves that it wrote this.")


def _answer(choice: Choice | None) -> Iterator[str]:
    if choice is None:
        yield _("Nowhere: no operator is known.")
        return
    if choice.channel is None:
        yield _("To a letter with a blank for the address: no channel of the record fits.")
    for channel, taken, why in _channels(choice):
        way = f"{channel.id}, {report.MEDIA[channel.medium.value]()}"
        yield f"→ {way}" if taken else "– " + _labelled(way, why)
        yield f"    {channel.target or ', '.join(channel.lines)}"
        if taken:
            yield f"    {_provenance(channel)}"
    if choice.to_verify:
        yield _("This address is only reported; the draft says so.")
    if choice.stale:
        yield _("It is past its shelf life; the draft says so.")


def _labelled(label: str, value: str) -> str:
    return _("{label}: {value}").format(label=label, value=value)


def _provenance(channel: Channel) -> str:
    source = channel.sources[0] if channel.sources else ""
    if channel.stated_on is None:
        sentence = _("{quality}, read on {checked_on}: {source}")
        return sentence.format(quality=QUALITIES[channel.quality](), checked_on=channel.checked_on, source=source)
    return _("{quality}, text of {stated_on}, read on {checked_on}: {source}").format(
        quality=QUALITIES[channel.quality](), stated_on=channel.stated_on, checked_on=channel.checked_on, source=source
    )


def _decision(analysis: Analysis) -> Iterator[str]:
    decision = analysis.decision
    yield _labelled(f"{report.ACTIONS[decision.action]()} [{decision.rule}]", decision.reason)
    if analysis.decision.action == "draft":
        yield _("A run also looks at what lies in Drafts and Sent, and at the ceilings of [drafting].")
