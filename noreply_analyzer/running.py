"""What `run` and `scan` need, put together from the configuration; and what they print."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from . import report
from .authentication import TxtAnswer
from .config import Account, Settings
from .decoding import escaped
from .dns import MemoryCache, Resolver
from .errors import DnsUnreachableError, NoreplyAnalyzerError, OutputError
from .interruption import Interruption
from .language import _
from .output import Output, Sink
from .passwords import password
from .policy import Action, Tools
from .registry import Registry
from .run import Entry, Equipment, Note, Remaining, Store, Trouble, preferences_for, run_accounts, worst
from .scan import Scanned, Skipped, scan
from .state import State
from .workbench import Workbench
from .worker import Worker

_NOTHING_READ = 65


def now() -> datetime:
    """Give the time of day: the only clock of the program, handed to everything else."""
    return datetime.now(UTC)


class NoDns:
    """A resolver that asks nobody: ``--no-dns``."""

    def look_up_all(self, names: Sequence[str], *, seconds: float) -> dict[str, TxtAnswer]:  # noqa: ARG002
        """Say of every name that it was not asked for."""
        return dict.fromkeys(names, TxtAnswer(failed=_("the DNS was not asked")))


def _registry(settings: Settings) -> Registry:
    """Lay the user's records over the shipped ones; name each that cannot be read."""
    registry, problems = Registry.with_user_records(Path(settings.registry.directory).expanduser())
    for problem in problems:
        sys.stderr.write(f"noreply-analyzer: {problem}\n")
    return registry


# run ----------------------------------------------------------------------------------------------------------------


@dataclass
class RunPrinter:
    """Says what a run did, once: one line for each draft and each message worth telling."""

    out: Sink
    zone: ZoneInfo
    as_json: bool
    dry_run: bool
    summary: report.Summary = field(default_factory=report.Summary)
    _letter: list[Entry] = field(default_factory=list)

    def say(self, what: Entry | Trouble | Note) -> None:
        """Say one thing, at once; what shares a draft is said in one line."""
        match what:
            case Trouble():
                self._say_trouble(what)
            case Note():
                self._say_note(what)
            case Entry():
                self._say_entry(what)
        self.out.flush()  # what the state remembers as said must not be lost in a buffer

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Say in JSON too why a run came to nothing."""
        try:
            yield
        except NoreplyAnalyzerError as error:
            self.summary.errors += 1
            if self.as_json and not isinstance(error, OutputError):
                report.print_json({"type": "error", "source": {}, "message": str(error)}, self.out)
            raise

    def _say_note(self, note: Note) -> None:
        if self.as_json:
            found = {"type": "note", "source": {"account": note.account}, "message": note.sentence}
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
        self.summary.errors += 1
        ref = trouble.ref
        if self.as_json:
            source: dict[str, object] = {"account": trouble.account}
            if ref:
                source = report.source_of(
                    account=trouble.account, mailbox=ref.mailbox, uid_validity=ref.uid_validity, uid=ref.uid
                )
            report.print_json({"type": "error", "source": source, "message": trouble.sentence}, self.out)
        where = f"{trouble.account}/{ref.mailbox}:{ref.uid}" if ref else trouble.account
        self.out.flush()
        sys.stderr.write(f"noreply-analyzer: {escaped(f'{where}: {trouble.sentence}')}\n")


@contextmanager
def open_imap(
    account: Account, settings: Settings, environment: Mapping[str, str], remaining: Callable[[], float]
) -> Iterator[Store]:
    """Log in to an account's server."""
    from .imap import Server, Session

    server = Server(
        host=account.host,
        port=account.effective_port,
        security=account.security,
        tls_ca=account.tls_ca,
        user=account.login,
    )
    secret = password(account, environment)
    with Session.open(
        server,
        secret,
        mailboxes=account.mailboxes,
        drafts=account.drafts,
        sent=account.sent,
        message_bytes=settings.limits.message_bytes,
        remaining=remaining,
        token=bool(account.token_command),
    ) as session:
        yield session


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

    def open_store(account: Account, remaining: Remaining) -> AbstractContextManager[Store]:
        return open_imap(account, settings, environment, remaining)

    with ExitStack() as stack:
        stack.callback(lambda: printer.close(time.monotonic() - started))
        stack.enter_context(printer.errors())
        stop = stack.enter_context(Interruption())
        state = stack.enter_context(State.in_memory(state_path) if dry_run else State.open(state_path))
        resolver = Resolver(settings.dns.servers, cache=state, clock=now)
        worker = stack.enter_context(Worker())
        status = run_accounts(
            Equipment(
                settings=settings,
                state=state,
                open_registry=cache(lambda: _registry(settings)),
                tools=Workbench(worker, resolver, seconds=settings.limits.message_seconds),
                open_store=open_store,
                clock=now,
                stop=stop,
                say=printer.say,
                dry_run=dry_run,
            ),
            accounts,
        )
        try:
            resolver.raise_if_silent()
        except DnsUnreachableError as error:
            sys.stderr.write(f"noreply-analyzer: {error}\n")
            status = worst({status, error.exit_status})
    return status


# scan ---------------------------------------------------------------------------------------------------------------


def scan_places(settings: Settings, places: Sequence[Path], *, as_json: bool, ask_dns: bool, out: Sink) -> int:
    """Look at files and folders; give the exit status."""
    started = time.monotonic()
    registry = _registry(settings)
    resolver = Resolver(settings.dns.servers, cache=MemoryCache(), clock=now) if ask_dns else NoDns()
    with Interruption(), Worker() as worker:
        tools: Tools = Workbench(worker, resolver, seconds=settings.limits.message_seconds)
        found = scan(
            places,
            preferences=preferences_for(settings, None),
            registry=registry,
            tools=tools,
            message_bytes=settings.limits.message_bytes,
            clock=now,
        )
        return _show_scan(found, settings, as_json=as_json, out=Output(out), started=started)


def _show_scan(
    found: Iterable[Scanned | Skipped], settings: Settings, *, as_json: bool, out: Sink, started: float
) -> int:
    summary = report.Summary()
    rows = []
    for item in found:
        if isinstance(item, Skipped):
            summary.errors += 1
            if as_json:
                report.print_json({"type": "error", "source": {"path": str(item.path)}, "message": item.sentence}, out)
            sys.stderr.write(f"noreply-analyzer: {escaped(item.sentence)}\n")
            continue
        summary.count(item.analysis)
        if as_json:
            source = {"path": str(item.path), "index": item.index}
            report.print_json(report.as_object(item.analysis, source=source, zone=ZoneInfo(settings.timezone)), out)
        else:
            rows.append(report.row(item.analysis))
    if as_json:
        report.print_json(summary.as_object(time.monotonic() - started), out)
    elif rows:
        report.print_table(rows, out)
    if summary.errors:
        return 1 if sum(summary.counts.values()) else _NOTHING_READ
    return 0
