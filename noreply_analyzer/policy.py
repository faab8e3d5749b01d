"""The whole policy, without I/O: what is done about a message, by which rule, and why.

`read` and `analyze` walk one message from its bytes to a `Decision`. `RULES` is the table it decides by, read from the
top: the first rule that fits decides. `planning` then looks at all drafts of a run together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from .analysis import (
    NOT_CHECKED,
    REPORTS,
    Action,
    Analysis,
    Caution,
    Circumstances,
    Decision,
    Preferences,
    Reading,
    Tools,
    aware,
)
from .authentication import Authentication, Result, Standing, conclude, list_signatures
from .authresults import hear, weigh
from .choice import choose_for_report
from .detection import Answerability, Overrides, is_machine_report, judge
from .ids import is_draft_id
from .language import N_, _
from .lookalike import claim, domains_of, is_shared_with, named_in, shown
from .mentions import mentions_in
from .message import Message
from .registry import Choice, Operator, Registry, choose
from .topic import Topic, classify

__all__ = [
    "NOT_CHECKED",
    "RULES",
    "Action",
    "Analysis",
    "Caution",
    "Circumstances",
    "Decision",
    "Preferences",
    "Reading",
    "Rule",
    "Tools",
    "analyze",
    "aware",
    "decide",
    "prove",
    "read",
    "warm_up",
]

_DOMAINS_TOLD: Final = 3
_NAME_TOLD: Final = 60
_WARMING: Final = b"From: a@example.org\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x 1</p>\r\n"


def warm_up() -> None:
    """Load the languages and the parsers now, so that `worker` does not bill them to the first message."""
    read(_WARMING, Overrides())


def read(raw: bytes, overrides: Overrides) -> Reading:
    """Read, judge and classify a message.

    Raises:
        MessageError: it is no message.
    """
    message = Message.from_bytes(raw)
    subject = classify(message)
    mentions = () if subject.topic is Topic.SECURITY else mentions_in(message)
    return Reading(message=message, verdict=judge(message, overrides), subject=subject, mentions=mentions)


def analyze(
    raw: bytes,
    reading: Reading,
    *,
    circumstances: Circumstances,
    preferences: Preferences,
    registry: Registry,
    tools: Tools,
    prove_all: bool = False,
) -> Analysis:
    """Walk one message, which `Tools.read` has read, to a decision.

    The DNS is asked only where the answer can change what is done, unless *prove_all*: not for mail that is left alone
    anyway, and not where the user's own provider has decided who wrote it.

    Raises:
        MessageError: checking its signatures breaks a limit.
    """
    author = reading.message.author
    match = registry.find(author.address) if author else None
    if match:
        reading = replace(reading, subject=reading.subject.in_sector(match.operator.sector))
    suspect_of, warnings = (match.operator, ()) if match else _warnings(reading.message, registry)
    analysis = Analysis(
        reading=reading,
        circumstances=circumstances,
        # Of a message that shows several authors it is known without a key that somebody pretends.
        authentication=NOT_CHECKED if author else conclude(reading.message, ()),
        match=match,
        suspect_of=suspect_of,
        warnings=warnings,
        decision=Decision(action=Action.LEAVE, rule="", reason=""),
    )
    first = decide(analysis, preferences)
    worth_asking = prove_all and reading.verdict.answerability is Answerability.UNANSWERABLE
    if author and (first.rule == _UNCHECKED.rule or worth_asking):
        proof = prove(raw, analysis, preferences, tools, anyway=prove_all)
        analysis = replace(analysis, authentication=proof)
        first = decide(analysis, preferences)
    return replace(analysis, decision=first, choice=_choice(analysis, first, preferences, registry))


def prove(raw: bytes, analysis: Analysis, preferences: Preferences, tools: Tools, *, anyway: bool) -> Authentication:
    """Find out who wrote it: by the provider's word where it decides, else, or *anyway*, by the signatures.

    Raises:
        MessageError: checking its signatures breaks a limit.
    """
    message, seen = analysis.message, analysis.circumstances
    said = hear(message, preferences.authserv_ids, preferences.received_by)
    if said and said.decides(message) and not anyway:
        ours = conclude(message, list_signatures(message))
    else:
        ours = tools.prove(
            raw, message, at=seen.received or message.date or seen.now, arrived=seen.received, every=anyway
        )
    return weigh(message, ours, said)


def _choice(analysis: Analysis, decision: Decision, preferences: Preferences, registry: Registry) -> Choice | None:
    if decision.rule in REPORTS and analysis.suspect_of:
        today = analysis.circumstances.now.date()
        return choose_for_report(
            analysis.suspect_of, today=today, shelf_life_days=preferences.shelf_life_days, registry=registry
        )
    if decision.action is not Action.DRAFT or analysis.match is None:
        return None
    return choose(
        analysis.match.operator,
        topic=analysis.topic,
        level=preferences.level,
        today=analysis.circumstances.now.date(),
        shelf_life_days=preferences.shelf_life_days,
        registry=registry,
        said=said_of_service(analysis.message),
    )


def said_of_service(message: Message) -> tuple[str, ...]:
    """Give what may name the service that a message is about, the weightiest first: head, then text."""
    author = message.author
    head = f"{author.address.local_part} {author.name}" if author else ""
    return (f"{head} {message.subject}", message.text)


def _warnings(message: Message, registry: Registry) -> tuple[Operator | None, tuple[Caution, ...]]:
    """Warn of whoever is not known to write for an operator, and names it; give that operator too."""
    if message.author is None:
        return _doubts(message, registry)
    found = claim(registry, message.author.name, message.author.address)
    if found is None:
        return None, ()
    if is_shared_with(registry, found.operator, message.author.address.domain):
        sentence = _("may be {operator}, but others have mailboxes at {domain} too, and no record names this address")
        text = sentence.format(operator=found.operator.name, domain=shown(message.author.address.domain))
        return None, (Caution(rule="look-alike", text=text),)
    sentence = (
        _("wears the name of {operator} (“{worn}”), but {domain} is not one of its domains ({own})")
        if found.worn
        else _("wears the name of {operator}, but {domain} is not one of its domains ({own})")
    )
    text = sentence.format(
        operator=found.operator.name,
        worn=found.worn if len(found.worn) <= _NAME_TOLD else found.worn[: _NAME_TOLD - 1] + "…",
        domain=shown(message.author.address.domain),
        own=", ".join(domains_of(found.operator)[:_DOMAINS_TOLD]) or _("none is known"),
    )
    return found.operator, (Caution(rule="look-alike", text=text),)


def _doubts(message: Message, registry: Registry) -> tuple[Operator | None, tuple[Caution, ...]]:
    """Warn of an operator in a From field that mail programs read in different ways."""
    operator = next(filter(None, (named_in(registry, field) for field in message.all("from"))), None)
    if operator is None:
        return None, ()
    sentence = _("shows {operator} where its author cannot be told: {problem}")
    text = sentence.format(operator=operator.name, problem=message.author_problem)
    return operator, (Caution(rule="look-alike", text=text),)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy: when it fits, what is done, and why in words."""

    rule: str
    fits: Callable[[Analysis, Preferences], bool]
    action: Action
    reason: Callable[[Analysis], str]


