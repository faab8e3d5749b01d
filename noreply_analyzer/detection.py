"""Can this message be answered? The sender's own words decide, and are quoted.

Mail that is automatic (``Auto-Submitted: auto-generated``, ``Precedence``, ``List-*``, ``X-Auto-Response-Suppress``)
is not for that unanswerable: those fields never decide. docs/rules.md explains every rule.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from .address import organizational_domain
from .addresswords import (
    bouncing_words,
    daemon_words,
    dead_words,
    dead_words_in_domain,
    robot_words,
    system_words,
    unsubscribing_words,
)
from .message import Mailbox, Message
from .notices import Said, absence, read, says_dead
from .words import alternatives, fold, languages

RULES: Final = (
    "author-domain",
    "author-living",
    "author-local-part",
    "author-name",
    "author-problem",
    "automatic-answer",
    "bounce",
    "configured",
    "list-post",
    "reply-to-bounces",
    "reply-to-dead",
    "reply-to-living",
    "reply-to-public",
    "reply-to-robot",
    "reply-to-unsubscribes",
    "text-invitation",
    "text-notice",
)
"""Every rule that a verdict's evidence may name."""


class Answerability(StrEnum):
    """Whether an answer to a message would be read."""

    UNANSWERABLE = "unanswerable"
    ANSWERABLE = "answerable"
    AUTOMATIC = "automatic"
    """A bounce or an automatic answer: never to be answered."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason for a verdict."""

    rule: str
    """Stable: stored, printed by ``explain``, named in docs/rules.md."""
    where: str
    """A header field's name, or ``text``."""
    found: str
    """The sender's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a message can be answered, and why we think so; the evidence that decided comes first."""

    answerability: Answerability
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the user says about addresses or domains (canonical, lower case); it wins over every rule.

    An address weighs more than a domain, a longer domain more than a shorter, the Reply-To more than the author.
    """

    dead: frozenset[str] = frozenset()
    alive: frozenset[str] = frozenset()


def judge(message: Message, overrides: Overrides = Overrides()) -> Verdict:
    """Say whether *message* can be answered, and quote why.

    A bounce or an automatic answer stays one whatever the user says about its author. A message whose author is
    doubtful is unanswerable where whoever it is says so: in every address that may be meant, or in the text.
    """
    if automatic := _bounce(message) or _automatic_answer(message):
        return Verdict(answerability=Answerability.AUTOMATIC, evidence=(automatic,))
    replies = () if message.reply_to_problem else message.reply_to
    authors = (message.author,) if message.author else ()
    for where, mailbox in (*(("Reply-To", reply) for reply in replies), *(("From", author) for author in authors)):
        if verdict := _configured(mailbox, where, overrides):
            return verdict
    return _weigh(message, replies)


# What the user says


def _configured(mailbox: Mailbox, where: str, overrides: Overrides) -> Verdict | None:
    for name in _names(mailbox):
        evidence = (Evidence(rule="configured", where=where, found=name),)
        if name in overrides.dead:
            return Verdict(answerability=Answerability.UNANSWERABLE, evidence=evidence)
        if name in overrides.alive:
            return Verdict(answerability=Answerability.ANSWERABLE, evidence=evidence)
    return None


def _names(mailbox: Mailbox) -> Iterator[str]:
    """Give the address, its domain, and every domain above: the exact first."""
    yield mailbox.address.key
    domain = str(mailbox.address.domain)
    while domain:
        yield domain
        domain = domain.partition(".")[2]


# What the sender says


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReplyTo:
    """What the Reply-To field says; at most one of the three is there."""

    dead: Evidence | None = None
    dangerous: Evidence | None = None
    living: Evidence | None = None
    mailbox: Mailbox | None = None
    """The living one."""


def _weigh(message: Message, replies: tuple[Mailbox, ...]) -> Verdict:
    author_dead = _author_dead(message.author) if message.author else _doubtful_author_dead(message)
    reply_to = _read_reply_to(message, replies)
    notice, invitation = _said(message)
    # A dead author whose answers go elsewhere can be answered: then its words only explain.
    no = _present(reply_to.dead, None if reply_to.living else author_dead, notice)
    yes = _present(reply_to.living, invitation)
    if not (author_dead or reply_to.dead or reply_to.living):
        yes += _present(_list_post(message))
    doubt = _present(reply_to.dangerous)
    problem = _present(None if message.author else _problem(message))
    if no and yes and not (notice and _outweighs(message, reply_to, invitation, author_dead)):
        return Verdict(answerability=Answerability.UNCLEAR, evidence=no + yes + doubt + problem)
    if no:
        return Verdict(answerability=Answerability.UNANSWERABLE, evidence=no + yes + doubt + problem)
    if problem or message.author is None:
        return Verdict(answerability=Answerability.UNCLEAR, evidence=problem)
    if doubt:
        return Verdict(answerability=Answerability.UNCLEAR, evidence=doubt + yes)
    living = Evidence(rule="author-living", where="From", found=str(message.author.address))
    context = _present(author_dead) if yes else (living,)
    return Verdict(answerability=Answerability.ANSWERABLE, evidence=yes + context)


def _present(*evidence: Evidence | None) -> tuple[Evidence, ...]:
    return tuple(each for each in evidence if each)


def _problem(message: Message) -> Evidence:
    return Evidence(rule="author-problem", where="From", found=message.author_problem)


def _outweighs(message: Message, reply_to: _ReplyTo, invitation: Evidence | None, dead: Evidence | None) -> bool:
    """Tell whether a notice weighs more than the fields that stand against it.

    It does against a Reply-To within the author's own house that is another of its systems, "trackingmail@" for
    "updates@", and against the List-Post of a message that begins a thread: what a list announces.
    """
    if invitation or message.author is None:
        return False
    if reply_to.living and reply_to.mailbox:
        house, other = message.author.address.domain, reply_to.mailbox.address.domain
        ours = not dead and system_words(reply_to.mailbox.address.local_part)
        return bool(ours) and organizational_domain(house) == organizational_domain(other)
    return not (message.in_reply_to or message.references)


def _author_dead(author: Mailbox) -> Evidence | None:
    if found := dead_words(author.address.local_part):
        return Evidence(rule="author-local-part", where="From", found=found)
    if found := dead_words_in_domain(author.address.domain):
        return Evidence(rule="author-domain", where="From", found=found)
    if says_dead(author.name):
        return Evidence(rule="author-name", where="From", found=author.name)
    return None


_WRITTEN_ADDRESS: Final = re.compile(r"([^\s<>()\[\],;:@\"']{1,64})@")
_MAX_AUTHORS: Final = 10
_MAX_FROM: Final = 2000  # characters of a From field that nobody can read


def _doubtful_author_dead(message: Message) -> Evidence | None:
    """Judge a From field that cannot be read: every address in it says so, whichever the author is."""
    local_parts = [match[1] for value in message.all("from") for match in _WRITTEN_ADDRESS.finditer(value[:_MAX_FROM])]
    if not 0 < len(local_parts) <= _MAX_AUTHORS:
        return None
    found = [dead_words(local_part) for local_part in local_parts]
    return Evidence(rule="author-local-part", where="From", found=found[0]) if all(found) else None


def _read_reply_to(message: Message, replies: tuple[Mailbox, ...]) -> _ReplyTo:
    """Judge the Reply-To by the author's rules; of several addresses, one that is read is enough."""
    author = message.author
    dead = dangerous = None
    for reply in replies:
        if _author_dead(reply) or _leads_nowhere(reply):
            dead = dead or Evidence(rule="reply-to-dead", where="Reply-To", found=_shown(reply))
        elif danger := _danger(message, reply):
            dangerous = dangerous or danger
        elif author is None or reply.address.key != author.address.key:
            living = Evidence(rule="reply-to-living", where="Reply-To", found=str(reply.address))
            return _ReplyTo(living=living, mailbox=reply)
        else:
            return _ReplyTo()
    return _ReplyTo(dead=dead) if dead else _ReplyTo(dangerous=dangerous)


