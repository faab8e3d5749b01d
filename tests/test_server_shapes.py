"""A whole `run` against servers of other shapes, and against servers that fail at any one command.

Each row of the tables is an account on a server of its own. Those of a table that end alike share their three runs,
as the accounts of one user: that is quicker, and none may suffer from what happens to another.
"""

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

import pytest
from servers.dnsd import Bad, DnsServer, Txt
from servers.shaped import Fault, Says, Shape, ShapedServer
from world import COLIS, NOTICE, TELECOM, OperatorFixture, World, mail

from noreply_analyzer.ids import Marker

COLIS_ANSWERED, TELECOM_ANSWERED = "<bill@colis.example>", "<bill@telecom.example>"
BOTH = (COLIS_ANSWERED, TELECOM_ANSWERED)


def bill(operator: OperatorFixture, number: str = "", *, days: float = 1) -> bytes:
    """Write a signed bill that takes no answer."""
    text = f"Bonjour,\nvotre facture n° 1{number} d'un montant de 42,99 € est disponible.\n{NOTICE}"
    date = datetime.now(UTC) - timedelta(days=days)
    name = f"<bill{number}@{operator.domain}>"
    return operator.key.sign(mail(operator.author, f"Votre facture n° 1{number}", text, date=date, message_id=name))


def what_else_comes() -> Iterator[bytes]:
    """Write what nobody needs help with: a friend's mail, and a newsletter."""
    date = datetime.now(UTC) - timedelta(hours=2)
    yield mail("Luc <luc@example.org>", "Dimanche", "Tu viens ?\n", date=date, message_id="<luc@example.org>")
    fields = {"List-Unsubscribe": "<mailto:stop@boutique.example>", "List-Id": "<news.boutique.example>"}
    shop = "Boutique <newsletter@boutique.example>"
    yield mail(shop, "Nos offres", "Soldes !\n", date=date, message_id="<n@boutique.example>", fields=fields)


# What the user, or somebody else, does meanwhile ----------------------------------------------------------------------


def vanish(mailbox: str) -> Callable[[ShapedServer], None]:
    """Have a mailbox deleted, for the time being."""

    def event(server: ShapedServer) -> None:
        if mailbox in server.boxes:
            server.away[mailbox] = server.boxes.pop(mailbox)

    return event


def come_back(server: ShapedServer) -> None:
    """Have it there again."""
    server.boxes |= server.away


def expunge(uid: int) -> Callable[[ShapedServer], None]:
    """Have a message of INBOX deleted."""

    def event(server: ShapedServer) -> None:
        box = server.boxes["INBOX"]
        box.messages = [message for message in box.messages if message.uid != uid]

    return event


def rename(server: ShapedServer) -> None:
    """Give a mailbox another name."""
    server.boxes["Archives"] = server.boxes.pop("Factures")


def rename_drafts(server: ShapedServer) -> None:
    """Give the drafts mailbox another name."""
    server.boxes["Entwurf"] = server.boxes.pop(server.shape.drafts)
    server.shape = replace(server.shape, drafts="Entwurf")


def renumber(server: ShapedServer) -> None:
    """Give INBOX another UIDVALIDITY and all its messages another UID."""
    server.make_anew("INBOX", uid_validity=3, first=40)


def greet_well(server: ShapedServer) -> None:
    """Take the server into order."""
    server.greeting, server.capabilities = b"* OK ready\r\n", b"IMAP4rev1"


def put_drafts(mailbox: str, *, edited: bool) -> Callable[[ShapedServer], None]:
    """Have the user's mail program save each draft again, there, without a flag; *edited*: all but the thread new."""

    def event(server: ShapedServer) -> None:
        drafts, server.drafts[:] = list(server.drafts), []
        for draft in drafts:
            raw = _edited(draft.parsed) if edited else draft.raw
            server.deliver(raw, mailbox, received=draft.received)

    return event


def _edited(draft: EmailMessage) -> bytes:
    saved = EmailMessage(policy=SMTP)
    for name in ("From", "To", "Date", "In-Reply-To", "References"):
        saved[name] = " ".join(str(draft[name]).split())
    saved["Message-ID"] = f"<edited.{draft['In-Reply-To'].strip('<>')}>"
    saved.set_content("Une phrase de plus.\n")
    return saved.as_bytes()


