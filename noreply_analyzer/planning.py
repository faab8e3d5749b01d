"""All drafts of a run together: one letter, not ten, and never too many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .language import _, ngettext
from .policy import Action, Analysis, Decision, aware
from .topic import Topic

Matter = tuple[str, Topic]
"""Whom a draft goes to and what it is about: an operator's slug, and a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """How many drafts may be written and may wait."""

    per_run: int = 10
    pending_per_operator: int = 1
    pending_total: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is written, as groups of indexes into what was analyzed (oldest first); and what is not, and why."""

    letters: tuple[tuple[int, ...], ...]
    left_out: Mapping[int, Decision]


def plan(analyses: Sequence[Analysis], *, waiting: Mapping[Matter, int], ceilings: Ceilings) -> Plan:
    """Put what one operator wrote on one topic into one letter, newest letters first, and keep to the ceilings.

    *waiting* counts our drafts that still lie in the drafts mailbox.
    """
    groups: dict[tuple[Matter, bool], list[int]] = {}
    for index, analysis in enumerate(analyses):
        if analysis.decision.action is Action.DRAFT and (addressee := analysis.addressee):
            # What is proven never shares a letter with what is not: the letter would lend it its proof.
            key = ((addressee.slug, analysis.matter), analysis.proven)
            groups.setdefault(key, []).append(index)
    letters: list[tuple[int, ...]] = []
    left_out: dict[int, Decision] = {}
    total = sum(waiting.values())
    here: Counter[Matter] = Counter(waiting)
    for (matter, _proven), members in sorted(groups.items(), key=lambda item: -_newest(analyses, item[1])):
        decision = _over_a_ceiling(here[matter], total, len(letters), ceilings)
        if decision:
            left_out.update({index: _left_out(analyses[index], decision) for index in members})
            continue
        letters.append(tuple(sorted(members, key=lambda index: _when(analyses[index]))))
        total += 1
        here[matter] += 1
    return Plan(letters=tuple(letters), left_out=left_out)


def _left_out(analysis: Analysis, decision: Decision) -> Decision:
    """Say of what was to be reported what is wrong with it, too: the user is warned now, whenever the report comes."""
    if not analysis.is_report:
        return decision
    reason = _("{said}; {more}").format(said=analysis.decision.reason, more=decision.reason)
    return replace(decision, reason=reason)


def _over_a_ceiling(waiting: int, total: int, written: int, ceilings: Ceilings) -> Decision | None:
    if waiting >= ceilings.pending_per_operator:
        reason = _("a draft to this operator on this topic waits in your drafts mailbox")
        return Decision(action=Action.TELL, rule="draft-waiting", reason=reason)
    if total >= ceilings.pending_total:
        sentence = ngettext(
            "{count} draft waits in your drafts mailbox already; it comes when you have sent or deleted it",
            "{count} drafts wait in your drafts mailbox already; it comes when you have sent or deleted some",
            total,
        )
        return Decision(action=Action.LATER, rule="drafts-full", reason=sentence.format(count=total))
    if written >= ceilings.per_run:
        reason = _("a run writes no more drafts than drafting.per_run; it comes with the next")
        return Decision(action=Action.LATER, rule="per-run", reason=reason)
    return None


def _when(analysis: Analysis) -> float:
    when = analysis.message.date or analysis.circumstances.received or analysis.circumstances.now
    return aware(when).timestamp()


def _newest(analyses: Sequence[Analysis], members: Sequence[int]) -> float:
    return max(_when(analyses[index]) for index in members)