def _leads_nowhere(reply: Mailbox) -> bool:
    """Tell whether a Reply-To names a host without a domain, where no mail from outside arrives."""
    return "." not in reply.address.domain


_POSTING_TOKEN: Final = re.compile(
    r"(?:reply|replies|incoming|post|comment)[+.=_-][A-Za-z0-9+/=_-]{12,}\Z", re.IGNORECASE
)


def _danger(message: Message, reply: Mailbox) -> Evidence | None:
    """Say what else than being read happens to an answer to *reply*."""
    local_part, labels = reply.address.local_part, reply.address.domain.split(".")
    if found := unsubscribing_words(local_part):
        return Evidence(rule="reply-to-unsubscribes", where="Reply-To", found=found)
    if found := bouncing_words(local_part) or next(filter(bouncing_words, labels), ""):
        return Evidence(rule="reply-to-bounces", where="Reply-To", found=found)
    if found := robot_words(local_part) or next(filter(robot_words, labels[:-1]), ""):
        return Evidence(rule="reply-to-robot", where="Reply-To", found=found)
    if _POSTING_TOKEN.match(local_part) and (message.first("list-id") or message.first("list-post")):
        return Evidence(rule="reply-to-public", where="Reply-To", found=str(reply.address))
    return None


def _shown(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else str(mailbox.address)


def _said(message: Message) -> tuple[Evidence | None, Evidence | None]:
    """Give the notice and the invitation in the subject or the text, the subject first."""
    subject = Said() if message.in_reply_to else read(message.subject)  # a thread's subject is anybody's
    text = read(message.text)
    return (
        _quoted("text-notice", subject.notice, text.notice),
        _quoted("text-invitation", subject.invitation, text.invitation),
    )


def _quoted(rule: str, subject: str, text: str) -> Evidence | None:
    if not (subject or text):
        return None
    return Evidence(rule=rule, where="Subject" if subject else "text", found=subject or text)


def _list_post(message: Message) -> Evidence | None:
    """Give the address that a mailing list is written to; ``NO`` is a list without posts (RFC 2369 section 3.4)."""
    value = message.first("list-post")
    if not value or _keyword(value) == "no":
        return None
    return Evidence(rule="list-post", where="List-Post", found=value)


# Automatic answers and bounces

_COMMENT: Final = re.compile(r"\([^()]{0,1000}\)")
_AUTOREPLY_FIELDS: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-autoreply-from",
    "x-mail-autoreply",
)
"""Fields that only answering robots write; their value does not matter unless it is "no"."""
_AUTOREPLY_VALUES: Final = {
    "auto-submitted": {"auto-replied", "vacation"},  # RFC 3834 section 5; the second is no standard
    "x-autogenerated": {"reply"},
    "precedence": {"auto_reply", "auto-reply"},
    "x-precedence": {"auto_reply", "auto-reply"},
    "x-apple-action": {"vacation"},
    "x-fc-machinegenerated": {"true"},
    "delivered-to": {"autoresponder"},
}