# The tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """One server, and how three runs over it end."""

    shape: Shape = field(default_factory=Shape)
    mailboxes: tuple[str, ...] = ("INBOX",)
    colis_in: str = "INBOX"
    """Where the second bill lies."""
    faults: tuple[Fault, ...] = ()
    """What happens in the first run; in the others too, if it *lasts*."""
    lasts: bool = False
    then: Callable[[ShapedServer], None] | None = None
    """What the user does after the first run."""
    forgets: bool = False
    """Whether the state is lost after the first run."""
    ends: tuple[int, int, int] = (0, 0, 0)
    """The exit statuses."""
    says: tuple[str, ...] = ()
    """Words on standard error of the first run; none: not a word."""
    first: tuple[str, ...] = BOTH
    """What is answered by a draft after the first run."""
    after: tuple[str, ...] = BOTH
    """And after the second, and the third."""


DOTTED = Shape(drafts="INBOX.Brouillons", sent="INBOX.Sent", delimiter=".", marks=False)
GMAIL = Shape(drafts="[Gmail]/Brouillons", sent="[Gmail]/Messages envoy&AOk-s")
TWO = Shape(further=("Factures",))
NO_UIDNEXT = Shape(uid_next=False)


def in_two(**about: object) -> Row:
    """Have the second bill lie in a mailbox of its own, which is listed, and read, first."""
    return replace(Row(shape=TWO, mailboxes=("*",), colis_in="Factures"), **about)  # type: ignore[arg-type]


SHAPES = {
    "as most are": Row(),
    "no UIDPLUS": Row(shape=Shape(uidplus=False)),
    "INBOX.Brouillons, no marks": Row(shape=DOTTED),
    "Gmail": Row(shape=GMAIL),
    "Gmail without marks": Row(shape=replace(GMAIL, marks=False)),
    "marks in small letters": Row(shape=Shape(drafts="Pile", small_letters=True)),
    "field names in quotes": Row(shape=Shape(quoted_fields=True)),
    "UIDVALIDITY goes up": Row(shape=Shape(uid_validity="rising")),
    "UIDVALIDITY goes down": Row(shape=Shape(uid_validity="falling")),
    "no UIDVALIDITY": Row(shape=Shape(uid_validity="missing")),
    "no UIDNEXT": Row(shape=NO_UIDNEXT),
    "none of them": Row(shape=replace(DOTTED, uidplus=False, uid_validity="missing", uid_next=False)),
    "loses the draft flag": Row(shape=Shape(keeps_flags=False)),
    "INTERNALDATE is nonsense": Row(shape=Shape(internal_date=b"31-Feb-2026 25:61:00 +9999")),
    "all arrived in 1970": Row(shape=Shape(internal_date=b" 1-Jan-1970 00:00:00 +0000"), first=(), after=()),
    "LOGIN is disabled, AUTHENTICATE is not": Row(shape=Shape(capabilities="LOGINDISABLED AUTH=PLAIN")),
    "LOGOUT is refused": Row(faults=(Fault(at="LOGOUT", says="NO"),)),
    "hangs up at LOGOUT": Row(faults=(Fault(at="LOGOUT", says="silence"),)),
    "a mailbox is renamed": in_two(then=rename),
    "the drafts mailbox is renamed": Row(then=rename_drafts),
    "UIDVALIDITY changes within a run": Row(
        faults=(Fault(at="FETCH facts", says="nothing", event=renumber),), first=()
    ),
    **{
        f"a message is expunged before {place}": Row(
            faults=(Fault(at=place, says="nothing", event=expunge(2)),),
            first=(TELECOM_ANSWERED,),
            after=(TELECOM_ANSWERED,),
        )
        for place in ("SEARCH", "FETCH facts", "FETCH headers")
    },
    **{
        f"a message is expunged before {place}": Row(
            faults=(Fault(at=place, about=2, says="nothing", event=expunge(2)),),
            first=(TELECOM_ANSWERED,),
            after=(TELECOM_ANSWERED,),
        )
        for place in ("FETCH size", "FETCH body")
    },
}

