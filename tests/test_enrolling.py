"""`setup`: three answers and a configuration that works; on a real terminal, against real servers."""

import shutil
import signal
import socket
import stat
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from program import typed
from servers.dnsd import Bad, DnsServer, Srv
from terminal import Terminal
from test_cut_off import bill
from world import TELECOM, MaildirWorld, World

from noreply_analyzer.address import Address
from noreply_analyzer.approach import Secret, Way, _ask_server
from noreply_analyzer.config import load
from noreply_analyzer.enrolling import _how_called, _mailbox_keys, _one_of, _pinned
from noreply_analyzer.errors import UsageError
from noreply_analyzer.finding import Place
from noreply_analyzer.mailboxes import Listed
from noreply_analyzer.mailserver import MailServer
from noreply_analyzer.message import Message
from noreply_analyzer.providers import provider_of

CONFIG = Path(".config/noreply-analyzer/config.toml")


def mode_of(path: Path) -> int:
    """Give the rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home with nothing in it."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def files_in(folder: Path) -> set[str]:
    """Name everything that is there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def write_config(home: Path, text: str) -> Path:
    """Write a configuration where it usually is."""
    path = home / CONFIG
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def name_server(terminal: Terminal, server: str) -> None:
    """Answer up to the password, and ask nobody."""
    terminal.answer("Your e-mail address", "anne@example.org")
    terminal.answer("May the DNS be asked", "n")
    terminal.answer("Server", server)


def leave_blank(terminal: Terminal) -> None:
    """Give neither name nor address."""
    terminal.answer("Your name")
    terminal.answer("Line 1")


@pytest.fixture
def plain_server() -> Iterator[MailServer]:
    """Give a server on this machine that marks no mailbox, with one for anne@example.org."""
    with MailServer({"anne@example.org": "secret"}) as server:
        yield server


def at(server: MailServer) -> str:
    """Give it as one types it."""
    return f"{server.host}:{server.port} none"


# Three answers ------------------------------------------------------------------------------------------------------


@pytest.mark.dovecot
def test_three_answers(world: World, home: Path) -> None:
    """An address, a password, a name; what was found is confirmed; the next command works as it stands."""
    with Terminal(home, "-vv", "setup") as terminal:
        name_server(terminal, f"localhost:{world.port}")
        terminal.answer_unseen("Password", world.password)
        terminal.answer("with its authority", str(world.ca))
        terminal.wait_for("drafts      example: Brouillons (the server marks it)")
        terminal.wait_for("sent        example: Éléments envoyés (the server marks it)")
        terminal.answer("Your name", "Anne Martin")
        terminal.answer("Line 1", "12, rue des Lilas")
        terminal.answer("Line 2", "17000 La Rochelle")
        terminal.answer("Line 3")
        status = terminal.end()

    assert status == 0, terminal.said
    secret = home / CONFIG.parent / "example.password"
    assert tomllib.loads((home / CONFIG).read_text("utf-8")) == {
        "language": "en",
        "identity": {"name": "Anne Martin", "address": ["12, rue des Lilas", "17000 La Rochelle"]},
        "accounts": [
            {
                "name": "example",
                "address": "anne@example.org",
                "host": "localhost",
                "port": world.port,
                "security": "tls",
                "tls_ca": str(world.ca),
                "password_file": str(secret),
            }
        ],
    }
    assert secret.read_text("utf-8") == f"{world.password}\n"
    assert [mode_of(home / CONFIG), mode_of(secret), mode_of(secret.parent)] == [0o600, 0o600, 0o700]
    assert files_in(home / CONFIG.parent) == {"config.toml", "example.password"}
    assert world.password not in terminal.said.replace("secret-tool", "")
    assert "*/30 * * * *  " in terminal.said
    assert "run --dry-run" in terminal.said
    assert typed(home, "run", "--dry-run").returncode == 0