def _keyword(value: str) -> str:
    """Give the first word of a field's value in lower case, without comments and parameters."""
    return _COMMENT.sub(" ", value).partition(";")[0].strip().lower()


def _bounce(message: Message) -> Evidence | None:
    if _is_report(message, "delivery-status"):
        return Evidence(rule="bounce", where="Content-Type", found=message.content_type)
    if failed := message.first("x-failed-recipients"):
        return Evidence(rule="bounce", where="X-Failed-Recipients", found=failed)
    author = _author_text(message)
    if found := daemon_words(author):
        return Evidence(rule="bounce", where="From", found=found)
    if failed := next((value for value in message.all("auto-submitted") if _FAILURE.search(value)), ""):
        return Evidence(rule="bounce", where="Auto-Submitted", found=failed)
    if _starts(message, "bounce") and (
        _returns_nowhere(message) or "postmaster" in author.casefold() or _STATUS.search(message.text[:_MAX_STATUS])
    ):
        return Evidence(rule="bounce", where="Subject", found=message.subject)
    return None


_FAILURE: Final = re.compile(
    r"\((?:failure|warning-timeout|postmaster-(?:error|warning)|return-receipt)\)", re.IGNORECASE
)
"""What sendmail writes behind ``auto-generated`` on the mail that it returns."""
_STATUS: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b|^\W{0,9}[45]\d\d[ -]|Final-Recipient:", re.MULTILINE)
"""The words of a mail server in the text: an RFC 3463 status, an SMTP reply, a field of a report."""
_MAX_STATUS: Final = 8000