LOST = {
    f"{where}, {'edited' if edited else 'as saved'}, {kind}": Row(
        shape=shape,
        forgets=True,
        then=put_drafts(shape.drafts if where == "Drafts" else shape.sent, edited=edited),
        after=BOTH if where == "Drafts" else (),
    )
    for where in ("Drafts", "Sent")
    for edited in (False, True)
    for kind, shape in (("UIDPLUS", Shape()), ("no UIDPLUS", replace(DOTTED, uidplus=False)))
}

ONLY_INBOX = (TELECOM_ANSWERED,)

ONE_MAILBOX = {
    "EXAMINE is refused": in_two(faults=(Fault(at="EXAMINE", mailbox="Factures"),), says=("Factures", "127.0.0.1")),
    "SEARCH is refused": in_two(faults=(Fault(at="SEARCH", mailbox="Factures"),), says=("Factures",)),
    "SEARCH has no end": in_two(faults=(Fault(at="SEARCH", mailbox="Factures", says="flood"),), says=("Factures",)),
    "it is gone since LIST": in_two(
        faults=(Fault(at="EXAMINE", mailbox="Factures", says="nothing", event=vanish("Factures")),),
        then=come_back,
        says=("Factures",),
    ),
    "it is gone since EXAMINE": in_two(
        faults=(Fault(at="SEARCH", says="nothing", event=vanish("Factures")),), then=come_back, says=("Factures",)
    ),
    "it is gone since SEARCH": in_two(
        faults=(Fault(at="FETCH facts", says="nothing", event=vanish("Factures")),), then=come_back, says=("Factures",)
    ),
}
ONE_MAILBOX = {name: replace(row, ends=(1, 0, 0), first=ONLY_INBOX) for name, row in ONE_MAILBOX.items()}

ONE_MESSAGE = {
    # What the server does not show from outside is fetched whole; only what it does not give at all is named.
    "its facts are refused": Row(faults=(Fault(at="FETCH facts", about=2, nth=0),)),
    "its header is refused": Row(faults=(Fault(at="FETCH headers", about=2, nth=0),)),
    "its size is refused": Row(faults=(Fault(at="FETCH size", about=2),), ends=(1, 0, 0)),
    "its body is refused": Row(faults=(Fault(at="FETCH body", about=2),), ends=(1, 0, 0)),
    "its facts are NIL": Row(faults=(Fault(at="FETCH facts", about=2, nth=0, says="NIL"),)),
    "its header is NIL": Row(faults=(Fault(at="FETCH headers", about=2, nth=0, says="NIL"),)),
    "its size is NIL": Row(faults=(Fault(at="FETCH size", about=2, says="NIL"),), ends=(1, 0, 0)),
    "its body is NIL": Row(faults=(Fault(at="FETCH body", about=2, says="NIL"),), ends=(1, 0, 0)),
    # Where the server hangs up once, the others are asked for one by one, and so is it.
    "its facts cost a connection": Row(faults=(Fault(at="FETCH facts", about=2, says="silence"),)),
    "its header costs a connection": Row(faults=(Fault(at="FETCH headers", about=2, says="BYE"),)),
    "all of it is refused": Row(
        faults=tuple(Fault(at=f"FETCH {what}", about=2, nth=0) for what in ("facts", "headers", "size", "body")),
        ends=(1, 0, 0),
    ),
}
ONE_MESSAGE = {
    name: replace(row, says=("INBOX:2",), first=ONLY_INBOX) if row.ends[0] else row for name, row in ONE_MESSAGE.items()
}

