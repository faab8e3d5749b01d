"""`check`: one line each for everything that a run needs, the remedy in the sentence, and nothing written."""

import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.dnsd import Bad, DnsServer
from test_cut_off import bill
from test_trouble import no_certificate, nobody_there, readable_secret, wrong_password
from world import TELECOM, MaildirWorld, World, mail

from noreply_analyzer.checking import how_many_are_proven
from noreply_analyzer.language import use
from noreply_analyzer.registry import Registry


def told(world: World, *words: str, status: int) -> dict[str, list[tuple[str, str]]]:
    """Give what was said about each thing, with ``ok`` or ``mend``."""
    done = world.type("check", *words)
    assert (done.returncode, done.stderr) == (status, ""), done.stdout + done.stderr
    found: dict[str, list[tuple[str, str]]] = {}
    for line in done.stdout.splitlines():
        mark, what, said = line.split(maxsplit=2)
        found.setdefault(what, []).append((mark, said))
    return found


def to_mend(found: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Leave what is to be mended."""
    return {what: said for what, lines in found.items() for mark, said in lines if mark == "mend"}


@pytest.mark.dovecot
def test_all_is_well(world: World) -> None:
    """A line for each thing; nothing is written, not even a state."""
    world.deliver(bill(world, TELECOM))
    found = told(world, status=0)

    assert {what: said for what, ((_mark, said), *_more) in found.items() if what not in {"registry", "tls"}} == {
        "config": f"{world.config}: perso",
        "identity": "perso: Anne Martin <anne@example.org>, 12 rue des Lilas, 17000 La Rochelle",
        "password": "perso: from password_file",
        "connection": f"perso: localhost answers on port {world.port}",
        "login": f"perso: {world.user}",
        "mailboxes": "perso: reads INBOX",
        "drafts": "perso: Brouillons (the server marks it)",
        "sent": "perso: Éléments envoyés (the server marks it)",
        "provider": "perso: nobody's word is believed (authserv_ids); the last message carries: none",
        "proof": "perso: the sender of the last message is proven",
        "dns": f"127.0.0.1:{world.dns_port}: answers",
        "state": f"{world.state}: made by the first run",
    }
    assert found["tls"][0][1].startswith("perso: TLSv1.")
    assert "operators, last checked on" in found["registry"][0][1]
    assert world.drafts() == []
    assert not world.state.parent.exists()


def forget_identity(world: World) -> None:
    """Nobody signs the letters."""
    world.config.write_text(world.config.read_text("utf-8").replace('name = "Anne Martin"\n', ""), "utf-8")


def two_mistakes(world: World) -> None:
    """The configuration says something impossible, twice."""
    world.drafting = {"per_run": 0, "topics": ["weather"]}
    world.write_config()


def no_such_mailbox(world: World) -> None:
    """A mailbox that is not there."""
    world.account = {"mailboxes": ["Nulle part"]}
    world.write_config()


def no_such_drafts(world: World) -> None:
    """A drafts mailbox that is not there."""
    world.account = {"drafts": "Nulle part"}
    world.write_config()


def silent_password(world: World) -> None:
    """A password command that gives nothing."""
    text = world.config.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("password_file"))
    world.config.write_text(text.replace(line, 'password_command = ["true"]'), "utf-8")


def bad_record(world: World) -> None:
    """A record of the user's own that cannot be read."""
    (world.folder / "operators" / "x.toml").write_text('slug = "x"\n', "utf-8")


def bad_state(world: World) -> None:
    """The state file is no state file."""
    world.state.parent.mkdir(parents=True)
    world.state.write_bytes(b"not a database, but long enough to look at\n" * 30)


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("break_it", "what", "remedy"),
    [
        (two_mistakes, "config", "drafting.topics"),
        (forget_identity, "identity", "set name in [identity]"),
        (silent_password, "password", "try it by hand"),
        (readable_secret, "password", "chmod 600"),
        (nobody_there, "connection", "cannot be reached on port"),
        (no_certificate, "tls", "tls_ca"),
        (wrong_password, "login", "does not accept the user"),
        (no_such_mailbox, "mailboxes", "the server has Brouillons"),
        (no_such_drafts, "drafts", "the server has Brouillons"),
        (bad_record, "registry", "x.toml: "),
        (bad_state, "state", "you may move it away"),
    ],
)
def test_each_thing_that_is_wrong_is_one_line_with_its_remedy(
    world: World, break_it: Callable[[World], None], what: str, remedy: str
) -> None:
    """Status 1; what does not depend on it is tried all the same."""
    break_it(world)
    found = told(world, status=1)

    assert to_mend(found).keys() == {what}
    assert remedy in " ".join(said for mark, said in found[what] if mark == "mend")
    if what != "config":
        assert found["dns"][0][0] == "ok"


