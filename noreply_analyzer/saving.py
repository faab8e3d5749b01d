"""What was decided to be drafted, saved in the drafts mailbox, once: intent, APPEND, outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from .config import Settings
from .connections import Connections
from .equipment import Entry, Saved
from .errors import ServerRefusedError
from .ids import digest
from .language import _
from .ledger import Ledger
from .once import Lying, markers
from .planning import Ceilings, Plan, plan
from .policy import Action, Analysis, Decision
from .source import Position
from .state import Intent

if TYPE_CHECKING:
    from .drafting import Draft

_DRAFTS: Final = "\\Drafts"
"""Under which name the position of the drafts mailbox is kept, whatever the mailbox is called (RFC 6154)."""


@dataclass
class Desk:
    """Where drafts are written: what lies there already, and what comes to it."""

    ledger: Ledger
    connections: Connections
    at_most: int
    """How many drafts this run may still write: earlier accounts have used the rest of ``drafting.per_run``."""
    entries: list[Entry] = field(default_factory=list)
    """What a draft may be written for."""
    _read: tuple[Position, Lying] | None = None
    """What was read of Drafts and Sent, and where Drafts ended then."""
    _refusals: set[str] = field(default_factory=set)

    # What lies there already --------------------------------------------------------------------------------------

    @property
    def _lying(self) -> Lying:
        return (self._read or self._read_anew())[1]

    def _read_anew(self) -> tuple[Position, Lying]:
        # A user may answer a month-old message; its answer lies in Sent no longer than the message is of age.
        since = self.ledger.now - timedelta(days=self._settings.drafting.max_age_days + 1)
        position = self.connections.drafts.position()  # first: what comes while the rest is read makes it another
        traces = tuple(self.connections.carefully(lambda: self.connections.drafts.traces(since=since.date())))
        self._name_unread()
        name = self.connections.drafts.name
        lying = Lying(account=self.ledger.owner, drafts=name, traces=traces, memory=self.ledger.state)
        self._read = (position, lying)
        return self._read

    def _name_unread(self) -> None:
        for ref in self.connections.caution.unread:
            if not self.ledger.knows("unread", ref):
                self.ledger.remember("unread", ref, action=Action.TELL, rule="fetch-failed")
                self.ledger.trouble(_("cannot be read; if it answers something, that is not seen"), 1, ref)

    def check_what_is_answered(self) -> None:
        """Leave out what has its answer in Drafts or Sent by now: a run may have looked, and waited, for minutes."""
        wanted = [index for index, entry in enumerate(self.entries) if entry.analysis.decision.action is Action.DRAFT]
        if wanted:
            self._read_anew()
            self._unanswered(wanted)

    def _unanswered(self, indexes: Sequence[int]) -> tuple[int, ...]:
        """Give what has no answer yet, and say what has one."""
        unanswered = []
        for index in indexes:
            if answer := self._lying.answer_to(self.entries[index].analysis.message):
                reason = _("there is an answer to it in {mailbox} already").format(mailbox=answer.mailbox)
                self._redecide(index, Decision(action=Action.TELL, rule="answered-already", reason=reason))
            else:
                unanswered.append(index)
        return tuple(unanswered)

    def _still_wanted(self, letter: Sequence[int]) -> Sequence[int]:
        """Give what of a letter is to be answered still, whatever else came to Drafts since that was asked last."""
        position = self.connections.drafts.position()
        if self._read and position.certain and position == self._read[0]:
            return letter
        self._read_anew()
        letter = self._unanswered(letter)
        again = self._plan([self.entries[index].analysis for index in letter])
        for within, decision in again.left_out.items():
            self._redecide(letter[within], decision)
        return [letter[within] for part in again.letters for within in part]

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
        planned = self._plan([entry.analysis for entry in self.entries])
        for letter in planned.letters:
            self.ledger.equipment.stop.check()
            with self.ledger.equipment.stop.held():
                self._save_if_taken(letter)
        for index, decision in planned.left_out.items():
            self._redecide(index, decision)

    def _plan(self, analyses: Sequence[Analysis]) -> Plan:
        drafting = self._settings.drafting
        ceilings = Ceilings(
            per_run=self.at_most - self.ledger.drafted,
            pending_per_operator=drafting.pending_per_operator,
            pending_total=drafting.pending_total,
        )
        return plan(analyses, waiting=self._lying.waiting(), ceilings=ceilings)

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
        """Save one draft, if what lies in Drafts by now leaves anything of it to be saved."""
        if self.ledger.equipment.dry_run:
            self._finish(letter, self._compose(letter))
            return
        if letter := self._still_wanted(letter):
            draft = self._compose(letter)
            self._append(letter, draft)
            self._finish(letter, draft)

    def _append(self, letter: Sequence[int], draft: "Draft") -> None:
        """Intent, APPEND, outcome."""
        before, lying = self._read or self._read_anew()
        entries = [self.entries[index] for index in letter]
        group = self._intend(entries, draft.message_id, before)
        try:
            self.connections.drafts.append(draft.as_bytes(), when=self.ledger.now)
        except ServerRefusedError:  # and so it was not saved, for sure
            self.ledger.conclude(group, outcome="undone", rule="refused")
            raise
        self.ledger.conclude(group, outcome="saved", rule=entries[-1].analysis.decision.rule)
        # Where ours alone came, Drafts ends one further now; in a Maildir it does not, and is read anew.
        self._read = (replace(before, uid_next=before.uid_next + 1), lying)

    def _compose(self, letter: Sequence[int]) -> "Draft":
        from .briefing import brief_for
        from .enclosing import compose_whole
        from .stationery import write_with

        window = self._settings.letter.window
        brief = brief_for(
            [self.entries[index].analysis for index in letter],
            account=self.ledger.account,
            settings=self._settings,
            registry=self.ledger.equipment.open_registry(),
            now=self.ledger.now.astimezone(ZoneInfo(self._settings.timezone)),
        )
        brief, problems = self.ledger.equipment.in_own_words(brief)
        draft, problem = write_with(brief, partial(compose_whole, top_mm=window.top_mm, left_mm=window.left_mm))
        for sentence in filter(None, (*problems, problem, draft.problem)):
            self.ledger.trouble(sentence, 1)
        return draft

    def _finish(self, letter: Sequence[int], draft: "Draft") -> None:
        saved = Saved(message_id=draft.message_id, mailbox=self.connections.drafts.name, answers=len(letter))
        for index in letter:
            self.entries[index] = replace(self.entries[index], draft=saved)
            self.ledger.finish(self.entries[index])
        self.ledger.drafted += 1

    def _intend(self, entries: Sequence[Entry], message_id: str, before: Position) -> str:
        first = entries[0].analysis
        slug = first.addressee.slug if first.addressee else ""
        keys = frozenset(entry.analysis.message.key for entry in entries)
        group = digest(self.ledger.owner, slug, first.matter, keys)
        intent = Intent(
            digest=group,
            message_id=message_id,
            operator=slug,
            topic=first.matter,
            keys=keys,
            mailbox=self.connections.drafts.name,
            before=before,
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
