"""What was decided to be drafted, saved in the drafts mailbox, once: intent, APPEND, outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from .config import Settings
from .connections import Connections
from .equipment import Entry, Saved
from .errors import ServerRefusedError
from .ids import digest
from .language import _
from .ledger import Ledger
from .once import Lying, markers
from .planning import Ceilings, plan
from .policy import Action, Decision
from .state import Intent

_DRAFTS: Final = "\\Drafts"
"""Under which name the position of the drafts mailbox is kept, whatever the mailbox is called (RFC 6154)."""


@dataclass
class Desk:
    """Where drafts are written: what lies there already, and what comes to it."""

    ledger: Ledger
    connections: Connections
    entries: list[Entry] = field(default_factory=list)
    """What a draft may be written for."""
    _refusals: set[str] = field(default_factory=set)

    # What lies there already --------------------------------------------------------------------------------------

    @cached_property
    def _lying(self) -> Lying:
        # A user may answer a month-old message; its answer lies in Sent no longer than the message is of age.
        since = self.ledger.now - timedelta(days=self._settings.drafting.max_age_days + 1)
        drafts = self.connections.drafts
        traces = drafts.traces(since=since.date())
        return Lying(account=self.ledger.owner, drafts=drafts.name, traces=traces, memory=self.ledger.state)

    def check_what_is_answered(self) -> None:
        """Leave out what has its answer in Drafts or Sent."""
        for index, entry in enumerate(self.entries):
            analysis = entry.analysis
            if analysis.decision.action is Action.DRAFT and (answer := self._lying.answer_to(analysis.message)):
                reason = _("there is an answer to it in {mailbox} already").format(mailbox=answer.mailbox)
                self._redecide(index, Decision(action=Action.TELL, rule="answered-already", reason=reason))

    # What is written ----------------------------------------------------------------------------------------------

    def resolve_intents(self) -> None:
        """Find out what became of drafts that an earlier run was about to save when it was cut off."""
        for intent in self.ledger.open_intents():
            drafts = self.connections.drafts
            if not self.ledger.is_of_this_place(intent, drafts.name, drafts.position()):
                continue
            outcome = self._lying.outcome_of(intent, drafts.position())
            self.ledger.conclude(intent.digest, outcome=outcome, rule="resumed")
            if outcome == "saved":
                sentence = _("{mailbox}: a draft to {operator}, saved by a run that was cut off before it could say so")
                told = sentence.format(mailbox=self.connections.drafts.name, operator=intent.operator)
                self.ledger.note(told)
            elif outcome == "doubtful":
                sentence = _(
                    "an earlier run was cut off while it saved a draft to {operator}, and the draft is not there now;"
                    " it is not made again, in case you sent or deleted it"
                )
                self.ledger.trouble(sentence.format(operator=intent.operator), 1)

    def name_duplicates(self) -> None:
        """Say where two drafts answer the same: two machines that ran at one instant can have made them."""
        position = self.connections.drafts.position()
        if position.certain and position == self.ledger.position(_DRAFTS):
            return
        for pair in self._lying.duplicates():
            both = [markers(trace)[0] for trace in pair]
            mark = " ".join(["twice", *sorted({marker.digest for marker in both})])
            if not self.ledger.knows(mark):
                self.ledger.remember(mark, action=Action.TELL, rule="twice")
                sentence = _("two drafts to {operator} in {mailbox} answer the same mail; delete one of them")
                mailboxes = ", ".join(dict.fromkeys(trace.mailbox for trace in pair))
                self.ledger.trouble(sentence.format(operator=both[0].operator, mailbox=mailboxes), 1)
        self.ledger.set_position(_DRAFTS, position)

    def write(self) -> None:
        """Save what is to be drafted, and say what is left out."""
        if not any(entry.analysis.decision.action is Action.DRAFT for entry in self.entries):
            return  # nothing was found, or all of it has its answer
        drafting = self._settings.drafting
        ceilings = Ceilings(
            per_run=drafting.per_run,
            pending_per_operator=drafting.pending_per_operator,
            pending_total=drafting.pending_total,
        )
        planned = plan([e.analysis for e in self.entries], waiting=self._lying.waiting(), ceilings=ceilings)
        for letter in planned.letters:
            self.ledger.equipment.stop.check()
            with self.ledger.equipment.stop.held():
                self._save_if_taken(letter)
        for index, decision in planned.left_out.items():
            self._redecide(index, decision)

    def _save_if_taken(self, letter: Sequence[int]) -> None:
        """Save one draft; one that the server refuses is written anew by the next run, and does not keep the others."""
        try:
            self._save(letter)
        except ServerRefusedError as error:
            for index in letter:
                entry = self.entries[index]
                for ref in self.ledger.refs_of(entry):
                    self.ledger.reached.pop(ref.mailbox, None)
            if str(error) not in self._refusals:  # one word is enough for a full mailbox
                self.ledger.trouble(str(error), error.exit_status)
                self._refusals.add(str(error))

    def _save(self, letter: Sequence[int]) -> None:
        """Save one draft: intent, APPEND, outcome."""
        from .briefing import brief_for
        from .drafting import compose

        entries = [self.entries[index] for index in letter]
        draft = compose(
            brief_for(
                [entry.analysis for entry in entries],
                account=self.ledger.account,
                settings=self._settings,
                registry=self.ledger.equipment.open_registry(),
                now=self.ledger.now.astimezone(ZoneInfo(self._settings.timezone)),
            )
        )
        saved = Saved(message_id=draft.message_id, mailbox=self.connections.drafts.name, answers=len(letter))
        if not self.ledger.equipment.dry_run:
            group = self._intend(entries, draft.message_id)
            try:
                self.connections.drafts.append(draft.as_bytes(), when=self.ledger.now)
            except ServerRefusedError:  # and so it was not saved, for sure
                self.ledger.conclude(group, outcome="undone", rule="refused")
                raise
            rule = entries[-1].analysis.decision.rule
            self.ledger.conclude(group, outcome="saved", rule=rule)
        for index in letter:
            self.entries[index] = replace(self.entries[index], draft=saved)
            self.ledger.finish(self.entries[index])

    def _intend(self, entries: Sequence[Entry], message_id: str) -> str:
        first = entries[0].analysis
        slug = first.match.operator.slug if first.match else ""
        keys = frozenset(entry.analysis.message.key for entry in entries)
        group = digest(self.ledger.owner, slug, first.topic, keys)
        intent = Intent(
            digest=group,
            message_id=message_id,
            operator=slug,
            topic=first.topic,
            keys=keys,
            mailbox=self.connections.drafts.name,
            before=self.connections.drafts.position(),
            at=self.ledger.now,
            place=self.ledger.place,
        )
        self.ledger.intend(intent)
        return group

    def _redecide(self, index: int, decision: Decision) -> None:
        entry = self.entries[index]
        self.entries[index] = replace(entry, analysis=replace(entry.analysis, decision=decision))
        self.ledger.finish(self.entries[index])

    @property
    def _settings(self) -> Settings:
        return self.ledger.equipment.settings
