"""The command `run`: put together from the configuration; and what it prints."""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import curation, opening, report
from .catalogue import Opened
from .config import Account, Settings
from .decoding import escaped
from .dns import Resolver
from .equipment import Entry, Equipment, Note, Remaining, Store, Trouble
from .errors import DnsUnreachableError
from .interruption import Interruption
from .language import _, ngettext
from .output import Output, Sink
from .policy import Action
from .progress import Progress
from .registry import Registry
from .run import run_accounts, worst
from .state import State
from .supplies import now, open_records, tell_unknown_operators
from .workbench import MAX_IN_A_ROW, Workbench
from .worker import Worker

if TYPE_CHECKING:
    from .stationery import Stationery


@dataclass
class RunPrinter:
    """Says what a run did, once: one line for each draft and each message worth telling."""

    out: Sink
    zone: ZoneInfo
    as_json: bool
    dry_run: bool
    progress: Progress | None = None
    summary: report.Summary = field(default_factory=report.Summary)
    _letter: list[Entry] = field(default_factory=list)

    def say(self, what: Entry | Trouble | Note) -> None:
        """Say one thing, at once; what shares a draft is said in one line."""
        if self.progress:
            self.progress.hide()
        match what:
            case Trouble():
                self._say_trouble(what)
            case Note():
                self._say_note(what)
            case Entry():
                self._say_entry(what)
        self.out.flush()  # what the state remembers as said must not be lost in a buffer

    def errors(self) -> AbstractContextManager[None]:
        """Say in JSON too why a run came to nothing."""
        return report.failures(self.summary, self._tell_error)

    def complain(self, sentence: str, *, where: str = "", source: Mapping[str, object] | None = None) -> None:
        """Say what could not be done; without a place it concerns the run as a whole."""
        self.summary.errors += 1
        self._tell_error(report.error_object(sentence, source))
        self.out.flush()
        sys.stderr.write(f"noreply-analyzer: {escaped(f'{where}: {sentence}' if where else sentence)}\n")

    def _tell_error(self, found: Mapping[str, object]) -> None:
        if self.as_json:
            report.print_json(found, self.out)

    def _say_note(self, note: Note) -> None:
        if self.as_json:
            source = {"account": note.account} if note.account else {}
            found = {"type": "note", "source": source, "message": note.sentence}
            report.print_json(found, self.out)
        else:
            self.out.write(escaped(note.sentence) + "\n")

    def _say_entry(self, what: Entry) -> None:
        analysis, draft = what.analysis, what.draft
        self.summary.count(analysis, draft.message_id if draft else None)
        if self.as_json:
            self._print_object(what)
            return
        if draft:
            self._letter.append(what)
            if len(self._letter) == draft.answers:
                self._end_letter()
        elif analysis.decision.action is Action.TELL or self._newly_put_off(what):
            self.out.write(report.telling(analysis, zone=self.zone) + "\n")

    def close(self, seconds: float) -> None:
        """Say what is left to be said."""
        if self.as_json:
            report.print_json(self.summary.as_object(seconds), self.out)
        self.out.flush()

    def _newly_put_off(self, entry: Entry) -> bool:
        first_time = entry.analysis.circumstances.waiting_since is None
        return entry.analysis.decision.action is Action.LATER and first_time

    def _end_letter(self) -> None:
        analyses = [entry.analysis for entry in self._letter]
        mailbox = self._letter[-1].draft.mailbox if self._letter[-1].draft else ""
        line = report.drafting(analyses, mailbox=mailbox, zone=self.zone, dry_run=self.dry_run)
        self.out.write(line + "\n")
        self._letter.clear()

    def _print_object(self, entry: Entry) -> None:
        source = report.source_of(
            account=entry.account,
            mailbox=entry.ref.mailbox,
            uid_validity=entry.ref.uid_validity,
            uid=entry.ref.uid,
        )
        draft = (entry.draft.message_id, entry.draft.mailbox) if entry.draft else None
        report.print_json(report.as_object(entry.analysis, source=source, zone=self.zone, draft=draft), self.out)

    def _say_trouble(self, trouble: Trouble) -> None:
        ref = trouble.ref
        source: dict[str, object] = {"account": trouble.account}
        if ref:
            source = report.source_of(
                account=trouble.account, mailbox=ref.mailbox, uid_validity=ref.uid_validity, uid=ref.uid
            )
        where = f"{trouble.account}/{ref.mailbox}:{ref.uid}" if ref else trouble.account
        self.complain(trouble.sentence, where=where, source=source)


