"""The whole job on a mailbox of its own: no account, no network, nothing left behind.

What is staged stands in `staging`. Everything else is real: `run` logs in to a server over IMAP, checks signatures in
its worker, remembers in a state file, and saves drafts with APPEND.
"""

import importlib.util
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from . import report, running, staging, supplies
from .config import Account, Settings
from .equipment import Entry, Equipment, Note, Saved, Store, Trouble
from .errors import NoreplyAnalyzerError, UsageError
from .imap import Server, Session
from .interruption import Interruption
from .language import _, ngettext
from .mailserver import MailServer
from .message import Message
from .policy import Action
from .prose import unstuffed
from .registry import Registry
from .run import run_accounts
from .staging import Mail
from .state import State
from .workbench import Workbench
from .worker import Worker

_PASSWORD: Final = "demo"  # noqa: S105 - of a server that listens on 127.0.0.1 for as long as the demo takes
_DRAFTS: Final = staging.MAILBOXES[0]
_SHOWN: Final = "telecom-exemple"
"""Whose draft is shown, of those about a bill."""


def play(out: TextIO, *, clock: Callable[[], datetime] = supplies.now) -> int:
    """Play the demo on *out*; give the exit status.

    Raises:
        UsageError: the mail server that it needs is not installed.
        InterruptedRunError: Ctrl-C.
    """
    if importlib.util.find_spec("pymap") is None:
        raise UsageError(
            _("the demo needs the mail server pymap; install it with: pip install 'noreply-analyzer[demo]'")
        )
    with Stage.set_up(clock) as stage:
        _say(out, _opening(stage))
        first = stage.run(out)
        out.write("\n")
        if first.status:
            return first.status
        _show_table(first, len(stage.mail.arrivals), out)
        _show_drafts(first, stage.drafts(), out)
        before = stage.drafts()
        second = stage.run(out)
        if second.status:
            return second.status
        _require_nothing_new(second, before, stage.drafts())
        _say(out, _once_more(len(before)))
        _say(out, _closing())
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it lies in the drafts mailbox."""

    message: Message
    text: str
    """Its body whole; `Message.text` would leave quotations out."""
    attached: str
    """The name of the file with the letter, if there is one."""


@dataclass(slots=True)
class Outcome:
    """What one run said."""

    entries: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    status: int = 0

    @property
    def saved(self) -> frozenset[Saved]:
        """Where its drafts lie."""
        return frozenset(entry.draft for entry in self.entries if entry.draft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The server with its mail, the records, the keys; and `run`, which is real. Use it in a ``with`` statement."""

    settings: Settings
    mail: Mail
    registry: Registry
    state: State
    worker: Worker
    stop: Interruption
    clock: Callable[[], datetime]
    _things: ExitStack

    @classmethod
    def set_up(cls, clock: Callable[[], datetime]) -> Self:
        """Start the server in this process and put the mail into it."""
        with ExitStack() as things:
            stop = things.enter_context(Interruption())
            folder = things.enter_context(tempfile.TemporaryDirectory(prefix="noreply-analyzer-demo-"))
            server = things.enter_context(MailServer({staging.USER: _PASSWORD}))
            mail = staging.mail(clock())
            for mailbox in staging.MAILBOXES:
                server.create(staging.USER, mailbox)
            for arrival in mail.arrivals:
                server.append(staging.USER, "INBOX", arrival.raw, when=arrival.received)
            return cls(
                settings=staging.settings(server.port),
                mail=mail,
                registry=staging.registry(clock()),
                state=things.enter_context(State.open(Path(folder) / "state.sqlite3")),
                worker=things.enter_context(Worker()),
                stop=stop,
                clock=clock,
                _things=things.pop_all(),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._things.__exit__(kind, error, trace)

    def run(self, out: TextIO) -> Outcome:
        """Do what the command ``run`` does, and print what it prints."""
        outcome = Outcome()
        printer = running.RunPrinter(out=out, zone=staging.ZONE, as_json=False, dry_run=False)

        def say(what: Entry | Trouble | Note) -> None:
            if isinstance(what, Entry):
                outcome.entries.append(what)
            elif isinstance(what, Trouble):
                outcome.troubles.append(what)
            printer.say(what)

        tools = Workbench(self.worker, self.mail.zone, seconds=self.settings.limits.message_seconds)
        equipment = Equipment(
            settings=self.settings,
            state=self.state,
            open_registry=lambda: self.registry,
            tools=tools,
            open_store=lambda account, _remaining: self._open(account),
            clock=self.clock,
            stop=self.stop,
            say=say,
        )
        outcome.status = run_accounts(equipment, self.settings.accounts)
        printer.close(0)
        return outcome

    def drafts(self) -> Sequence[Draft]:
        """Read what lies in the drafts mailbox, over IMAP."""
        since = (self.clock() - timedelta(days=2)).date()
        with self._open(self.settings.accounts[0]) as session:
            found = session.messages(_DRAFTS, after=None, since=since)
            fetched = [session.fetch(ref) for ref in [one.ref for one in found]]
        return [_draft(raw) for raw in fetched if raw]

    def _open(self, account: Account) -> AbstractContextManager[Store]:
        server = Server(host=account.host, port=account.effective_port, security=account.security, user=account.login)
        return Session.open(server, _PASSWORD, mailboxes=account.mailboxes)


def _draft(raw: bytes) -> Draft:
    body, attached = raw.partition(b"\r\n\r\n")[2], b""  # 8-bit UTF-8, see `drafting.Draft.as_bytes`
    first = body.split(b"\r\n", 1)[0]
    if first.startswith(b"--=_"):  # the note is the first part, the letter the second
        body, attached = body.split(b"\r\n\r\n", 1)[1].split(b"\r\n" + first, 1)
    named = re.search(rb'filename="([^"]+)"', attached)
    return Draft(
        message=Message.from_bytes(raw),
        text=unstuffed(body.decode().replace("\r\n", "\n")),
        attached=named[1].decode() if named else "",
    )


def _require_nothing_new(second: Outcome, before: Sequence[Draft], after: Sequence[Draft]) -> None:
    news = [entry for entry in second.entries if entry.analysis.decision.action is not Action.LATER]
    if news or second.troubles or before != after:
        raise NoreplyAnalyzerError(_("the second run was to find nothing new, and did; please report it"))


# What is said -----------------------------------------------------------------------------------------------------


def _say(out: TextIO, sentence: str) -> None:
    out.write(sentence + "\n\n")
    out.flush()


def _opening(stage: Stage) -> str:
    return _(
        "This is a mailbox with {count} messages, on a mail server inside this program: no account, no network.\n"
        "“noreply-analyzer run” looks at it for the first time:"
    ).format(count=len(stage.mail.arrivals))


def _show_table(outcome: Outcome, messages: int, out: TextIO) -> None:
    _say(out, _("What it found out about each message, and what it did:"))
    entries = sorted(outcome.entries, key=lambda entry: entry.ref.uid)
    report.print_table([report.row(entry.analysis) for entry in entries], out)
    out.write("\n")
    unopened = messages - len(entries)
    sentence = ngettext(
        "{count} more message was not opened: nothing in its header says that it cannot be answered.",
        "{count} more messages were not opened: nothing in their headers says that they cannot be answered.",
        unopened,
    )
    _say(out, sentence.format(count=unopened))


def _show_drafts(outcome: Outcome, drafts: Sequence[Draft], out: TextIO) -> None:
    out.write(_("These drafts lie in {mailbox} now, to be read, changed and sent by hand:").format(mailbox=_DRAFTS))
    out.write("\n\n")
    out.writelines(f"  {draft.message.subject}\n" for draft in drafts)
    out.write("\n")
    _say(out, _("One of them whole:"))
    shown = next(draft for draft in drafts if draft.message.message_id == _shown_id(outcome))
    author = shown.message.author
    sender = f"{author.name} <{author.address}>" if author else ""
    head = _("From: {author}\nTo: {to}\nSubject: {subject}").format(
        author=sender, to=shown.message.first("to"), subject=shown.message.subject
    )
    attached = [_("Attached: {name}").format(name=shown.attached)] if shown.attached else []
    lines = [*head.splitlines(), *attached, "", *shown.text.strip("\n").splitlines()]
    out.writelines(f"    {line}".rstrip() + "\n" for line in lines)
    out.write("\n")


def _shown_id(outcome: Outcome) -> str:
    return next(
        entry.draft.message_id
        for entry in outcome.entries
        if entry.draft
        and entry.analysis.operator
        and (entry.analysis.operator.slug, entry.analysis.topic) == (_SHOWN, "billing")
    )


def _once_more(drafts: int) -> str:
    sentence = ngettext(
        "“noreply-analyzer run” once more: it found nothing new, said nothing and wrote nothing; {count} draft in"
        " {mailbox} as before.",
        "“noreply-analyzer run” once more: it found nothing new, said nothing and wrote nothing; {count} drafts in"
        " {mailbox} as before.",
        drafts,
    )
    return sentence.format(count=drafts, mailbox=_DRAFTS)


def _closing() -> str:
    return _(
        "Staged: the server, the messages, the operators, their keys, and the answers of the DNS.\n"
        "Real: everything else. Nothing was sent, and nothing of it is kept.\n"
        "For your own mailbox, type: noreply-analyzer setup"
    )