@pytest.mark.dovecot
def test_the_dns_is_asked_only_if_it_may_be(world: World, home: Path, dns: DnsServer) -> None:
    """What it says is shown, and confirmed before a password goes there; no key is looked up."""
    write_config(home, f'[dns]\nservers = ["{dns.address}"]\n')
    dns.zone["_imaps._tcp.example.org"] = Srv((("localhost", world.port, 10), ("elsewhere.example", 993, 20)))
    with Terminal(home, "setup") as terminal:
        terminal.answer("Add an account", "add")
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.wait_for("May the DNS be asked")
        assert dns.questions == []
        terminal.type(b"\n")
        terminal.answer(f"Server [localhost:{world.port}]")
        terminal.answer_unseen("Password", world.password)
        world.user = "anne@example.org"
        world.deliver(bill(world, TELECOM))
        terminal.answer("with its authority", str(world.ca))
        terminal.wait_for("the last message carries: none")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    assert [(name, kind) for name, kind, _how in dns.questions] == [
        ("_imaps._tcp.example.org", "SRV"),
        ("_imap._tcp.example.org", "SRV"),
    ]
    (account,) = load(home / CONFIG).accounts
    assert (account.host, account.port) == ("localhost", world.port)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("imap.example.org", ""),
        ("imap.example.com", "names a server of somebody else, imap.example.com"),
        ("example.org.evil.example", "names a server of somebody else, example.org.evil.example"),
        ("imap.éxample.org".encode("idna").decode(), "names a server of somebody else, imap.xn--"),
    ],
)
def test_a_dns_that_names_another_domain(home: Path, dns: DnsServer, host: str, said: str) -> None:
    """Usual, and what a forged answer does: it is said apart, before anything is confirmed (RFC 6186 section 6)."""
    write_config(home, f'[dns]\nservers = ["{dns.address}"]\n')
    dns.zone["_imaps._tcp.mail.example.org"] = Srv(((host, 993, 10),))
    with Terminal(home, "setup") as terminal:
        terminal.answer("Add an account")
        terminal.answer("Your e-mail address", "anne@mail.example.org")
        terminal.answer("May the DNS be asked", "yes")
        shown = terminal.wait_for(f"Server [{host}]").replace("\n", " ")
        terminal.type(b"\x04")
        assert terminal.end() == 130

    assert ("somebody else" in shown) is bool(said)
    assert said in shown


@pytest.mark.parametrize("answer", [Bad.SERVFAIL, None], ids=str)
def test_a_dns_that_does_not_say_it(home: Path, dns: DnsServer, answer: Bad | None) -> None:
    """Then one is asked, as after a no."""
    write_config(home, f'[dns]\nservers = ["{dns.address}"]\n')
    if answer:
        dns.zone["_imaps._tcp.example.org"] = answer
    with Terminal(home, "setup") as terminal:
        terminal.answer("Add an account")
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.answer("May the DNS be asked", "yes")
        terminal.wait_for("could not answer" if answer else "does not say it in the DNS")
        terminal.answer("Server", "imap.example.org ssl")
        terminal.wait_for("stands tls, starttls or none")
        terminal.answer("Server", "Gandi")
        terminal.wait_for("Password")
        terminal.type(b"\x04")
        assert terminal.end() == 130


@pytest.mark.parametrize(
    ("address", "server", "said", "asked"),
    [
        ("anne@orange.fr", "[imap.orange.fr]", "The password: best is", "Password"),
        ("anne@gmail.com", "[imap.gmail.com]", "make an app password there", "Password"),
        ("anne@outlook.fr", "[outlook.office365.com]", "takes no password from programs", "Command"),
        ("anne@proton.me", "[127.0.0.1:1143]", "that Bridge shows", "Password"),
    ],
)
def test_well_known_providers(home: Path, dns: DnsServer, address: str, server: str, said: str, asked: str) -> None:
    """Nobody is asked where they are; what they want is said before one types it."""
    write_config(home, f'[dns]\nservers = ["{dns.address}"]\n')
    with Terminal(home, "setup") as terminal:
        terminal.answer("Add an account")
        terminal.answer("Your e-mail address", address)
        terminal.answer(f"Server {server}")
        terminal.wait_for(said)
        terminal.wait_for(f"{asked} ")
        terminal.type(b"\x04")
        assert terminal.end() == 130

    assert dns.questions == []


