"""The loop: from what is new in an account's mailboxes to drafts in its drafts mailbox, each once.

The order is what makes it once: a message is forgotten about only after what was decided is on the disk, a draft is
an intent on the disk before it is in the mailbox, and a mailbox counts as read only after all of that.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from . import sieve
from .address import Address
from .config import Account, Settings
from .detection import Overrides
from .errors import (
    InterruptedRunError,
    MessageError,
    NoreplyAnalyzerError,
    ServerRefusedError,
    StateError,
    UnreachableError,
)
from .ids import digest
from .language import _
from .mailboxes import Listed
from .once import Lying
from .planning import Ceilings, plan
from .policy import (
    Action,
    Analysis,
    Circumstances,
    Decision,
    Preferences,
    Tools,
    analyze,
)
from .registry import Registry
from .source import DraftsMailbox, Found, MailSource, MessageRef, Position
from .state import Intent, State, Waiting
from .topic import Topic

log = logging.getLogger(__name__)

_CONNECTIONS: Final = 4
"""How often one run connects to one account: a server that hangs up at one mailbox must not cost the others."""

_DRAFTS: Final = "\\Drafts"
"""Under which name the position of the drafts mailbox is kept, whatever the mailbox is called (RFC 6154)."""

_LOOKING: Final = 0.7
"""Which part of its time a run looks at mail; the rest is for writing what it found."""

WORST_FIRST: Final = (130, 78, 77, 74, 69, 75, 65, 64, 1)
"""Which exit status counts where several accounts end differently."""


class Store(MailSource, Protocol):
    """A mail store with a drafts mailbox: what an account is."""

    @property
    def secured_by(self) -> str:
        """The version of TLS; empty where there is none, as on this machine."""
        ...

    def listed(self) -> Sequence[Listed]:
        """List every mailbox, also those that are never read."""
        ...

    def drafts(self, configured: str = "", sent: str = "") -> DraftsMailbox:
        """Give the drafts mailbox, found by its attribute, by its usual names or by the configuration."""
        ...


class Stop(Protocol):
    """Whether somebody pressed Ctrl-C."""

    def check(self) -> None:
        """End the run here, by an exception, if it is to end."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Let a step that must not be cut in half come to its end first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Where a draft lies."""

    message_id: str
    mailbox: str
    answers: int
    """How many messages it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, what was found out, and what was done."""

    account: str
    ref: MessageRef
    analysis: Analysis
    draft: Saved | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that could not be done, in a sentence."""

    account: str
    sentence: str
    status: int
    ref: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that is worth a word and belongs to no single message of this run."""

    account: str
    sentence: str


Say = Callable[[Entry | Trouble | Note], None]
Remaining = Callable[[], float]
"""How many seconds there are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What a run works with, all of it handed in."""

    settings: Settings
    state: State
    open_registry: Callable[[], Registry]
    """Called when there is something to look at: a run that finds nothing new reads no record."""
    tools: Tools
    open_store: Callable[[Account, Remaining], AbstractContextManager[Store]]
    clock: Callable[[], datetime]
    """The time of day, with its zone."""
    stop: Stop
    say: Say
    dry_run: bool = False
    monotonic: Callable[[], float] = time.monotonic


def run_accounts(equipment: Equipment, accounts: Sequence[Account]) -> int:
    """Look at every account once; give the exit status.

    What goes wrong with one account is said and does not keep the others from being looked at.

    Raises:
        StateError: nothing can be remembered, so nothing may be done.
        InterruptedRunError: after the step in hand.
    """
    now = equipment.monotonic
    ends_at = now() + equipment.settings.limits.run_seconds
    statuses = {0}
    equipment.state.forget_what_is_old(equipment.clock())
    for index, account in enumerate(accounts):
        # Its share of what is left: a flooded account must not keep the next one from being looked at.
        share = (ends_at - now()) / (len(accounts) - index)
        end = now() + share
        run = _AccountRun(equipment, account, remaining=_until(now, end), look_until=end - (1 - _LOOKING) * share)
        try:
            run.look_once()
        except (StateError, InterruptedRunError):
            raise  # the one concerns every account, the other ends the run
        except NoreplyAnalyzerError as error:
            run.trouble(str(error), error.exit_status)
        statuses |= run.statuses
    return worst(statuses)


def _until(now: Callable[[], float], end: float) -> Remaining:
    return lambda: end - now()


def worst(statuses: set[int]) -> int:
    """Give the exit status that counts."""
    return next((status for status in WORST_FIRST if status in statuses), 0)