@pytest.mark.dovecot
@pytest.mark.parametrize("bad", [Bad.SERVFAIL, Bad.SILENCE])
def test_a_dns_that_does_not_answer(world: World, dns: DnsServer, bad: Bad) -> None:
    """Asked for the domain of the user's own address, and for nothing else."""
    dns.zone["example.org"] = bad
    found = told(world, status=1)

    assert "check the network, or name a server in [dns]" in to_mend(found)["dns"]
    assert {name for name, _kind, _how in dns.questions} == {"example.org"}


VOUCHED = b"Authentication-Results: mx.example.org; dmarc=pass header.from=telecom.example\r\n"


@pytest.mark.parametrize(
    ("pinned", "status", "said"),
    [
        (
            [],
            0,
            "nobody's word is believed (authserv_ids); the last 3 messages carry: mx.example.org (2; pinned, it prov",
        ),
        (
            ["MX.example.org"],
            0,
            "is believed, where it counts; the last 3 messages carry: mx.example.org (2; pinned, it proves 1",
        ),
        (["mx.example.net"], 1, "none of the last 3 messages carries the word of mx.example.net; they carry: mx.ex"),
    ],
)
def test_whose_word_would_be_believed(maildir_world: MaildirWorld, pinned: list[str], status: int, said: str) -> None:
    """The authserv-ids that the latest mail carries, in a place where they count."""
    world = maildir_world
    world.account = {"authserv_ids": pinned}
    world.write_config()
    refuted = VOUCHED.replace(b"pass", b"fail")
    world.deliver(bill(world, TELECOM), VOUCHED + bill(world, TELECOM, "2"), refuted + bill(world, TELECOM, "3"))
    found = told(world, status=status)

    assert said in found["provider"][0][1]


@pytest.mark.parametrize(
    ("pinned", "said"),
    [
        ([], "of the last 4 messages 3 senders had to be proven; 2 could not be: there is no signature (2)"),
        (
            ["mx.example.org"],
            "of the last 4 messages 3 senders had to be proven; one could not be: there is no signature",
        ),
    ],
)
def test_the_share_that_stays_unproven(maildir_world: MaildirWorld, pinned: list[str], said: str) -> None:
    """Of the mail that a run would have to prove, with what is believed of the provider; a friend's is not asked of."""
    world = maildir_world
    world.account = {"authserv_ids": pinned}
    world.write_config()
    unsigned = bill(world, TELECOM, "2").partition(b"From:")[2]
    friend = mail("Jean <jean@example.net>", "Bonjour", "A demain.", date=world.now)
    world.deliver(bill(world, TELECOM), b"From:" + unsigned, VOUCHED + b"From:" + unsigned, friend)

    assert said in told(world, status=0)["proof"][0][1]


def test_what_is_joined_is_set_as_french(maildir_world: MaildirWorld) -> None:
    """Where several sentences become one line, too: a space that does not break before each high sign."""
    world = maildir_world
    unsigned = b"From:" + bill(world, TELECOM, "2").partition(b"From:")[2]
    other = VOUCHED.replace(b"mx.example.org", b"mx2.example.org")
    world.deliver(VOUCHED + unsigned, other + bill(world, TELECOM, "3") + b"altered\r\n")
    said = world.type("check", before=["--language", "fr"]).stdout

    assert "mx2.example.org" in said
    assert "(1)\u00a0; " in said
    assert re.findall(r".{,20}[^\u00a0\d][:;] .{,20}", said) == []