def test_a_command_that_gives_the_password(home: Path, plain_server: MailServer) -> None:
    """A word that is no program may be a password: no sentence repeats it."""
    plain_server.create("anne@example.org", "Drafts")
    with Terminal(home, "setup") as terminal:
        name_server(terminal, at(plain_server))
        terminal.answer_unseen("Password", "")
        for wrong in ("Zanzibar", '"', ""):
            terminal.answer("Command", wrong)
            terminal.wait_for("please type a program and its words")
        terminal.answer("Command", "printf 'secret\\n'")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    (account,) = load(home / CONFIG).accounts
    assert account.password_command == ("printf", "secret\\n")
    assert files_in(home / CONFIG.parent) == {"config.toml"}
    assert terminal.said.count("Zanzibar") == 1  # as the terminal echoed it


# A Maildir ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "answer"])
def test_a_maildir(maildir_world: MaildirWorld, home: Path, how: str) -> None:
    """No server, no password; a path that means the same wherever it is read."""
    folder = shutil.copytree(maildir_world.maildir, home / "Mail")
    words = ["--path", "Mail"] if how == "option" else []
    with Terminal(home, "setup", *words) as terminal:
        if how == "answer":
            terminal.answer("the path of a Maildir", "./Nowhere")
            terminal.wait_for("there is no folder")
            terminal.answer("the path of a Maildir", "./Mail")
        terminal.answer("Your e-mail address", "anne")
        terminal.wait_for("is not an address")
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.wait_for("Brouillons (by its name)")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    (account,) = load(home / CONFIG).accounts
    assert (account.path, account.host, account.name) == (str(folder), "", "example")
    assert files_in(home / CONFIG.parent) == {"config.toml"}


@pytest.mark.parametrize("words", [("setup", "--path", "Mail\udcff"), ("--config", "Mail\udcff/config.toml", "setup")])
def test_a_path_that_no_configuration_can_name(home: Path, words: Sequence[str]) -> None:
    """A name of any bytes is refused before anything is asked; a configuration is UTF-8."""
    (home / "Mail\udcff").mkdir()
    with Terminal(home, *words) as terminal:
        assert terminal.end() == 64, terminal.said

    assert "Mail\\udcff is not UTF-8" in terminal.said or "config.toml is not UTF-8" in terminal.said
    assert "?" not in terminal.said
    assert files_in(home) == {"Mail\udcff"}


def test_the_beginning_of_an_address(home: Path) -> None:
    """It is asked for again before the DNS is asked about it, and nothing is left behind."""
    with Terminal(home, "setup") as terminal:
        terminal.answer("Your e-mail address", "marie@orange")
        terminal.wait_for("marie@orange: something is missing behind orange, as in anne@example.org")
        terminal.wait_for("Your e-mail address")
        assert terminal.interrupt(signal.SIGINT) == 130

    assert "DNS" not in terminal.said
    assert not (home / CONFIG).exists()


def test_a_folder_that_is_no_maildir(maildir_world: MaildirWorld, home: Path) -> None:
    """Another may be named."""
    shutil.copytree(maildir_world.maildir, home / "Mail")
    (home / "Documents").mkdir()
    with Terminal(home, "setup", "--path", "Documents") as terminal:
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.wait_for("is no Maildir")
        terminal.answer("Path of the Maildir", "~/Mail")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    assert load(home / CONFIG).accounts[0].path == "~/Mail"


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_nobody_to_answer(home: Path) -> None:
    """Without a terminal it says what to do instead."""
    done = typed(home, "setup", given="anne@example.org\n")

    assert (done.returncode, done.stdout) == (64, "")
    assert "config.example.toml" in done.stderr
    assert files_in(home) == set()