REFUSED = {
    "LIST": Row(faults=(Fault(at="LIST"),), first=()),
    "EXAMINE of the only mailbox": Row(faults=(Fault(at="EXAMINE", mailbox="INBOX"),), says=("INBOX",), first=()),
    "EXAMINE of every mailbox": in_two(
        faults=(Fault(at="EXAMINE", mailbox="INBOX"), Fault(at="EXAMINE", mailbox="Factures")),
        says=("INBOX", "Factures"),
        first=(),
    ),
    "SEARCH": Row(faults=(Fault(at="SEARCH"),), says=("INBOX",), first=()),
    "EXAMINE of Drafts": Row(faults=(Fault(at="EXAMINE", mailbox="Brouillons"),), says=("Brouillons",), first=()),
    "EXAMINE of Sent": Row(faults=(Fault(at="EXAMINE", mailbox="Sent"),), says=("Sent",), first=()),
    "the first APPEND": Row(faults=(Fault(at="APPEND"),), first=(COLIS_ANSWERED,)),
    "the second APPEND": Row(faults=(Fault(at="APPEND", nth=2),), first=(TELECOM_ANSWERED,)),
    "every APPEND": Row(faults=(Fault(at="APPEND", nth=0),), first=()),
    "somebody is logged in": Row(shape=Shape(greeting=b"* PREAUTH hello\r\n"), then=greet_well, first=()),
    "every LOGIN": Row(shape=Shape(capabilities="LOGINDISABLED"), then=greet_well, first=()),
}
REFUSED = {name: replace(row, ends=(69, 0, 0), says=("127.0.0.1", *row.says)) for name, row in REFUSED.items()}

HANGS_UP = {
    "greeting": Row(shape=Shape(greeting=b"* BYE busy\r\n"), then=greet_well, first=()),
    "LOGIN": Row(faults=(Fault(at="LOGIN", says="silence"),), first=()),
    "LIST": Row(faults=(Fault(at="LIST", says="BYE"),), first=()),
    "EXAMINE of Drafts": Row(faults=(Fault(at="EXAMINE", mailbox="Brouillons", says="BYE"),), first=()),
    "EXAMINE of the only mailbox": Row(faults=(Fault(at="EXAMINE", mailbox="INBOX", says="BYE"),), first=()),
    "EXAMINE of one mailbox": in_two(
        faults=(Fault(at="EXAMINE", mailbox="Factures", says="BYE"),), says=("Factures",), first=ONLY_INBOX
    ),
    "SEARCH in one mailbox": in_two(faults=(Fault(at="SEARCH", says="BYE"),), says=("Factures",), first=ONLY_INBOX),
    "FETCH of one body": Row(faults=(Fault(at="FETCH body", about=2, says="BYE"),), says=("INBOX",), first=ONLY_INBOX),
    "APPEND, not saved": Row(faults=(Fault(at="APPEND", says="BYE"),), first=()),
    "APPEND, saved": Row(faults=(Fault(at="APPEND", says="silence", saves=True),), first=ONLY_INBOX),
    "APPEND, saved, no UIDPLUS": Row(
        shape=Shape(uidplus=False),
        faults=(Fault(at="APPEND", says="BYE", saves=True),),
        first=ONLY_INBOX,
    ),
}
HANGS_UP = {
    name: replace(row, ends=(75, 0, 0), says=("127.0.0.1 was lost", *row.says)) for name, row in HANGS_UP.items()
}

LASTING = {
    "a mailbox refuses EXAMINE": in_two(
        faults=(Fault(at="EXAMINE", mailbox="Factures", nth=0),), says=("Factures",), ends=(1, 1, 1)
    ),
    "a mailbox makes the server hang up": in_two(
        faults=(Fault(at="EXAMINE", mailbox="Factures", nth=0, says="BYE"),), says=("Factures",), ends=(75, 75, 75)
    ),
    "a message cannot be given": Row(
        faults=(Fault(at="FETCH headers", about=2, nth=0), Fault(at="FETCH body", about=2, nth=0)),
        says=("INBOX:2",),
        ends=(1, 1, 1),
    ),
}
LASTING = {name: replace(row, lasts=True, first=ONLY_INBOX, after=ONLY_INBOX) for name, row in LASTING.items()}
LASTING["a body has no end"] = Row(
    faults=(Fault(at="FETCH body", about=1, nth=0, says="flood"),),
    says=("INBOX:1",),
    ends=(1, 1, 1),
    lasts=True,
    first=(COLIS_ANSWERED,),
    after=(COLIS_ANSWERED,),
)
for what in ("facts", "headers"):
    for says in ("BYE", "silence", "flood"):
        LASTING[f"the {what} of a message make the server hang up, {says}"] = Row(
            faults=(Fault(at=f"FETCH {what}", about=2, nth=0, says=says),),
            says=("INBOX:2",),
            ends=(1, 0, 0),
            lasts=True,
            first=ONLY_INBOX,
            after=ONLY_INBOX,
        )
