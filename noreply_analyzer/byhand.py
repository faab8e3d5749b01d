"""One message that the user names: the commands `explain` and `draft`."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from . import explanation
from .authentication import Result, Standing
from .briefing import brief_for
from .config import Account, Settings
from .decoding import escaped
from .drafting import Brief, compose, letter_text
from .enclosing import compose_whole
from .equipment import preferences_for
from .errors import DataError, MessageError, NotDraftedError, TryLaterError, UsageError
from .explanation import Explained
from .language import _
from .letter import compose_letter, require_typesetter
from .mbox import Stream
from .opening import open_store
from .output import Output, Sink, require_free, write_new
from .period import Period
from .place import AccountPlace, FilePlace, Place, StandardInput, read_place
from .policy import NOT_CHECKED, Analysis, Preferences, Tools, prove, said_of_service
from .progress import Progress
from .reading import contents
from .registry import Choice, Level, Registry, choose
from .scan import Examiner
from .scanning import ScanPrinter
from .sheet import compose_sheet
from .source import InFile, Stored, Unreadable
from .stationery import Stationery
from .supplies import now, registry_of, tell_unknown_operators, tools_for
from .topic import Subject, Topic
from .worker import Worker

_PLAIN: Final = (".html", ".htm", ".txt")
"""How a file is called in which a letter is set without the typesetter."""
_SET: Final = (".pdf", "")
"""How one is called in which it is set with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What looking at one message takes."""

    settings: Settings
    environment: Mapping[str, str]
    stdin: Stream
    ask_dns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user asks of a draft."""

    channel: str = ""
    """The id of a channel; empty: the one that a run would choose."""
    level: Level | None = None
    """How firmly; none: as the configuration says."""
    topic: Topic | None = None
    """What about; none: what the message is about."""


def explain(bench: Bench, word: str, *, as_json: bool, out: Sink) -> int:
    """Say why a message is judged as it is; give the exit status.

    Raises:
        UsageError: *word* names no message, or several.
        NoreplyAnalyzerError: it cannot be read.
    """
    started, zone = time.monotonic(), ZoneInfo(bench.settings.timezone)
    with ExitStack() as stack:
        printer = ScanPrinter(out=Output(out), zone=zone, as_json=as_json, progress=Progress(sys.stderr))
        stack.callback(lambda: printer.close(time.monotonic() - started))
        stack.enter_context(printer.errors())
        explained = _explained(bench, word)
        printer.summary.count(explained.analysis)
        if as_json:
            printer.print_object(explanation.as_object(explained, zone=zone))
        else:
            for line in explanation.lines(explained, zone=zone):
                printer.out.write(escaped(line) + "\n")
    return 0


def _explained(bench: Bench, word: str) -> Explained:
    place = read_place(word, bench.settings)
    stored = _one_message(bench, place)
    with _examined(bench, place, stored, ageless=not isinstance(place, AccountPlace)) as (analysis, registry):
        level = Level(bench.settings.drafting.level)
        choice = _choice(bench.settings, analysis, registry, level=level)
        return Explained(where=stored.where, analysis=analysis, choice=choice)


def draft(bench: Bench, word: str, wishes: Wishes, *, out: Sink) -> int:
    """Print the draft that answers a message, for a mail program to open; give the exit status.

    A letter is attached to it, unless it goes to a terminal.

    Raises:
        NotDraftedError: there is nothing to answer to, or it must not be answered.
        TryLaterError: the DNS does not say now who wrote the message.
        UsageError: *word* names no message or several; the channel wished for takes no draft.
    """
    brief, window = _in_own_words(_asked_for(bench, word, wishes), bench.settings), bench.settings.letter.window
    to_read = out.isatty()  # by a person: the letter below the note, and no file that is written as letters
    composed = compose(brief) if to_read else compose_whole(brief, top_mm=window.top_mm, left_mm=window.left_mm)
    if composed.problem:
        sys.stderr.write(f"noreply-analyzer: {escaped(composed.problem)}\n")
    composed.message["X-Unsent"] = "1"  # mail programs then open it to be changed and sent, not as something received
    output = Output(out)
    output.write(composed.as_bytes().replace(b"\r\n", b"\n").decode("utf-8"))
    output.flush()
    return 0