def test_where_no_configuration_can_be_written_nothing_is_asked(home: Path) -> None:
    """Nobody answers three questions for nothing."""
    (home / "file").touch()
    with Terminal(home, "--config", "file/config.toml", "setup") as terminal:
        assert terminal.end() == 74

    assert "file is no folder that this user may write to" in terminal.said
    assert "?" not in terminal.said


def test_a_wrong_password(home: Path, plain_server: MailServer) -> None:
    """It may be the user name, too; the third time ends it, with nothing written."""
    with Terminal(home, "setup") as terminal:
        name_server(terminal, at(plain_server))
        terminal.answer_unseen("Password", "wrong")
        for _try in range(2):
            terminal.wait_for("does not accept the user")
            terminal.answer("User name", "")
            terminal.answer_unseen("Password", "wrong again")
        assert terminal.end() == 77

    assert terminal.said.count("does not accept the user") == 3
    assert files_in(home) == set()


def test_what_else_went_wrong_costs_no_password(home: Path, plain_server: MailServer) -> None:
    """Three of a kind end it: who has mistaken the server twice may still mistype the password once."""
    plain_server.create("anne@example.org", "Drafts")
    plain_server.create("anne@example.org", "Sent")
    with Terminal(home, "setup") as terminal:
        name_server(terminal, f"127.0.0.1:{nobody()} none")
        terminal.answer_unseen("Password", "wrong")
        terminal.answer("Server", f"127.0.0.1:{nobody()} none")
        terminal.answer("Server", at(plain_server))
        terminal.wait_for("does not accept the user")
        terminal.answer("User name", "")
        terminal.answer_unseen("Password", "secret")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said


def test_another_user_name(home: Path) -> None:
    """Where the address is not what one logs in with."""
    with MailServer({"anne": "secret"}) as server, Terminal(home, "setup") as terminal:
        server.create("anne", "Drafts")
        server.create("anne", "Sent")
        name_server(terminal, at(server))
        terminal.answer_unseen("Password", "secret")
        terminal.answer("User name [anne@example.org]", "anne")
        terminal.answer_unseen("Password", "secret")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    assert load(home / CONFIG).accounts[0].login == "anne"


def test_what_was_corrected_stays() -> None:
    """Who names another server has not another user name, but whom he trusts is asked anew."""
    way = Way(
        address=Address.parse("anne@example.org"),
        place=Place(host="a.example.org"),
        user="anne",
        tls_ca="a.pem",
        secret=Secret(typed="secret"),
    )
    found: list[Way] = []

    @click.command()
    def ask() -> None:
        found.append(_ask_server(way, way.place))

    for typed_in in ("", "a.example.org:143", "b.example.org", "laposte.net", "La Poste"):
        CliRunner().invoke(ask, input=f"{typed_in}\n", catch_exceptions=False)

    assert [(one.place and str(one.place), one.user, one.tls_ca) for one in found] == [
        ("a.example.org", "anne", "a.pem"),
        ("a.example.org:143", "anne", "a.pem"),
        ("b.example.org", "anne", ""),
        ("laposte.net", "anne", ""),
        ("imap.laposte.net", "anne", ""),
    ]
    assert {one.secret.typed for one in found} == {"secret"}


@pytest.mark.parametrize(
    ("secret", "keys"),
    [
        (Secret(typed="secret"), {"password_file": "/home/anne/x.password"}),
        (Secret(command=("pass", "mail")), {"password_command": ("pass", "mail")}),
        (Secret(command=("oama", "access", "a"), token=True), {"token_command": ("oama", "access", "a")}),
    ],
)
def test_what_the_configuration_says_of_a_password(secret: Secret, keys: dict[str, object]) -> None:
    """Where it is, and never what it is."""
    way = Way(address=Address.parse("anne@example.org"), place=Place(host="imap.example.org"), secret=secret)

    assert (
        way.keys("perso", Path("/home/anne/x.password"))
        == {
            "name": "perso",
            "address": "anne@example.org",
            "host": "imap.example.org",
        }
        | keys
    )