def _is_report(message: Message, kind: str) -> bool:
    """Tell whether the message is a report (RFC 6522) of that kind; others, such as DMARC's, are no answers."""
    content_type = message.content_type.lower()
    return content_type.startswith("multipart/report") and kind in content_type


_ABOUT_MAIL: Final = re.compile(r"report domain: ?\S+ submitter:", re.IGNORECASE)
"""The subject of a report on mail in a domain's name (RFC 7489 section 7.2.1.1)."""


def is_machine_report(message: Message) -> bool:
    """Tell whether one program wrote it for another: a report of any kind (RFC 6522, RFC 7489)."""
    return message.content_type.lower().startswith("multipart/report") or bool(_ABOUT_MAIL.match(message.subject))


def _author_text(message: Message) -> str:
    """Give the author's local part; of an author that cannot be read, the whole field (RFC 3464 mail often is such)."""
    return message.author.address.local_part if message.author else message.first("from")


def _returns_nowhere(message: Message) -> bool:
    """Tell whether the envelope's sender was empty (RFC 5321 section 4.5.5)."""
    return any(value.replace(" ", "") in {"<>", ""} for value in message.all("return-path"))


def _automatic_answer(message: Message) -> Evidence | None:
    if _is_report(message, "disposition-notification"):  # a receipt (RFC 8098)
        return Evidence(rule="automatic-answer", where="Content-Type", found=message.content_type)
    for name, value in message.fields:
        if _is_autoreply(name, value):
            return Evidence(rule="automatic-answer", where=_capitals(name), found=value)
    if _starts(message, "automatic") and not message.first("list-unsubscribe"):
        return Evidence(rule="automatic-answer", where="Subject", found=message.subject)
    if _answers_by_itself(message):
        if _starts(message, "absence"):
            return Evidence(rule="automatic-answer", where="Subject", found=message.subject)
        if not message.first("list-unsubscribe") and (found := absence(message.text)):
            return Evidence(rule="automatic-answer", where="text", found=found)
    return None


def _is_autoreply(name: str, value: str) -> bool:
    if name in _AUTOREPLY_FIELDS:
        return _keyword(value) not in {"no", "false"}
    if name == "x-post-messageclass":
        return "autoresponder" in value.lower()
    return bool(_AUTOREPLY_VALUES.get(name, set()).intersection(_keyword(value).split(" ", 1)[:1]))


def _answers_by_itself(message: Message) -> bool:
    generated = any(_keyword(value) not in {"no", ""} for value in message.all("auto-submitted"))
    answers = message.in_reply_to or message.first("precedence").lower() in {"bulk", "junk"}
    suppressed = message.first("x-auto-response-suppress") or message.first("x-ms-exchange-inbox-rules-loop")
    return bool(generated or answers or suppressed or _returns_nowhere(message))


@cache
def _openings(kind: str) -> re.Pattern[str]:
    return alternatives(pattern for each in languages().values() for pattern in getattr(each.subject, kind))


_ANSWER_TO: Final = re.compile(r" (?=(?:re|rep|aw|sv|antw|odp|rif|res|r) ?:)")
"""Where a robot put its words before another's subject, with nothing in between."""


def _starts(message: Message, kind: str) -> bool:
    subject = fold(message.subject)
    return _openings(kind).match(_ANSWER_TO.sub(": ", subject)) is not None


def _capitals(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