def letter(bench: Bench, word: str, wishes: Wishes, *, name: str, stdout: BinaryIO) -> int:
    """Write the letter that answers a message into the new file *name* (``-``: *stdout*); give the status.

    It is a PDF (``.pdf``, or no ending), a page (``.html``) or a text (``.txt``), and a letter also where the draft is
    an e-mail, for the user asks for one.

    Raises:
        OutputError: the file cannot be written.
        UsageError: typst is not installed, or the file is called otherwise or there already; and what `draft` raises.
    """
    path = None if name == "-" else Path(name)
    kind = path.suffix.lower() if path else ""
    if kind not in (*_PLAIN, *_SET):
        raise UsageError(_("a letter is a PDF, a page or a text; name a file .pdf, .html or .txt"))
    if kind in _SET:
        require_typesetter()
    if path:
        require_free(path)  # before anybody waits for the DNS
    elif stdout.isatty():
        raise UsageError(_("a PDF is nothing for a terminal; name a file, or pipe it on"))
    window = bench.settings.letter.window
    brief = _in_own_words(_asked_for(bench, word, wishes), bench.settings, letter=True)
    if kind == ".txt":
        written = letter_text(brief).encode()
    elif kind in _PLAIN:
        written = compose_sheet(brief, top_mm=window.top_mm, left_mm=window.left_mm).encode()
    else:
        written = compose_letter(brief, top_mm=window.top_mm, left_mm=window.left_mm)
    if path:
        write_new(path, written)
    else:
        stdout.write(written)
        stdout.flush()
    return 0


# Which message ------------------------------------------------------------------------------------------------------


def _one_message(bench: Bench, place: Place) -> Stored:
    """Give the one message that *place* names."""
    if isinstance(place, AccountPlace) and place.uid is None:
        name = f"{place.account.name}/{place.mailbox or 'INBOX'}:UID"
        raise UsageError(_("name one message: {name}").format(name=name))
    if isinstance(place, FilePlace) and place.path.is_dir():
        raise UsageError(_("{path} is a folder; name one message in it").format(path=place.path))
    found = contents(
        place,
        limit=bench.settings.limits.message_bytes,
        period=Period(),
        patterns=(),
        stdin=bench.stdin,
        open_store=lambda account: open_store(account, bench.settings, bench.environment),
    )
    with closing(found):
        first = next(found, None)
        second = next(found, None)
    if first is None:
        raise DataError(_("there is no message in it"))
    if isinstance(first, Unreadable):
        raise DataError(first.sentence)
    if isinstance(second, Stored) and isinstance(first.where, InFile):
        if isinstance(place, StandardInput):
            raise UsageError(_("what comes in holds several messages; save it, and name one: FILE:0 is the first"))
        sentence = _("{path} holds several messages; name one: {path}:0 is the first")
        raise UsageError(sentence.format(path=first.where.path))
    return first


@contextmanager
def _examined(bench: Bench, place: Place, stored: Stored, *, ageless: bool) -> Iterator[tuple[Analysis, Registry]]:
    """Judge *stored*, and check who wrote it whatever it is."""
    registry = registry_of(bench.settings)
    preferences = preferences_for(bench.settings, place.account if isinstance(place, AccountPlace) else None)
    with tools_for(bench.settings, ask_dns=bench.ask_dns) as tools:
        examiner = Examiner(
            preferences=preferences,
            registry=registry,
            tools=tools,
            clock=now,
            ageless=ageless,
        )
        try:
            analysis = _proven(examiner.examine(stored), stored, preferences, tools)
        except MessageError as error:
            raise DataError(_("{where}: {problem}").format(where=stored.where, problem=error)) from error
        yield analysis, registry