def nobody() -> int:
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_server_out_of_reach(home: Path, plain_server: MailServer) -> None:
    """Another may be named, and the password is not asked for again; the third time ends it."""
    plain_server.create("anne@example.org", "Drafts")
    plain_server.create("anne@example.org", "Sent")
    away = f"127.0.0.1:{nobody()} none"
    with Terminal(home, "setup") as terminal:
        name_server(terminal, away)
        terminal.answer_unseen("Password", "secret")
        terminal.wait_for("nobody listens there")
        terminal.answer(f"Server [{away}]", at(plain_server))
        terminal.wait_for("login       example: anne@example.org")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said
    (home / CONFIG).unlink()
    with Terminal(home, "setup") as terminal:
        name_server(terminal, away)
        terminal.answer_unseen("Password", "secret")
        terminal.answer("Server")
        terminal.answer("Server")
        assert terminal.end() == 75


@pytest.mark.dovecot
def test_a_certificate_that_nobody_knows(world: World, home: Path) -> None:
    """It is trusted only if one names a file; without one, another server may be named."""
    with Terminal(home, "setup") as terminal:
        name_server(terminal, f"localhost:{world.port}")
        terminal.answer_unseen("Password", world.password)
        terminal.wait_for("cannot be trusted")
        for nowhere in ("nowhere.pem", "~nobody-at-all/x.pem"):
            terminal.answer("with its authority", nowhere)
            terminal.wait_for("there is no file")
        terminal.answer("with its authority")
        terminal.answer(f"Server [localhost:{world.port}]")
        terminal.answer("with its authority")
        terminal.answer("Server")
        assert terminal.end() == 69

    assert files_in(home) == set()


def test_mailboxes_that_nobody_marks(home: Path, plain_server: MailServer) -> None:
    """They are named, and chosen among."""
    for mailbox in ("A écrire", "Partis", "Spam"):
        plain_server.create("anne@example.org", mailbox)
    with Terminal(home, "setup") as terminal:
        name_server(terminal, at(plain_server))
        terminal.answer_unseen("Password", "secret")
        terminal.wait_for("There are: A écrire, Partis\n")
        terminal.answer("Mailbox for drafts", "Brouillons")
        terminal.wait_for("please type one of")
        terminal.answer("Mailbox for drafts", "a écrire")
        terminal.wait_for("There are: Partis\n")
        terminal.answer("Mailbox of sent mail", "Partis")
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    (account,) = load(home / CONFIG).accounts
    assert (account.drafts, account.sent) == ("A écrire", "Partis")
    assert typed(home, "run", "--dry-run").returncode == 0


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [("Papiers", "Papiers"), ("PAPIERS", "PAPIERS"), ("papiers", ""), ("notes", "Notes"), ("", "")],
)
def test_a_mailbox_is_called_as_it_was_typed(answer: str, chosen: str) -> None:
    """Capitals may be left out, but where they alone tell two mailboxes apart."""
    names = ["PAPIERS", "Papiers", "Notes", *(f"{number}\x1b[31m" for number in range(5000))]
    if chosen:
        assert _one_of(answer, names) == chosen
        return
    with pytest.raises(UsageError) as caught:
        _one_of(answer, names)
    assert len(str(caught.value)) < 1000
    assert "PAPIERS, Papiers" in str(caught.value)


def test_thousands_of_mailboxes_to_choose_among() -> None:
    """The question comes soon, on a page."""
    listed = [Listed(name="INBOX"), *(Listed(name=f"box {number}") for number in range(10_000))]
    found: list[dict[str, str]] = []

    @click.command()
    def ask() -> None:
        found.append(_mailbox_keys(listed))

    began = time.monotonic()
    done = CliRunner().invoke(ask, input="box 9999\nBOX 3\n", catch_exceptions=False)

    assert found == [{"drafts": "box 9999", "sent": "box 3"}]
    assert "box 48, box 49, …" in done.output
    assert len(done.output) < 2000
    assert time.monotonic() - began < 5