@pytest.mark.parametrize(
    ("counts", "english", "french"),
    [
        (
            (0, 0, 0),
            "no message of the last 30 days is there to look at",
            "aucun message des 30 derniers jours à regarder",
        ),
        (
            (1, 0, 0),
            "the sender of the last message did not have to be proven",
            "l’expéditeur du dernier message n’avait pas à être prouvé",
        ),
        ((1, 1, 0), "the sender of the last message is proven", "l’expéditeur du dernier message est prouvé"),
        (
            (1, 1, 1),
            "the sender of the last message could not be proven",
            "l’expéditeur du dernier message n’a pas pu être prouvé",
        ),
        (
            (4, 0, 0),
            "of the last 4 messages no sender had to be proven",
            "sur les 4 derniers messages, aucun expéditeur n’avait à être prouvé",
        ),
        (
            (4, 1, 0),
            "of the last 4 messages one sender had to be proven, and is",
            "sur les 4 derniers messages, un seul expéditeur était à prouver, et il l’est",
        ),
        (
            (4, 3, 0),
            "of the last 4 messages 3 senders had to be proven, and all are",
            "sur les 4 derniers messages, 3 expéditeurs étaient à prouver, et tous le sont",
        ),
        (
            (4, 1, 1),
            "of the last 4 messages one sender had to be proven, and could not be",
            "sur les 4 derniers messages, un seul expéditeur était à prouver, et n’a pas pu l’être",
        ),
        (
            (4, 3, 1),
            "of the last 4 messages 3 senders had to be proven; one could not be",
            "sur les 4 derniers messages, 3 expéditeurs étaient à prouver\u00a0; un n’a pas pu l’être",
        ),
        (
            (4, 3, 3),
            "of the last 4 messages 3 senders had to be proven; 3 could not be",
            "sur les 4 derniers messages, 3 expéditeurs étaient à prouver\u00a0; 3 n’ont pas pu l’être",
        ),
    ],
)
def test_how_many_are_proven_is_said_as_people_say_it(
    counts: tuple[int, int, int], english: str, french: str, request: pytest.FixtureRequest
) -> None:
    """None, one and many are three sentences."""
    request.addfinalizer(lambda: use("en"))
    said = []
    for language in ("en", "fr"):
        use(language)
        said.append(how_many_are_proven(*counts))

    assert said == [english, french]


@pytest.mark.parametrize(
    ("pinned", "delivered", "said"),
    [
        (["mx.example.org"], 0, "is believed, where it counts; no message of the last 30 days is there to look at"),
        ([], 0, "nobody's word is believed (authserv_ids); no message of the last 30 days is there to look at"),
        (["mx.example.org"], 1, "the last message does not carry the word of mx.example.org; it carries: none"),
    ],
)
def test_where_there_is_little_mail(maildir_world: MaildirWorld, pinned: list[str], delivered: int, said: str) -> None:
    """None is nothing to mend."""
    world = maildir_world
    world.account = {"authserv_ids": pinned}
    world.write_config()
    world.deliver(*[bill(world, TELECOM)] * delivered)

    assert said in told(world, status=delivered)["provider"][0][1]


def test_the_operators_are_counted_as_stats_counts_them(maildir_world: MaildirWorld) -> None:
    """Those that are gone are none."""
    registry, _problems = Registry.with_user_records(maildir_world.folder / "operators")
    living = [one for one in registry.operators if one.obsolete is None]

    assert f"{len(living)} operators, last checked on" in told(maildir_world, status=0)["registry"][0][1]


def test_a_maildir(maildir_world: MaildirWorld) -> None:
    """No password, no connection; mailboxes by their names."""
    found = told(maildir_world, status=0)

    assert found["maildir"] == [("ok", f"perso: {maildir_world.maildir}")]
    assert found["drafts"] == [("ok", "perso: Brouillons (by its name)")]
    assert not {"password", "connection", "tls", "login"} & found.keys()


def test_a_maildir_without_sent_mail(maildir_world: MaildirWorld) -> None:
    """What was sent must be known, or it would be drafted again."""
    shutil.rmtree(maildir_world.maildir / ".Envoy&AOk-s")

    assert "set `sent`" in to_mend(told(maildir_world, status=1))["sent"]


def test_only_the_accounts_that_are_named(maildir_world: MaildirWorld) -> None:
    """One that does not exist is a mistake, with a guess."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    second = (
        f'[[accounts]]\nname = "autre"\naddress = "b@example.org"\nhost = "127.0.0.1"\nport = {port}\n'
        f'security = "none"\npassword_env = "HOME"\n'
    )
    maildir_world.config.write_text(f"{maildir_world.config.read_text('utf-8')}\n{second}", "utf-8")

    assert told(maildir_world, "perso", status=0)
    assert to_mend(told(maildir_world, status=1)).keys() == {"connection"}
    assert "did you mean 'perso'" in to_mend(told(maildir_world, "pero", status=1))["config"]


def test_without_a_configuration(tmp_path: Path, maildir_world: MaildirWorld) -> None:
    """It says where it was looked for."""
    maildir_world.config.unlink()
    found = told(maildir_world, status=1)

    assert f"{tmp_path}/config.toml: there is no such file" in to_mend(found)["config"]