LASTING["the only mailbox refuses EXAMINE"] = Row(
    faults=(Fault(at="EXAMINE", mailbox="INBOX", nth=0),),
    says=("INBOX", "127.0.0.1"),
    ends=(69, 69, 69),
    lasts=True,
    first=(),
    after=(),
)

TABLES: Mapping[str, Mapping[str, Row]] = {
    "shape": SHAPES,
    "lost state": LOST,
    "one mailbox": ONE_MAILBOX,
    "one message": ONE_MESSAGE,
    "refused": REFUSED,
    "hangs up": HANGS_UP,
    "lasting": LASTING,
}
ROWS = {f"{table}: {name}": row for table, rows in TABLES.items() for name, row in rows.items()}


# The runs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run, as one of its accounts sees it."""

    status: int
    stdout: str
    stderr: str
    said: str
    """What of it is about this account."""
    answered: tuple[str, ...]
    """What the drafts answer that lie in the drafts mailbox afterwards."""


def answered(server: ShapedServer) -> tuple[str, ...]:
    """Give what the drafts answer that lie in the drafts mailbox."""
    return tuple(sorted(str(draft.parsed["In-Reply-To"]) for draft in server.drafts))


def deliver(server: ShapedServer, colis_in: str = "INBOX") -> None:
    """Have all the mail arrive: two bills, and what else comes."""
    server.deliver(bill(TELECOM))
    server.deliver(bill(COLIS, days=2), colis_in)
    for raw in what_else_comes():
        server.deliver(raw)


def a_world(folder: Path, dns: DnsServer, servers: Mapping[str, ShapedServer], rows: Mapping[str, Row]) -> World:
    """Give a user who has an account on each server."""
    accounts = [
        {"name": name, "address": f"{name}@example.org", "port": server.port, "mailboxes": list(row.mailboxes)}
        for (name, server), row in zip(servers.items(), rows.values(), strict=True)
    ]
    world = World(
        folder=folder,
        host="127.0.0.1",
        port=0,
        security="none",
        ca=None,
        user="anne",
        password="secret",
        dns_port=dns.port,
        accounts=accounts,
        drafting={"per_run": 1000},  # it counts the drafts of all of them
    )
    dns.zone.update({name: Txt(record) for name, record in world.zone().items()})
    return world


@pytest.fixture
def anne(dns: DnsServer, tmp_path: Path) -> Iterator[Callable[..., tuple[ShapedServer, World]]]:
    """Give what makes an account on a server of some shape, nothing in it yet."""
    with ExitStack() as stack:

        def make(row: Row) -> tuple[ShapedServer, World]:
            server = stack.enter_context(ShapedServer(row.shape))
            return server, a_world(tmp_path, dns, {"perso": server}, {"perso": row})

        yield make


class Group:
    """Rows that end alike: accounts of one user, and three runs over all of them."""

    def __init__(self, folder: Path, rows: Mapping[str, Row]) -> None:
        self.rows = {f"a{number}": row for number, row in enumerate(rows.values())}
        self.names = dict(zip(rows, self.rows, strict=True))
        self.runs: dict[str, list[Run]] = {name: [] for name in self.rows}
        with ExitStack() as stack:
            dns = stack.enter_context(DnsServer({}))
            self.servers = {name: stack.enter_context(ShapedServer(row.shape)) for name, row in self.rows.items()}
            for name, row in self.rows.items():
                deliver(self.servers[name], row.colis_in)
                self.servers[name].faults = list(row.faults)
            world = a_world(folder, dns, self.servers, self.rows)
            self._run(world)
            self._meanwhile(world)
            self._run(world)
            self._run(world)

    def _run(self, world: World) -> None:
        done = world.run()
        for name, server in self.servers.items():
            mine = re.compile(rf"noreply-analyzer: {name}[:/]")
            said = "\n".join(line for line in done.stderr.splitlines() if mine.match(line))
            run = Run(
                status=done.returncode, stdout=done.stdout, stderr=done.stderr, said=said, answered=answered(server)
            )
            self.runs[name].append(run)

    def _meanwhile(self, world: World) -> None:
        for name, row in self.rows.items():
            if not row.lasts:
                self.servers[name].faults = []
            if row.then:
                row.then(self.servers[name])
        if any(row.forgets for row in self.rows.values()):
            world.state.unlink()