def test_no_mailbox_for_drafts(home: Path, plain_server: MailServer) -> None:
    """None is ever made: it says where to make one."""
    with Terminal(home, "setup") as terminal:
        name_server(terminal, at(plain_server))
        terminal.answer_unseen("Password", "secret")
        assert terminal.end() == 78

    assert "make one in your mail program" in terminal.said
    assert files_in(home) == set()


STAGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "address": (),
    "DNS": (("Your e-mail address", "anne@example.org"),),
    "server": (("Your e-mail address", "anne@example.org"), ("May the DNS be asked", "n")),
    "name": (("Your e-mail address", "anne@example.org"), ("May the DNS be asked", "n"), ("Server", "{server}")),
}
LAST = {"address": "Your e-mail address", "DNS": "May the DNS be asked", "server": "Server", "name": "Your name"}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(
    home: Path, plain_server: MailServer, stage: str, number: signal.Signals
) -> None:
    """At whatever question it comes."""
    plain_server.create("anne@example.org", "Drafts")
    plain_server.create("anne@example.org", "Sent")
    with Terminal(home, "setup") as terminal:
        for question, answer in STAGES[stage]:
            terminal.answer(question, answer.format(server=at(plain_server)))
        if stage == "name":
            terminal.answer_unseen("Password", "secret")
        terminal.wait_for(LAST[stage])
        terminal.wait_for(": ")
        status = terminal.interrupt(number)

    assert status == 130, terminal.said
    assert terminal.said.rstrip().endswith("noreply-analyzer: interrupted")
    assert files_in(home) == set()


def test_while_a_password_is_typed_the_terminal_is_put_right_again(home: Path, plain_server: MailServer) -> None:
    """Ctrl-C there leaves a terminal that shows what one types."""
    with Terminal(home, "setup") as terminal:
        name_server(terminal, at(plain_server))
        terminal.wait_for("Password")
        terminal.wait_until_unseen()
        status = terminal.interrupt(signal.SIGINT)
        shows = terminal.shows_what_is_typed

    assert (status, shows) == (130, True)
    assert files_in(home) == set()


# A configuration that is there already ------------------------------------------------------------------------------

MINE = """# My own words.
[[accounts]]
name = "example"
address = "bob@example.org"
path = "~/Mail"
"""


def enrol(home: Path, *before: tuple[str, str], words: Sequence[str] = ()) -> Terminal:
    """Answer for the Maildir ~/Mail, whose owner does not say who she is."""
    with Terminal(home, *words, "setup", "--path", "Mail") as terminal:
        for question, answer in before:
            terminal.answer(question, answer)
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.answer("Your name", "Anne")
        terminal.answer("Line 1")
        assert terminal.end() == 0, terminal.said
    return terminal


@pytest.fixture
def home_with_mail(home: Path, maildir_world: MaildirWorld) -> Path:
    """Give a home with a Maildir in it."""
    shutil.copytree(maildir_world.maildir, home / "Mail")
    return home


def test_an_account_is_added(home_with_mail: Path) -> None:
    """What stands there stays, word for word; the account gets a name of its own; no address twice."""
    path = write_config(home_with_mail, MINE)
    enrol(home_with_mail, ("Add an account", ""), ("Your e-mail address", "Bob@example.org"))
    settings = load(path)

    assert path.read_text("utf-8").startswith(MINE)
    assert [(one.name, one.address) for one in settings.accounts] == [
        ("example", "bob@example.org"),
        ("example-2", "anne@example.org"),
    ]
    identity = settings.accounts[1].identity
    assert identity is not None
    assert identity.name == "Anne"


@pytest.mark.parametrize("there", [MINE, "no toml [", "[drafting]\nper_run = 0\n"])
def test_one_is_replaced_and_kept(home_with_mail: Path, there: str) -> None:
    """Also one that cannot be read, of which it says why; the next time the kept one is kept too."""
    path = write_config(home_with_mail, there)
    enrol(home_with_mail, ("eplace it", "r"))
    enrol(home_with_mail, ("eplace it", "replace"))

    assert path.with_name("config.toml.old").read_text("utf-8") == there
    assert path.with_name("config.toml-2.old").exists()
    assert [one.address for one in load(path).accounts] == ["anne@example.org"]
    assert mode_of(path) == 0o600