def _proven(analysis: Analysis, stored: Stored, preferences: Preferences, tools: Tools) -> Analysis:
    """Find out who wrote it also where a run would not care."""
    if analysis.authentication is not NOT_CHECKED or analysis.message.author is None:
        return analysis
    return replace(analysis, authentication=prove(stored.raw, analysis, preferences, tools, anyway=True))


# What is drafted ----------------------------------------------------------------------------------------------------


def _asked_for(bench: Bench, word: str, wishes: Wishes) -> Brief:
    """Give what is to be said to whom in answer to the message that *word* names."""
    settings = bench.settings
    place = read_place(word, settings)
    stored = _one_message(bench, place)
    with _examined(bench, place, stored, ageless=True) as (analysis, registry):
        tell_unknown_operators(settings.accounts, registry)
        return _brief(settings, place, analysis, registry, wishes)


def _in_own_words(brief: Brief, settings: Settings, *, letter: bool = False) -> Brief:
    """Put the user's own templates into *brief*; name each that cannot be used."""
    with Worker() as worker:
        stationery = Stationery(Path(settings.drafting.templates).expanduser(), worker)
        brief, problems = stationery.put_into(brief, letter=letter)
    for problem in problems:
        sys.stderr.write(f"noreply-analyzer: {escaped(problem)}\n")
    return brief


def _brief(settings: Settings, place: Place, analysis: Analysis, registry: Registry, wishes: Wishes) -> Brief:
    if problem := _why_not(analysis):
        raise NotDraftedError(problem)
    if analysis.decision.rule == "answerable":  # what the draft says of its author would not be true
        raise NotDraftedError(
            _("it can simply be answered; if you know that nobody reads the answers, name its author in detection.dead")
        )
    if analysis.authentication.result is Result.TEMPERROR:
        sentence = _("who wrote this cannot be checked now ({reason}); try again later")
        raise TryLaterError(sentence.format(reason=analysis.authentication.reason))
    if wishes.topic:
        analysis = replace(analysis, reading=replace(analysis.reading, subject=Subject(topic=wishes.topic)))
    chosen = wishes.level or Level(settings.drafting.level)
    choice = _choice(settings, analysis, registry, level=chosen, channel=wishes.channel)
    account = place.account if isinstance(place, AccountPlace) else _addressed(settings, analysis)
    return brief_for(
        [replace(analysis, choice=choice)],
        account=account,
        settings=settings,
        registry=registry,
        now=now().astimezone(ZoneInfo(settings.timezone)),
        level=chosen,
    )


def _why_not(analysis: Analysis) -> str:
    """Say why nothing may be drafted, even if the user asks for it; empty if something may."""
    if analysis.topic is Topic.SECURITY:
        return _("one-time codes, password resets and log-in alerts are never drafted to")
    if analysis.decision.rule in {"own-draft", "own-mail", "automatic", "no-author"}:
        return analysis.decision.reason
    if analysis.warnings:
        return analysis.warnings[0].text
    if analysis.authentication.standing is Standing.CONTRADICTED:
        return analysis.authentication.reason
    if analysis.match is None:
        author = analysis.message.author
        sentence = _("no operator of the registry writes from {domain}; a record of your own would help")
        return sentence.format(domain=author.address.domain if author else "")
    return ""


def _choice(
    settings: Settings, analysis: Analysis, registry: Registry, *, level: Level, channel: str = ""
) -> Choice | None:
    if analysis.match is None:
        return None
    return choose(
        analysis.match.operator,
        topic=analysis.topic,
        level=level,
        today=analysis.circumstances.now.date(),
        shelf_life_days=settings.registry.shelf_life_days,
        registry=registry,
        said=said_of_service(analysis.message),
        channel_id=channel,
    )


def _addressed(settings: Settings, analysis: Analysis) -> Account:
    """Give the account that a message in a file was sent to, or else the first; there is one (`Options.settings`)."""
    message = analysis.message
    recipients = " ".join(value for name in ("to", "cc", "delivered-to") for value in message.all(name)).lower()
    found = (one for one in settings.accounts if any(address in recipients for address in one.own_addresses))
    return next(found, settings.accounts[0])