@pytest.fixture(scope="module")
def group_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Group]:
    """Give what tells how the three runs over a row, and all that end like it, went."""

    @cache
    def group(table: str, ends: tuple[int, ...]) -> Group:
        rows = {name: row for name, row in ROWS.items() if name.startswith(table) and row.ends == ends}
        return Group(tmp_path_factory.mktemp("user"), rows)

    return lambda name: group(name.partition(":")[0], ROWS[name].ends)


@pytest.mark.parametrize("name", ROWS)
def test_each_server_ends_in_its_status_and_each_bill_in_one_draft(name: str, group_of: Callable[[str], Group]) -> None:
    """The exit status, a sentence that names host or mailbox, and exactly the drafts: what was lost is made up."""
    row = ROWS[name]
    group = group_of(name)
    account = group.names[name]
    first, second, third = group.runs[account]

    assert (first.status, second.status, third.status) == row.ends, [run.stderr for run in group.runs[account]]
    assert (first.answered, second.answered, third.answered) == (row.first, row.after, row.after), first.said
    assert all(word in first.said for word in row.says), first.said
    assert bool(first.said) == bool(row.says), first.said
    assert row.lasts or not second.said + third.said
    assert third.stdout == ""
    assert "Traceback" not in first.stderr + second.stderr + third.stderr
    assert group.servers[account].refused == []


# What takes more than that --------------------------------------------------------------------------------------------

Make = Callable[[Row], tuple[ShapedServer, World]]


@pytest.mark.parametrize(("shape", "status"), [(Shape(), 0), (NO_UIDNEXT, 1)], ids=["says where it ends", "no UIDNEXT"])
def test_killed_before_append_is_made_up_only_where_that_is_certain(anne: Make, shape: Shape, status: int) -> None:
    """Killed between intent and APPEND: made up where Drafts provably did not change; elsewhere the run says so."""
    server, world = anne(Row(shape=shape))
    server.deliver(bill(TELECOM))

    killed = world.run(dying="after-intent")
    after, again = world.run(), world.run()

    assert killed.returncode == -signal.SIGKILL
    assert (after.returncode, "telecom-exemple" in after.stderr) == (status, status == 1), after.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(server.drafts) == 1 - status


def test_killed_after_append_and_deleted_by_the_user_is_not_made_again(anne: Make) -> None:
    """Where the server does not say where Drafts ends, an empty one looks as if nothing was ever saved: no proof."""
    server, world = anne(Row(shape=NO_UIDNEXT))
    server.deliver(bill(TELECOM))
    world.run(dying="after-append")
    server.drafts.clear()

    after, again = world.run(), world.run()

    assert after.returncode == 1
    assert "telecom-exemple" in after.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert server.drafts == []


def an_answer_of_the_user(server: ShapedServer) -> None:
    """Have the user's mail program save an answer to the second bill."""
    raw = mail("anne@example.org", "Re: facture", "Bonjour,\n", date=datetime.now(UTC), message_id="<u@example.org>")
    server.deliver(f"In-Reply-To: {COLIS_ANSWERED}\r\n".encode() + raw, server.shape.drafts, flags="\\Draft")


def a_draft_of_another_machine(server: ShapedServer) -> None:
    """Have another machine of the user's save a draft to the second operator, about another bill."""
    marker = Marker(operator=COLIS.slug, topic="billing", digest="0" * 32)
    raw = mail("anne@example.org", "Facture", "Bonjour,\n", date=datetime.now(UTC), message_id="<other@example.org>")
    thread = f"In-Reply-To: <b2@colis.example>\r\nReferences: {marker}\r\n <b2@colis.example>\r\n"
    server.deliver(thread.encode() + raw, server.shape.drafts, flags="\\Draft")