def _age(analysis: Analysis) -> timedelta:
    """How old a message is by arrival or by Date, whichever says older; a date in the future counts as none."""
    seen = analysis.circumstances
    dates = [when for when in (seen.received, analysis.message.date) if when is not None]
    return max((seen.now - aware(when) for when in dates), default=timedelta(0))


def _is_own_draft(analysis: Analysis) -> bool:
    flags = {flag.lower() for flag in analysis.circumstances.flags}
    return "\\draft" in flags or is_draft_id(analysis.message.message_id or "")


def _is_own_mail(analysis: Analysis, preferences: Preferences) -> bool:
    author = analysis.message.author
    return author is not None and author.address.key in preferences.own_addresses


def _is(answerability: Answerability) -> Callable[[Analysis, Preferences], bool]:
    return lambda analysis, _preferences: analysis.reading.verdict.answerability is answerability


def _is_answerable(analysis: Analysis) -> bool:
    return analysis.reading.verdict.answerability is Answerability.ANSWERABLE


def _is_vouched_for(analysis: Analysis) -> bool:
    """Tell whether the user says that answers are read there: who wears what name is then known, too."""
    return any(evidence.rule == "configured" for evidence in analysis.reading.verdict.evidence)


def _waited_too_long(analysis: Analysis, preferences: Preferences) -> bool:
    since = analysis.circumstances.waiting_since
    return since is not None and analysis.circumstances.now - since >= preferences.give_up