def run_from_settings(
    settings: Settings,
    accounts: Sequence[Account],
    *,
    state_path: Path,
    environment: Mapping[str, str],
    dry_run: bool,
    as_json: bool,
    out: Sink,
) -> int:
    """Run once over *accounts*; give the exit status."""
    started = time.monotonic()
    printer = RunPrinter(out=Output(out), zone=ZoneInfo(settings.timezone), as_json=as_json, dry_run=dry_run)
    printer.summary.dry_run = dry_run

    def open_store(account: Account, remaining: Remaining) -> AbstractContextManager[Store]:
        return opening.open_store(account, settings, environment, remaining)

    with ExitStack() as stack:
        printer.progress = progress = stack.enter_context(Progress(sys.stderr))
        stack.callback(lambda: printer.close(time.monotonic() - started))
        stack.enter_context(printer.errors())
        stop = stack.enter_context(Interruption())
        state = stack.enter_context(State.in_memory(state_path) if dry_run else State.open(state_path))
        resolver = Resolver(settings.dns.servers, cache=state.keys, clock=now)
        worker = stack.enter_context(Worker())
        tools = Workbench(worker, resolver, seconds=settings.limits.message_seconds)

        @cache
        def stationery() -> "Stationery":
            from .stationery import Stationery  # only a run that drafts reads the user's templates

            return Stationery(Path(settings.drafting.templates).expanduser(), worker)

        @cache
        def registry() -> Registry:
            opened = open_records(settings, keep=not dry_run)
            _say_what_is_wrong(opened, state, printer)
            tell_unknown_operators(accounts, opened.registry)
            return opened.registry

        status = run_accounts(
            Equipment(
                settings=settings,
                state=state,
                open_registry=registry,
                tools=tools,
                open_store=open_store,
                clock=now,
                stop=stop,
                say=printer.say,
                in_own_words=lambda brief: stationery().put_into(brief),
                step=progress.step,
                dry_run=dry_run,
            ),
            accounts,
        )
        if registry.cache_info().currsize:  # no run reads the records only to say how old they are
            _say_if_outdated(registry(), settings, state, printer)
        if tools.gave_up:
            printer.complain(_too_many_broken_off())
            status = worst({status, 1})
        try:
            resolver.raise_if_silent()
        except DnsUnreachableError as error:
            printer.complain(str(error))
            status = worst({status, error.exit_status})
    return status


def _too_many_broken_off() -> str:
    sentence = ngettext(
        "no more signatures were checked after {count} message in a row that took too long; the rest waits",
        "no more signatures were checked after {count} messages in a row that took too long; the rest waits",
        MAX_IN_A_ROW,
    )
    return sentence.format(count=MAX_IN_A_ROW)


def _say_what_is_wrong(opened: Opened, state: State, printer: RunPrinter) -> None:
    """Name the user's records that cannot be used, once a change; `registry lint` names them always."""
    name = f"registry-problems {opened.fingerprint[:16]}"
    if not opened.problems or state.knows("", name):
        return
    state.remember("", name, action=Action.TELL, rule="registry-problems", at=now())
    for problem in opened.problems:
        printer.say(Note(account="", sentence=problem))


def _say_if_outdated(registry: Registry, settings: Settings, state: State, printer: RunPrinter) -> None:
    """Say once a month that the records are old."""
    today = now()
    name = f"registry-outdated {today:%Y-%m}"
    shelf_life = settings.registry.shelf_life_days
    if not curation.is_outdated(registry, today.date(), shelf_life_days=shelf_life) or state.knows("", name):
        return
    state.remember("", name, action=Action.TELL, rule="registry-outdated", at=today)
    sentence = _("most records were last checked over {days} days ago; update this program (registry due lists them)")
    printer.say(Note(account="", sentence=sentence.format(days=shelf_life)))