@pytest.mark.parametrize("shape", [Shape(), Shape(uidplus=False), NO_UIDNEXT], ids=["UIDPLUS", "none", "no UIDNEXT"])
@pytest.mark.parametrize(
    ("event", "rule"),
    [(an_answer_of_the_user, "answered-already"), (a_draft_of_another_machine, "draft-waiting")],
    ids=["the user", "another machine"],
)
def test_what_comes_to_drafts_between_two_letters_is_seen(
    anne: Make, shape: Shape, event: Callable[[ShapedServer], None], rule: str
) -> None:
    """While the first draft is saved, something comes that makes the second one too many: it is not written."""
    server, world = anne(Row(shape=shape))
    deliver(server)
    server.faults = [Fault(at="APPEND", says="nothing", saves=True, event=event)]

    found = world.run_json()
    again = world.run()

    assert [one["decision"]["rule"] for one in found[:-1]] == ["unanswerable-proven", rule]
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(server.drafts) == 2


@pytest.mark.parametrize(("uidplus", "letters"), [(True, 2), (False, 2), (True, 0)])
def test_drafts_and_sent_are_read_anew_only_where_something_came(anne: Make, letters: int, *, uidplus: bool) -> None:
    """Once before the first letter, whatever was read early; and not for each letter, nor where there is none."""
    server, world = anne(Row(shape=Shape(uidplus=uidplus)))
    if letters:
        deliver(server)

    world.run()

    assert len(server.drafts) == letters
    assert sum(b'EXAMINE "Sent"' in line or b"EXAMINE Sent" in line for line in server.lines) == (2 if letters else 1)


@pytest.mark.parametrize("mailbox", ["Brouillons", "Sent"])
@pytest.mark.parametrize("says", ["NO", "NIL", "BYE", "silence"])
def test_what_cannot_be_read_in_drafts_or_sent_costs_itself(anne: Make, mailbox: str, says: Says) -> None:
    """It is named, once; what lies beside it counts, and what came is drafted to."""
    server, world = anne(Row())
    deliver(server)
    raw = mail("anne@example.org", "Dimanche", "Oui !\n", date=datetime.now(UTC), message_id="<luc-2@example.org>")
    server.deliver(raw, mailbox)
    server.deliver(f"In-Reply-To: {COLIS_ANSWERED}\r\n".encode() + raw, mailbox)
    server.faults = [Fault(at="FETCH headers", mailbox=mailbox, about=1, nth=0, says=says)]

    first, second = world.run(), world.run()

    assert (first.returncode, first.stderr.count("\n")) == (1, 1), first.stderr
    assert f"{mailbox}:1" in first.stderr
    assert f"there is an answer to it in {mailbox} already" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert [str(draft.parsed["In-Reply-To"]) for draft in server.drafts][-1:] == [TELECOM_ANSWERED]


def test_two_messages_that_cost_a_connection_cost_no_other(anne: Make) -> None:
    """A run connects a few times only: what one run does not find out, the next does."""
    server, world = anne(Row())
    for number in range(6):
        server.deliver(bill(COLIS, str(number), days=3 + number / 10))
    server.deliver(bill(TELECOM))
    server.faults = [Fault(at="FETCH facts", about=uid, nth=0, says="BYE") for uid in (2, 5)]

    ends = [world.run() for _ in range(3)]

    assert [done.returncode for done in ends] == [75, 1, 0], ends
    assert [ends[1].stderr.count(f"INBOX:{uid}: skipped") for uid in range(1, 8)] == [0, 1, 0, 0, 1, 0, 0]
    assert answered(server) == ("<bill0@colis.example>", TELECOM_ANSWERED)


def test_an_answer_to_append_that_cannot_be_read_is_no_refusal(anne: Make) -> None:
    """The draft was saved, the answer is nonsense, the user deletes it: not made again, and that is said."""
    server, world = anne(Row())
    server.deliver(bill(TELECOM))
    server.faults = [Fault(at="APPEND", says="flood", saves=True)]

    lost = world.run()
    saved_meanwhile = len(server.drafts)
    server.drafts.clear()
    after, again = world.run(), world.run()

    assert (lost.returncode, saved_meanwhile) == (75, 1), lost.stderr
    assert "Brouillons" in lost.stderr
    assert after.returncode == 1
    assert "telecom-exemple" in after.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert server.drafts == []