def _is_to_be_reported(analysis: Analysis, preferences: Preferences) -> bool:
    """Tell whether to report it; nothing that looks like a code is ever drafted about, for a draft repeats it."""
    wanted = preferences.report_phishing and analysis.suspect_of is not None
    return wanted and analysis.topic is not Topic.SECURITY


def _to_be_reported(why: str) -> str:
    sentence = _(
        "{reason}; report it to signal-spam.fr too, a text message to 33700; advice: cybermalveillance.gouv.fr"
    )
    return sentence.format(reason=why)


def _by_a_seen_key(analysis: Analysis) -> str:
    """Say so where the key that proves it is no longer published."""
    proof = analysis.authentication
    if proof.key_seen is None:
        return ""
    sentence = _("it cannot be answered, and really comes from {domain}: proven with the key seen on {day}")
    return sentence.format(domain=proof.domain, day=proof.key_seen.date().isoformat())


def _because(sentence: str) -> Callable[[Analysis], str]:
    return lambda _analysis: _(sentence)


_UNCHECKED: Final = Rule(
    "unchecked",
    lambda analysis, _preferences: analysis.authentication is NOT_CHECKED,
    Action.LEAVE,
    _because(N_("nobody has checked yet who wrote it")),
)

RULES: Final = (
    # No echo: what comes from the user, or from this program, is left alone before anything looks at it.
    Rule(
        "own-draft",
        lambda analysis, _p: _is_own_draft(analysis),
        Action.LEAVE,
        _because(N_("it is a draft, or carries a Message-ID of this program")),
    ),
    Rule("own-mail", _is_own_mail, Action.LEAVE, _because(N_("it was written from one of your own addresses"))),
    # What can be answered, and what must never be.
    Rule(
        "automatic",
        _is(Answerability.AUTOMATIC),
        Action.LEAVE,
        _because(N_("it is a bounce or an automatic answer")),
    ),
    Rule(
        "machine-report",
        lambda analysis, _p: is_machine_report(analysis.message),
        Action.LEAVE,
        _because(N_("one program wrote it for another: it is a report about mail")),
    ),
    Rule(
        "answerable",
        lambda analysis, _p: _is_answerable(analysis) and (not analysis.warnings or _is_vouched_for(analysis)),
        Action.LEAVE,
        _because(N_("it can simply be answered")),
    ),
    # Little, and never old.
    Rule(
        "too-old",
        lambda analysis, preferences: not analysis.circumstances.ageless and _age(analysis) > preferences.max_age,
        Action.LEAVE,
        _because(N_("it is older than drafting.max_age_days")),
    ),
    # Whoever wears an operator's name is reported to it, if the user asks for that: never answered.
    Rule(
        "report-look-alike",
        lambda analysis, preferences: bool(analysis.warnings) and _is_to_be_reported(analysis, preferences),
        Action.DRAFT,
        lambda analysis: _to_be_reported(analysis.warnings[0].text),
    ),
    # Whoever shows an operator's address to some readers only means to deceive.
    Rule(
        "doubtful-author",
        lambda analysis, _p: analysis.message.author is None and bool(analysis.warnings),
        Action.TELL,
        lambda analysis: analysis.warnings[0].text,
    ),
    Rule(
        "no-author",
        lambda analysis, _p: analysis.message.author is None,
        Action.LEAVE,
        lambda analysis: _("its author is doubtful: {problem}").format(problem=analysis.message.author_problem),
    ),
    # Who wears a name that is not his is worth a word, whatever he writes about; most of all if he reads the answers.
    Rule(
        "look-alike-answerable",
        lambda analysis, _p: _is_answerable(analysis) and bool(analysis.warnings),
        Action.TELL,
        lambda analysis: _("{warning}; an answer would go to whoever that is").format(
            warning=analysis.warnings[0].text
        ),
    ),
    Rule(
        "look-alike",
        lambda analysis, _p: bool(analysis.warnings),
        Action.TELL,
        lambda analysis: analysis.warnings[0].text,
    ),
    Rule(
        "unclear",
        _is(Answerability.UNCLEAR),
        Action.LEAVE,
        _because(N_("whether it can be answered is not clear")),
    ),
    Rule(
        "security",
        lambda analysis, _p: analysis.topic is Topic.SECURITY,
        Action.LEAVE,
        _because(N_("it is a one-time code, a password reset or a log-in alert")),
    ),
    Rule(
        "topic-not-asked",
        lambda analysis, preferences: analysis.topic not in preferences.topics,
        Action.LEAVE,
        lambda analysis: _("drafting.topics does not name {topic}").format(topic=analysis.topic),
    ),
    Rule(
        "unknown-sender",
        lambda analysis, _p: analysis.match is None and analysis.topic is Topic.OTHER,
        Action.LEAVE,
        _because(N_("no operator of the registry writes from this domain, and what it is about is not clear")),
    ),
    Rule(
        "unknown-operator",
        lambda analysis, _p: analysis.match is None,
        Action.TELL,
        lambda analysis: _("no operator of the registry writes from {domain}; a record would help").format(
            domain=analysis.message.author.address.domain if analysis.message.author else ""
        ),
    ),
    Rule(
        "gone-operator",
        lambda analysis, _p: analysis.match is not None and analysis.match.operator.obsolete is not None,
        Action.TELL,
        lambda analysis: _("{operator} is no longer there: {reason}").format(
            operator=analysis.match.operator.name if analysis.match else "",
            reason=analysis.match.operator.obsolete.reason
            if analysis.match and analysis.match.operator.obsolete
            else "",
        ),
    ),
    # Now, and only now, it matters who really wrote it.
    _UNCHECKED,
    Rule(
        "gave-up",
        lambda analysis, preferences: (
            analysis.authentication.result is Result.TEMPERROR and _waited_too_long(analysis, preferences)
        ),
        Action.TELL,
        lambda analysis: _("who wrote it could not be checked for days: {reason}").format(
            reason=analysis.authentication.reason
        ),
    ),
    Rule(
        "dns-later",
        lambda analysis, _p: analysis.authentication.result is Result.TEMPERROR,
        Action.LATER,
        lambda analysis: analysis.authentication.reason,
    ),
    Rule(
        "report-forged",
        lambda analysis, preferences: (
            analysis.authentication.standing is Standing.CONTRADICTED and _is_to_be_reported(analysis, preferences)
        ),
        Action.DRAFT,
        lambda analysis: _to_be_reported(analysis.authentication.reason),
    ),
    Rule(
        "contradicted",
        lambda analysis, _p: analysis.authentication.standing is Standing.CONTRADICTED,
        Action.TELL,
        lambda analysis: analysis.authentication.reason,
    ),
    Rule(
        "unproven-draft",
        lambda analysis, preferences: not analysis.proven and preferences.unproven is Action.DRAFT,
        Action.DRAFT,
        lambda analysis: _("it cannot be answered; its sender is not proven ({reason}), and the draft says so").format(
            reason=analysis.authentication.reason
        ),
    ),
    Rule(
        "unproven",
        lambda analysis, _p: not analysis.proven,
        Action.TELL,
        lambda analysis: _("its sender could not be proven: {reason}").format(reason=analysis.authentication.reason),
    ),
    Rule(
        "unanswerable-proven",
        lambda _a, _p: True,
        Action.DRAFT,
        lambda analysis: (
            _by_a_seen_key(analysis)
            or _("it cannot be answered, and really comes from {domain}").format(domain=analysis.authentication.domain)
        ),
    ),
)
"""The policy. The first rule that fits decides; the last one always fits."""


def decide(analysis: Analysis, preferences: Preferences) -> Decision:
    """Say what is to be done about one message, seen by itself."""
    rule = next(rule for rule in RULES if rule.fits(analysis, preferences))
    return Decision(action=rule.action, rule=rule.rule, reason=rule.reason(analysis))