@dataclass
class _AccountRun:
    """One look at one account."""

    equipment: Equipment
    account: Account
    remaining: Remaining
    look_until: float
    """By `Equipment.monotonic`; after it nothing more is looked at, and what was found is written."""
    statuses: set[int] = field(default_factory=set)
    _entries: list[Entry] = field(default_factory=list)
    """What a draft may be written for; everything else is done with as soon as it is decided."""
    _refs: dict[str, list[MessageRef]] = field(default_factory=dict)
    """Where each message lies, by its key, as far as this run has seen it."""
    _put_off_keys: set[str] = field(default_factory=set)
    _left: dict[str, NoreplyAnalyzerError] = field(default_factory=dict)
    """Mailboxes that the server did not let this run read, and why."""
    _reached: dict[str, Position] = field(default_factory=dict)
    """How far each mailbox was read; remembered at the end, when all that was found there is done with."""

    def __post_init__(self) -> None:
        self._id = Address.parse(self.account.address).key
        # Two accounts may have one address: messages and drafts are the address's, positions the place's.
        self._place = f"{self._id} {self.account.path or f'{self.account.login}@{self.account.host}'}"
        self._now = self.equipment.clock()
        self._connected = 0
        self._refusals: set[str] = set()

    # The road -----------------------------------------------------------------------------------------------------

    def look_once(self) -> None:
        """Walk the whole road once."""
        with ExitStack() as self._connections:
            self._connect()
            self._resolve_intents()
            self._name_duplicates()
            self._look_at_what_waits()
            self._look_at_what_is_new()
            self._check_what_is_answered()
            self._write_drafts()
            for mailbox, position in self._reached.items():
                self._state.set_position(self._place, mailbox, position)

    def trouble(self, sentence: str, status: int, ref: MessageRef | None = None) -> None:
        """Say that something could not be done."""
        self.statuses.add(status)
        self.equipment.say(Trouble(account=self.account.name, sentence=sentence, status=status, ref=ref))

    # The server ---------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        opened = self.equipment.open_store(self.account, self.remaining)
        self._store = self._connections.enter_context(opened)
        self.__dict__.pop("_drafts", None)  # it belongs to the connection before
        self._connected += 1

    @contextmanager
    def _costing_only(self, mailbox: str) -> Iterator[None]:
        """Have what goes wrong in one mailbox cost that mailbox, until the next run, and not the others.

        Raises:
            UnreachableError, ServerRefusedError: there is no server to ask for the others.
        """
        try:
            yield
        except (ServerRefusedError, UnreachableError) as error:
            sentence = f"{mailbox}: {error}"
            if isinstance(error, UnreachableError) or error.hung_up:
                self._connect_again(type(error)(sentence))
            self._left[mailbox] = error
            self.trouble(sentence, error.exit_status if isinstance(error, UnreachableError) else 1)

    def _connect_again(self, problem: NoreplyAnalyzerError) -> None:
        if self._connected == _CONNECTIONS:
            raise problem
        try:
            self._connect()
        except (StateError, InterruptedRunError):
            raise
        except NoreplyAnalyzerError as error:
            raise problem from error

    @cached_property
    def _mailboxes(self) -> Sequence[str]:
        return tuple(self._store.mailboxes())

    # What is there ------------------------------------------------------------------------------------------------

    def _look_at_what_waits(self) -> None:
        for waiting in self._state.waiting(self._place):
            self.equipment.stop.check()
            if self._out_of_time():
                return
            if waiting.ref.mailbox not in self._mailboxes:
                self._wait_for_its_mailbox(waiting)
            elif waiting.ref.mailbox not in self._left:
                with self._costing_only(waiting.ref.mailbox):
                    self._look_again(waiting)

    def _wait_for_its_mailbox(self, waiting: Waiting) -> None:
        # It may come back with all its UIDs, and then nothing else would lead there again. If it was renamed, what
        # lies in it is found under the new name.
        if self._now - waiting.since > timedelta(days=self._settings.limits.give_up_days):
            self._state.settle(self._place, waiting.ref)

    def _look_again(self, waiting: Waiting) -> None:
        if self._store.position(waiting.ref.mailbox).uid_validity == waiting.ref.uid_validity:
            seen = Circumstances(now=self._now, received=waiting.received, waiting_since=waiting.since)
            self._fetch_and_consider(waiting.ref, seen)
        else:  # it has another UID, and is found again as something new
            self._state.settle(self._place, waiting.ref)

    def _look_at_what_is_new(self) -> None:
        for mailbox in self._mailboxes:
            if mailbox in self._left:
                continue
            with self._costing_only(mailbox):
                if not self._look_into(mailbox):
                    sentence = _("stopped after limits.run_seconds ({seconds} s); the rest comes with the next run")
                    self.trouble(sentence.format(seconds=self._settings.limits.run_seconds), 75)
                    return
        if self._left.keys() >= set(self._mailboxes):  # nothing could be read at all
            self.statuses |= {error.exit_status for error in self._left.values()}

    def _look_into(self, mailbox: str) -> bool:
        """Look at what is new in one mailbox; tell whether there was time for all of it."""
        before = self._state.position(self._place, mailbox)
        reached = self._store.position(mailbox)
        if before == reached and reached.certain:
            return True
        log.info("%s/%s: looking at what is new before UID %d", self.account.name, mailbox, reached.uid_next)
        self._reached[mailbox] = done = self._look_through(mailbox, before, reached)
        return done == reached

    def _look_through(self, mailbox: str, before: Position | None, reached: Position) -> Position:
        """Look at what is new in one mailbox; give how far that went."""
        drafting = self._settings.drafting
        days = drafting.first_run_days if before is None else drafting.max_age_days
        since = (self._now - timedelta(days=days)).date()
        for found in self._store.messages(mailbox, after=before, since=since):
            self.equipment.stop.check()
            if self._out_of_time():
                return Position(uid_validity=reached.uid_validity, uid_next=found.order)
            if found.order < reached.uid_next and self._worth_fetching(found, since_days=days):
                seen = Circumstances(now=self._now, received=found.received, flags=found.flags)
                self._fetch_and_consider(found.ref, seen)
        return reached

    def _worth_fetching(self, found: Found, *, since_days: int) -> bool:
        if "\\draft" in {flag.lower() for flag in found.flags}:
            return False
        if found.received and self._now - found.received > timedelta(days=since_days):
            return False
        if not found.header and found.size <= self._settings.limits.message_bytes:
            return True  # the server did not show it: ask for the whole, which it may give, or else is named
        knows, dead = self._registry.knows, self._preferences.overrides.dead
        return bool(sieve.candidate(found.header, known=knows, dead=dead))

    def _fetch_and_consider(self, ref: MessageRef, seen: Circumstances) -> None:
        """Decide about one message by itself; what is not for a draft is done with here."""
        name = _name_of(ref)
        if self._state.knows(self._id, f"skipped {name}"):
            self._state.settle(self._place, ref)
            return
        try:
            analysis = self._analyze(ref, seen)
        except MessageError as error:
            self._state.settle(self._place, ref)
            self._state.remember(self._id, f"skipped {name}", action=Action.TELL, rule="skipped", at=self._now)
            self.trouble(_("skipped: {error}").format(error=error), 1, ref)
            return
        except ServerRefusedError as error:
            self._wait(ref, seen, rule="fetch-failed")
            self.trouble(_("not looked at, and tried again by the next run: {error}").format(error=error), 1, ref)
            if error.hung_up:  # or the next message would be blamed for it
                self._connect_again(error)
            return
        if analysis is None:
            return
        _log(ref, analysis)
        entry = Entry(account=self.account.name, ref=ref, analysis=analysis.without_text())
        if analysis.decision.action is Action.DRAFT:
            self._entries.append(entry)
        else:
            self._finish(entry)

    def _analyze(self, ref: MessageRef, seen: Circumstances) -> Analysis | None:
        """Give what is found out about a message, or ``None`` if it is gone, or was decided on wherever it lay."""
        raw = self._fetch(ref)
        if raw is None:
            self._state.settle(self._place, ref)
            return None
        reading = self.equipment.tools.read(raw, self._preferences.overrides)
        if self._is_known(reading.message.key, ref, seen):
            return None
        return analyze(
            raw,
            reading,
            circumstances=seen,
            preferences=self._preferences,
            registry=self._registry,
            tools=self.equipment.tools,
        )

    def _fetch(self, ref: MessageRef) -> bytes | None:
        """Fetch a message; one that broke the connection twice is not asked for again, or no run would get past it."""
        name = _name_of(ref)
        if self._state.knows(self._id, f"failed twice {name}"):
            raise MessageError(_("the server failed twice to give it"))
        try:
            return self._store.fetch(ref)
        except (UnreachableError, ServerRefusedError):
            times = "twice" if self._state.knows(self._id, f"failed once {name}") else "once"
            self._state.remember(
                self._id, f"failed {times} {name}", action=Action.LATER, rule="fetch-failed", at=self._now
            )
            raise

    def _is_known(self, key: str, ref: MessageRef, seen: Circumstances) -> bool:
        if self._state.knows(self._id, key):
            self._state.settle(self._place, ref)
            return True
        refs = self._refs.setdefault(key, [])
        refs.append(ref)
        if key in self._put_off_keys:  # a copy of it waits: so does this one, for the user may delete either
            self._wait(ref, seen, rule="copy")
        return len(refs) > 1

    # What is answered already -------------------------------------------------------------------------------------

    @cached_property
    def _drafts(self) -> DraftsMailbox:
        return self._store.drafts(self.account.drafts, self.account.sent)

    @cached_property
    def _lying(self) -> Lying:
        # A user may answer a month-old message; its answer lies in Sent no longer than the message is of age.
        since = self._now - timedelta(days=self._settings.drafting.max_age_days + 1)
        traces = self._drafts.traces(since=since.date())
        return Lying(account=self._id, drafts=self._drafts.name, traces=traces, memory=self._state)

    def _check_what_is_answered(self) -> None:
        for index, entry in enumerate(self._entries):
            analysis = entry.analysis
            if analysis.decision.action is Action.DRAFT and (answer := self._lying.answer_to(analysis.message)):
                reason = _("there is an answer to it in {mailbox} already").format(mailbox=answer.mailbox)
                self._redecide(index, Decision(action=Action.TELL, rule="answered-already", reason=reason))

    # What is written ----------------------------------------------------------------------------------------------

    def _resolve_intents(self) -> None:
        """Find out what became of drafts that an earlier run was about to save when it was cut off."""
        for intent in self._state.open_intents(self._id):
            outcome = self._lying.outcome_of(intent, self._drafts.position())
            self._state.conclude(self._id, intent.digest, outcome=outcome, rule="resumed", at=self._now)
            if outcome == "saved":
                sentence = _("{mailbox}: a draft to {operator}, saved by a run that was cut off before it could say so")
                told = sentence.format(mailbox=self._drafts.name, operator=intent.operator)
                self.equipment.say(Note(account=self.account.name, sentence=told))
            elif outcome == "doubtful":
                sentence = _(
                    "an earlier run was cut off while it saved a draft to {operator}, and the draft is not there now;"
                    " it is not made again, in case you sent or deleted it"
                )
                self.trouble(sentence.format(operator=intent.operator), 1)

    def _name_duplicates(self) -> None:
        """Say where two drafts answer the same: two machines that ran at one instant can have made them."""
        position = self._drafts.position()
        if position.certain and position == self._state.position(self._place, _DRAFTS):
            return
        for group in self._lying.duplicates():
            if not self._state.knows(self._id, f"twice {group}"):
                self._state.remember(self._id, f"twice {group}", action=Action.TELL, rule="twice", at=self._now)
                sentence = _("two drafts in {mailbox} answer the same messages; delete one of them")
                self.trouble(sentence.format(mailbox=self._drafts.name), 1)
        self._state.set_position(self._place, _DRAFTS, position)

    def _write_drafts(self) -> None:
        if not any(entry.analysis.decision.action is Action.DRAFT for entry in self._entries):
            return  # nothing was found, or all of it has its answer
        drafting = self._settings.drafting
        ceilings = Ceilings(
            per_run=drafting.per_run,
            pending_per_operator=drafting.pending_per_operator,
            pending_total=drafting.pending_total,
        )
        planned = plan([e.analysis for e in self._entries], waiting=self._lying.waiting(), ceilings=ceilings)
        for letter in planned.letters:
            self.equipment.stop.check()
            with self.equipment.stop.held():
                self._write_if_taken(letter)
        for index, decision in planned.left_out.items():
            self._redecide(index, decision)

    def _write_if_taken(self, letter: Sequence[int]) -> None:
        """Save one draft; one that the server refuses is written anew by the next run, and does not keep the others."""
        try:
            self._write(letter)
        except ServerRefusedError as error:
            for index in letter:
                entry = self._entries[index]
                for ref in self._refs.get(entry.analysis.message.key, [entry.ref]):
                    self._reached.pop(ref.mailbox, None)
            if str(error) not in self._refusals:  # one word is enough for a full mailbox
                self.trouble(str(error), error.exit_status)
                self._refusals.add(str(error))

    def _write(self, letter: Sequence[int]) -> None:
        """Save one draft: intent, APPEND, outcome."""
        from .briefing import brief_for
        from .drafting import compose

        entries = [self._entries[index] for index in letter]
        draft = compose(
            brief_for(
                [entry.analysis for entry in entries],
                account=self.account,
                settings=self._settings,
                registry=self._registry,
                now=self._now.astimezone(ZoneInfo(self._settings.timezone)),
            )
        )
        saved = Saved(message_id=draft.message_id, mailbox=self._drafts.name, answers=len(letter))
        if not self.equipment.dry_run:
            group = self._intend(entries, draft.message_id)
            try:
                self._drafts.append(draft.as_bytes(), when=self._now)
            except ServerRefusedError:  # and so it was not saved, for sure
                self._state.conclude(self._id, group, outcome="undone", rule="refused", at=self._now)
                raise
            rule = entries[-1].analysis.decision.rule
            self._state.conclude(self._id, group, outcome="saved", rule=rule, at=self._now)
        for index in letter:
            self._entries[index] = replace(self._entries[index], draft=saved)
            self._finish(self._entries[index])

    def _intend(self, entries: Sequence[Entry], message_id: str) -> str:
        first = entries[0].analysis
        slug = first.match.operator.slug if first.match else ""
        keys = frozenset(entry.analysis.message.key for entry in entries)
        group = digest(self._id, slug, first.topic, keys)
        intent = Intent(
            digest=group,
            message_id=message_id,
            operator=slug,
            topic=first.topic,
            keys=keys,
            mailbox=self._drafts.name,
            before=self._drafts.position(),
            at=self._now,
        )
        self._state.intend(self._id, intent)
        return group

    # What is remembered -------------------------------------------------------------------------------------------

    def _redecide(self, index: int, decision: Decision) -> None:
        entry = self._entries[index]
        self._entries[index] = replace(entry, analysis=replace(entry.analysis, decision=decision))
        self._finish(self._entries[index])

    def _finish(self, entry: Entry) -> None:
        """Remember what was decided about a message, then say it: rather once too few than twice."""
        decision, key = entry.analysis.decision, entry.analysis.message.key
        refs = self._refs.get(key, [entry.ref])
        if decision.action is Action.LATER:
            self._put_off_keys.add(key)
            for ref in refs:
                self._wait(ref, entry.analysis.circumstances, rule=decision.rule)
        else:
            if decision.action is not Action.DRAFT:
                self._state.remember(self._id, key, action=decision.action, rule=decision.rule, at=self._now)
            for ref in refs:
                self._state.settle(self._place, ref)
        self.equipment.say(entry)

    def _wait(self, ref: MessageRef, seen: Circumstances, *, rule: str) -> None:
        since = seen.waiting_since or self._now
        self._state.put_off(self._place, Waiting(ref=ref, received=seen.received, rule=rule, since=since))

    # ------------------------------------------------------------------------------------------------------------

    @property
    def _state(self) -> State:
        return self.equipment.state

    @property
    def _settings(self) -> Settings:
        return self.equipment.settings

    @cached_property
    def _registry(self) -> Registry:
        return self.equipment.open_registry()

    @cached_property
    def _preferences(self) -> Preferences:
        return preferences_for(self._settings, self.account)

    def _out_of_time(self) -> bool:
        return self.equipment.monotonic() > self.look_until