@pytest.mark.parametrize(("there", "answer"), [(MINE, "leave"), ("no toml [", "")])
def test_one_is_left(home: Path, there: str, answer: str) -> None:
    """As it is."""
    path = write_config(home, there)
    with Terminal(home, "setup") as terminal:
        terminal.answer("eplace it", answer)
        assert terminal.end() == 0

    assert path.read_text("utf-8") == there
    assert files_in(path.parent) == {"config.toml"}


def test_another_place_for_the_configuration(home_with_mail: Path) -> None:
    """The lines to be copied name it."""
    terminal = enrol(home_with_mail, words=["--config", "my 50%/config.toml"])

    assert load(home_with_mail / "my 50%" / "config.toml").accounts
    assert f"--config '{home_with_mail}/my 50%/config.toml' run --dry-run\n" in terminal.said
    assert f"--config '{home_with_mail}/my 50\\%/config.toml' run\n" in terminal.said  # to cron, % ends the line
    assert not (home_with_mail / CONFIG).exists()


@pytest.mark.parametrize(
    ("started", "path", "here", "anywhere"),
    [
        ("{home}/bin/noreply-analyzer", "{home}/bin", "noreply-analyzer", "{home}/bin/noreply-analyzer"),
        ("bin/noreply-analyzer", "/nowhere", "bin/noreply-analyzer", "{home}/bin/noreply-analyzer"),
        ("{home}/bin/noreply-analyzer", "/nowhere", "{home}/bin/noreply-analyzer", "{home}/bin/noreply-analyzer"),
        ("{home}/noreply_analyzer/__main__.py", "{home}/bin", "{python}", "{python}"),
    ],
)
def test_the_lines_to_be_copied_call_the_program_as_it_was_called(
    home: Path, monkeypatch: pytest.MonkeyPatch, started: str, path: str, here: str, anywhere: str
) -> None:
    """In a virtual environment too, which is on nobody's path; cron needs the whole path."""
    (home / "bin").mkdir()
    (home / "bin" / "noreply-analyzer").touch(0o755)
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", [started.format(home=home), "setup"])
    monkeypatch.setenv("PATH", path.format(home=home))
    python = f"{sys.executable} -m noreply_analyzer"

    assert _how_called() == (here.format(home=home, python=python), anywhere.format(home=home, python=python))


def test_in_french(home_with_mail: Path) -> None:
    """The questions, and the answers."""
    with Terminal(home_with_mail, "setup", "--path", "Mail", more={"LANG": "fr_FR.UTF-8"}) as terminal:
        terminal.answer("Votre adresse électronique", "anne@example.org")
        terminal.answer("Votre nom", "Anne")
        terminal.answer("Ligne 1")
        assert terminal.end() == 0, terminal.said

    assert "dans votre crontab" in terminal.said
    assert load(home_with_mail / CONFIG).language == "fr"  # cron has no locale


# Whose word ---------------------------------------------------------------------------------------------------------

VOUCHED = b"Authentication-Results: mx.example.org; dmarc=pass header.from=telecom.example\r\n"


@pytest.mark.parametrize(
    ("answer", "pinned"), [("", ()), ("n", ()), ("maybe\ny", ("mx.example.org",)), ("oui", ("mx.example.org",))]
)
def test_the_word_of_the_provider(
    maildir_world: MaildirWorld, home: Path, answer: str, pinned: tuple[str, ...]
) -> None:
    """It is proposed where nothing speaks against it, with what it means; nothing is pinned unless one says so."""
    maildir_world.deliver(*[VOUCHED + bill(maildir_world, TELECOM, str(number)) for number in range(20)])
    shutil.copytree(maildir_world.maildir, home / "Mail")
    with Terminal(home, "setup", "--path", "Mail") as terminal:
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.wait_for("\n\n")
        said = terminal.wait_for("nobody if mail")
        assert "carry: mx.example.org (20; pinned, it proves 20 and contradicts 0)" in " ".join(said.split())
        assert max(map(len, said.splitlines())) <= 100
        for word in answer.split("\n"):
            terminal.answer("Pin mx.example.org?", word)
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    assert load(home / CONFIG).accounts[0].authserv_ids == pinned


