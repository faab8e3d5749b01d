"""The command `scan`: which places, what was found there, and how it is printed."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from . import report
from .config import Settings
from .decoding import escaped
from .equipment import preferences_for
from .errors import DataError
from .mbox import Stream
from .opening import open_store
from .output import Output, Sink
from .period import Period
from .place import AccountPlace, FilePlace, Place, read_place
from .policy import Tools
from .progress import Progress
from .reading import contents
from .registry import Registry
from .scan import Examiner, Scanned, scan
from .source import InFile, Unreadable
from .supplies import now, registry_of, tools_for

_NOTHING_READ = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user typed after ``scan``."""

    where: Sequence[str]
    since: str = ""
    until: str = ""
    mailboxes: Sequence[str] = ()
    as_json: bool = False
    ask_dns: bool = True


@dataclass
class ScanPrinter:
    """Says what a scan found: a table at the end, or JSON Lines at once."""

    out: Sink
    zone: ZoneInfo
    as_json: bool
    progress: Progress
    summary: report.Summary = field(default_factory=report.Summary)
    _rows: list[report.Row] = field(default_factory=list)

    def say(self, what: Scanned | Unreadable) -> None:
        """Say one thing."""
        if isinstance(what, Unreadable):
            self._say_error(what)
            return
        self.summary.count(what.analysis)
        if self.as_json:
            source = report.place_of(what.where)
            self.print_object(report.as_object(what.analysis, source=source, zone=self.zone))
        else:
            self._rows.append(report.row(what.analysis, zone=self.zone, where=what.where))

    @contextmanager
    def costing_only(self, place: Place) -> Iterator[None]:
        """Have a file or a folder that cannot be read cost itself, and not the other places."""
        try:
            yield
        except DataError as error:
            path = str(place.path) if isinstance(place, FilePlace) else "-"
            self._say_error(Unreadable(where=InFile(path=path, index=None), sentence=str(error)))

    def errors(self) -> AbstractContextManager[None]:
        """Say in JSON too why a place could not be opened."""
        return report.failures(self.summary, self._tell_error)

    def close(self, seconds: float) -> None:
        """Say what is left to be said."""
        if self.as_json:
            self.print_object(self.summary.as_object(seconds))
        elif self._rows:
            report.print_table(self._rows, self.out)
        self.out.flush()

    @property
    def status(self) -> int:
        """The exit status: whether all, some or nothing could be read."""
        if not self.summary.errors:
            return 0
        return 1 if sum(self.summary.counts.values()) else _NOTHING_READ

    def _say_error(self, what: Unreadable) -> None:
        self.summary.errors += 1
        self._tell_error(report.error_object(what.sentence, report.place_of(what.where)))
        self.progress.hide()
        sys.stderr.write(f"noreply-analyzer: {escaped(what.sentence)}\n")

    def _tell_error(self, found: Mapping[str, object]) -> None:
        if self.as_json:
            self.print_object(found)

    def print_object(self, found: Mapping[str, object]) -> None:
        """Print one object of JSON."""
        self.progress.hide()
        report.print_json(found, self.out)


def scan_places(settings: Settings, wishes: Wishes, *, environment: Mapping[str, str], stdin: Stream, out: Sink) -> int:
    """Look at every message of every place; give the exit status.

    Raises:
        UsageError: a word cannot be understood.
        NoreplyAnalyzerError: a place cannot be opened.
    """
    started = time.monotonic()
    zone = ZoneInfo(settings.timezone)
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(sys.stderr))
        printer = ScanPrinter(out=Output(out), zone=zone, as_json=wishes.as_json, progress=progress)
        stack.callback(lambda: printer.close(time.monotonic() - started))
        stack.enter_context(printer.errors())
        period = Period.of(wishes.since, wishes.until, now=now(), zone=zone)
        places = [read_place(word, settings) for word in wishes.where]
        registry = registry_of(settings)
        tools = stack.enter_context(tools_for(settings, ask_dns=wishes.ask_dns))
        for place in places:
            found = contents(
                place,
                limit=settings.limits.message_bytes,
                period=period,
                patterns=wishes.mailboxes,
                stdin=stdin,
                open_store=lambda account: open_store(account, settings, environment),
            )
            examiner = examiner_for(settings, place, registry, tools)
            with closing(found), printer.costing_only(place):
                for item in scan(progress.counting(found), examiner=examiner, period=period):
                    printer.say(item)
    return printer.status


def examiner_for(settings: Settings, place: Place, registry: Registry, tools: Tools) -> Examiner:
    """Give what judges the messages of a place."""
    account = place.account if isinstance(place, AccountPlace) else None
    return Examiner(preferences=preferences_for(settings, account), registry=registry, tools=tools, clock=now)