def test_a_store_from_a_backup_hides_no_mail(anne: Make) -> None:
    """The UIDs begin again at less under the same UIDVALIDITY: what came since is found all the same."""
    server, world = anne(Row())
    for raw in (*what_else_comes(), *what_else_comes(), bill(COLIS)):
        server.deliver(raw)
    world.run()
    server.make_anew("INBOX", uid_validity=7)
    inbox = server.boxes["INBOX"]
    inbox.messages, inbox.uid_next = inbox.messages[:2], 3
    server.deliver(bill(TELECOM))

    after = world.run()

    assert after.returncode == 0
    assert answered(server) == BOTH


def test_what_waits_in_a_mailbox_that_is_away_is_not_forgotten(anne: Make, dns: DnsServer) -> None:
    """Put off for the DNS, then its mailbox is away for one run: drafted when both are there again."""
    server, world = anne(in_two())
    keys = dict(dns.zone)
    dns.zone.update(dict.fromkeys(keys, Bad.SERVFAIL))
    server.deliver(bill(TELECOM), "Factures")
    world.run()
    dns.zone.update(keys)
    vanish("Factures")(server)

    away = world.run()
    come_back(server)
    back = world.run()

    assert (away.returncode, away.stderr) == (0, "")
    assert (back.returncode, back.stderr) == (0, "")
    assert answered(server) == (TELECOM_ANSWERED,)


def test_what_waits_in_a_mailbox_that_is_refused_waits_on(anne: Make, dns: DnsServer) -> None:
    """Put off for the DNS, then its mailbox is refused for one run, named once; the other mailbox is read meanwhile."""
    server, world = anne(in_two())
    keys = dict(dns.zone)
    dns.zone.update(dict.fromkeys(keys, Bad.SERVFAIL))
    server.deliver(bill(COLIS), "Factures")
    world.run()
    dns.zone.update(keys)
    server.deliver(bill(TELECOM))
    server.faults = [Fault(at="EXAMINE", mailbox="Factures", nth=0)]

    refused = world.run()
    answered_meanwhile = answered(server)
    server.faults = []
    well = world.run()

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "Factures" in refused.stderr
    assert answered_meanwhile == (TELECOM_ANSWERED,)
    assert (well.returncode, well.stderr) == (0, "")
    assert answered(server) == BOTH


def test_a_server_that_hangs_up_all_the_time_is_left(anne: Make) -> None:
    """A run connects a few times, not once for each mailbox: who logs in all the time is locked out."""
    names = tuple(f"Factures {number}" for number in range(9))
    server, world = anne(Row(shape=Shape(further=names), mailboxes=("*",)))
    server.deliver(bill(TELECOM))
    server.faults = [Fault(at="EXAMINE", mailbox=name, nth=0, says="BYE") for name in names]

    done = world.run()

    assert done.returncode == 75
    assert "Traceback" not in done.stderr
    assert server.logins < 6


def test_one_letter_that_is_always_refused_keeps_no_other(anne: Make) -> None:
    """A letter that the server does not take is named by each run; the others are saved, and once."""
    server, world = anne(Row())
    deliver(server)
    server.refuses_appended = b"colis.example"

    first, second = world.run(), world.run()

    assert (first.returncode, second.returncode) == (69, 69)
    assert "Brouillons" in first.stderr
    assert answered(server) == (TELECOM_ANSWERED,)


def test_a_mailbox_of_damaged_mail_is_named_and_left(anne: Make) -> None:
    """Where the server shows nothing of message after message, the mailbox is named, and not each of a thousand."""
    server, world = anne(in_two())
    server.deliver(bill(TELECOM))
    for number in range(40):
        server.deliver(bill(COLIS, str(number)), "Factures")
    server.faults = [Fault(at="FETCH facts", mailbox="Factures", nth=0)]

    done = world.run()

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Factures" in done.stderr
    assert answered(server) == (TELECOM_ANSWERED,)
