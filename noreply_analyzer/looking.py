"""What is new in an account's mailboxes, and what waits: each message decided on by itself."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial

from . import sieve
from .config import Settings
from .connections import Connections
from .equipment import Entry, preferences_for
from .errors import MessageError, ServerRefusedError, UnreachableError
from .language import _
from .ledger import Ledger
from .lookalike import may_wear
from .policy import Action, Analysis, Circumstances, Preferences, analyze
from .registry import Registry
from .source import Found, MessageRef, Position
from .state import Waiting
from .topic import Topic

log = logging.getLogger(__name__)


@dataclass
class Look:
    """One look at what lies in an account's mailboxes."""

    ledger: Ledger
    connections: Connections
    until: float
    """By `Equipment.monotonic`; after it nothing more is looked at, and what was found is written."""
    entries: list[Entry] = field(default_factory=list)
    """What a draft may be written for; everything else is done with as soon as it is decided."""

    def at_what_waits(self) -> None:
        """Look again at what earlier runs put off."""
        for waiting in self.ledger.state.waiting(self.ledger.place):
            self.ledger.equipment.stop.check()
            if self._out_of_time():
                return
            if waiting.ref.mailbox not in self.connections.mailboxes:
                self._wait_for_its_mailbox(waiting)
            elif waiting.ref.mailbox not in self.connections.left:
                with self.connections.costing_only(waiting.ref.mailbox):
                    self._look_again(waiting)

    def _wait_for_its_mailbox(self, waiting: Waiting) -> None:
        # It may come back with all its UIDs, and then nothing else would lead there again. If it was renamed, what
        # lies in it is found under the new name.
        if self.ledger.now - waiting.since > timedelta(days=self._settings.limits.give_up_days):
            self.ledger.settle(waiting.ref)

    def _look_again(self, waiting: Waiting) -> None:
        if self.connections.store.position(waiting.ref.mailbox).uid_validity == waiting.ref.uid_validity:
            self.ledger.equipment.step()
            seen = Circumstances(now=self.ledger.now, received=waiting.received, waiting_since=waiting.since)
            self._fetch_and_consider(waiting.ref, seen)
        else:  # it has another UID, and is found again as something new
            self.ledger.settle(waiting.ref)

    def at_what_is_new(self) -> None:
        """Look into every mailbox, as far as there is time."""
        for mailbox in self.connections.mailboxes:
            if mailbox in self.connections.left:
                continue
            with self.connections.costing_only(mailbox):
                if not self._look_into(mailbox):
                    sentence = _("stopped after limits.run_seconds ({seconds} s); the rest comes with the next run")
                    self.ledger.trouble(sentence.format(seconds=self._settings.limits.run_seconds), 75)
                    return
        if self.connections.left.keys() >= set(self.connections.mailboxes):  # nothing could be read at all
            self.ledger.statuses |= {error.exit_status for error in self.connections.left.values()}

    def _look_into(self, mailbox: str) -> bool:
        """Look at what is new in one mailbox; tell whether there was time for all of it."""
        before = self.ledger.position(mailbox)
        reached = self.connections.store.position(mailbox)
        if before == reached and reached.certain:
            return True
        log.info("%s/%s: looking at what is new before UID %d", self.ledger.account.name, mailbox, reached.uid_next)
        self.ledger.reached[mailbox] = done = self._look_through(mailbox, before, reached)
        return done == reached

    def _look_through(self, mailbox: str, before: Position | None, reached: Position) -> Position:
        """Look at what is new in one mailbox; give how far that went."""
        drafting = self._settings.drafting
        days = drafting.first_run_days if before is None else drafting.max_age_days
        since = (self.ledger.now - timedelta(days=days)).date()
        seen: set[MessageRef] = set()
        for found in self.connections.carefully(
            lambda: self.connections.store.messages(mailbox, after=before, since=since)
        ):
            if found.ref in seen:
                continue
            seen.add(found.ref)
            self.ledger.equipment.stop.check()
            self.ledger.equipment.step()
            if self._out_of_time():
                return Position(uid_validity=reached.uid_validity, uid_next=found.order)
            if found.order < reached.uid_next and self._worth_fetching(found, since_days=days):
                about = Circumstances(now=self.ledger.now, received=found.received, flags=found.flags)
                self._fetch_and_consider(found.ref, about)
        return reached

    def _worth_fetching(self, found: Found, *, since_days: int) -> bool:
        if "\\draft" in {flag.lower() for flag in found.flags}:
            return False
        if found.received and self.ledger.now - found.received > timedelta(days=since_days):
            return False
        if not found.header and found.size <= self._settings.limits.message_bytes:
            return True  # the server did not show it: ask for the whole, which it may give, or else is named
        dead, worn = self._preferences.overrides.dead, partial(may_wear, self._registry)
        return bool(sieve.candidate(found.header, known=self._registry.knows, dead=dead, worn=worn))

    def _fetch_and_consider(self, ref: MessageRef, seen: Circumstances) -> None:
        """Decide about one message by itself; what is not for a draft is done with here."""
        if self.ledger.knows("skipped", ref):
            self.ledger.settle(ref)
            return
        try:
            analysis = self._analyze(ref, seen)
        except MessageError as error:
            self.ledger.settle(ref)
            self.ledger.remember("skipped", ref, action=Action.TELL, rule="skipped")
            self.ledger.trouble(_("skipped: {error}").format(error=error), 1, ref)
            return
        except ServerRefusedError as error:
            self.ledger.wait(ref, seen, rule="fetch-failed")
            self.ledger.trouble(
                _("not looked at, and tried again by the next run: {error}").format(error=error), 1, ref
            )
            if error.hung_up:  # or the next message would be blamed for it
                self.connections.again(error)
            return
        if analysis is None:
            return
        _log(ref, analysis)
        entry = Entry(account=self.ledger.account.name, ref=ref, analysis=analysis.without_text())
        if analysis.decision.action is Action.DRAFT:
            self.entries.append(entry)
        else:
            self.ledger.finish(entry)

    def _analyze(self, ref: MessageRef, seen: Circumstances) -> Analysis | None:
        """Give what is found out about a message, or ``None`` if it is gone, or was decided on wherever it lay."""
        raw = self._fetch(ref)
        if raw is None:
            self.ledger.settle(ref)
            return None
        reading = self.ledger.equipment.tools.read(raw, self._preferences.overrides)
        if self.ledger.is_known(reading.message.key, ref, seen):
            return None
        return analyze(
            raw,
            reading,
            circumstances=seen,
            preferences=self._preferences,
            registry=self._registry,
            tools=self.ledger.equipment.tools,
        )

    def _fetch(self, ref: MessageRef) -> bytes | None:
        """Fetch a message; one that broke the connection twice is not asked for again, or no run would get past it."""
        if self.ledger.knows("failed twice", ref):
            raise MessageError(_("the server failed twice to give it"))
        try:
            return self.connections.store.fetch(ref)
        except (UnreachableError, ServerRefusedError):
            self.ledger.failed(ref)
            raise

    @property
    def _settings(self) -> Settings:
        return self.ledger.equipment.settings

    @cached_property
    def _registry(self) -> Registry:
        return self.ledger.equipment.open_registry()

    @cached_property
    def _preferences(self) -> Preferences:
        return preferences_for(self._settings, self.ledger.account)

    def _out_of_time(self) -> bool:
        return self.ledger.equipment.monotonic() > self.until


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