GMAIL = (
    b"Delivered-To: anne@gmail.com\r\n"
    b"Received: by 2002:a05:7110:a12::1 with SMTP id x; Thu, 26 Nov 2026 09:00:00 -0800\r\n"
    b"Authentication-Results: mx.google.com; dmarc=pass (p=NONE) header.from=telecom.example\r\n"
    b"Received: from mail.telecom.example by mx.google.com with ESMTPS id y; Thu, 26 Nov 2026 09:00:00 -0800\r\n"
)
HOTMAIL = (
    b"Received: from a.outlook.com (2603:10a6::1) by b.outlook.com (2603:10a6::2); Thu, 26 Nov 2026 09:00:00 +0000\r\n"
    b"Authentication-Results: spf=pass smtp.mailfrom=telecom.example;\r\n"
    b" dmarc=pass action=none header.from=telecom.example\r\n"
    b"Received: from mail.telecom.example by c.protection.outlook.com; Thu, 26 Nov 2026 09:00:00 +0000\r\n"
)
BARE = b""
FAILED = VOUCHED.replace(b"pass", b"fail")
OTHER = VOUCHED.replace(b"mx.example.org", b"mx.example.net")


@pytest.mark.parametrize(
    ("domain", "heads", "proposed", "keys"),
    [
        ("example.org", [VOUCHED] * 20, "mx.example.org", {"authserv_ids": ["mx.example.org"]}),
        ("example.org", [VOUCHED] * 18 + [BARE] * 2, "mx.example.org", {"authserv_ids": ["mx.example.org"]}),
        ("example.org", [VOUCHED] * 17 + [BARE] * 3, "", {}),
        ("example.org", [VOUCHED] * 19, "", {}),
        ("example.org", [VOUCHED] * 19 + [OTHER], "", {}),
        ("example.org", [VOUCHED] * 17 + [FAILED] * 3, "", {}),
        ("example.org", [FAILED] * 20, "", {}),
        ("example.org", [BARE] * 20, "", {}),
        ("example.org", [GMAIL] * 20, "", {}),
        (
            "gmail.com",
            [GMAIL] * 20,
            "mx.google.com",
            {"authserv_ids": ["mx.google.com"], "received_by": ["google.com", "2002:a05::/32"]},
        ),
        (
            "hotmail.fr",
            [HOTMAIL] * 20,
            "microsoft",
            {"authserv_ids": ["microsoft"], "received_by": ["outlook.com", "office365.com"]},
        ),
        ("gmail.com", [GMAIL.replace(b"mx.google.com;", b"mx.google.example;")] * 20, "", {}),
        ("gmail.com", [], "", {}),
    ],
)
def test_what_is_proposed(domain: str, heads: Sequence[bytes], proposed: str, keys: Mapping[str, list[str]]) -> None:
    """One name in nearly all of many messages; below Received fields only what is known of the provider."""
    messages = [
        Message.from_bytes(head + b"From: noreply@telecom.example\r\nSubject: x\r\n\r\nx\r\n") for head in heads
    ]
    found: list[dict[str, list[str]]] = []

    @click.command()
    def pin() -> None:
        found.append(_pinned(provider_of(domain), messages))

    said = CliRunner().invoke(pin, input="y\n")

    assert found == [keys], said.output
    assert (f"Pin {proposed}?" in said.output) is bool(proposed)
    assert ('"microsoft" stands for' in said.output) is (proposed == "microsoft")
    assert ("no message of the last" in said.output) is (not heads)