def _name_of(ref: MessageRef) -> str:
    return f"{ref.mailbox} {ref.uid_validity} {ref.uid}"


def _log(ref: MessageRef, analysis: Analysis) -> None:
    """Log one message: its author and subject at -v only, and nothing of a one-time code ever."""
    author = analysis.message.author
    subject = "" if analysis.topic is Topic.SECURITY else analysis.message.subject
    decision = analysis.decision
    log.info(
        "%s:%d %s %r: %s, by rule %s",
        ref.mailbox,
        ref.uid,
        author.address if author else analysis.message.author_problem,
        subject,
        decision.action,
        decision.rule,
    )


def preferences_for(settings: Settings, account: Account | None) -> Preferences:
    """Give what the configuration says about drafting, in the policy's terms.

    Without an *account*, as for a file, every address of the user counts as the user's own.
    """
    drafting = settings.drafting
    accounts = [account] if account else settings.accounts
    return Preferences(
        own_addresses=frozenset().union(*(one.own_addresses for one in accounts)),
        topics=frozenset(drafting.topics),
        unproven=Action(drafting.unproven),
        level=drafting.level,
        max_age=timedelta(days=drafting.max_age_days),
        give_up=timedelta(days=settings.limits.give_up_days),
        shelf_life_days=settings.registry.shelf_life_days,
        overrides=Overrides(
            dead=frozenset(text.lower() for text in settings.detection.dead),
            alive=frozenset(text.lower() for text in settings.detection.alive),
        ),
        authserv_ids=account.authserv_ids if account else (),
        received_by=account.received_by if account else (),
    )
