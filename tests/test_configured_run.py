"""What the configuration says reaches a run: each key that changes what is drafted is seen to change it."""

import io
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from schema import messages
from servers.dnsd import Bad, DnsServer
from test_cut_off import bill, unknown
from world import COLIS, TELECOM, MaildirWorld, mail, text_of

from noreply_analyzer import maildir
from noreply_analyzer.config import load
from noreply_analyzer.progress import Progress
from noreply_analyzer.running import run_from_settings


def told(world: MaildirWorld, **tables: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - what TOML takes
    """Run with these tables in the configuration; give what was done about each message, and by which rule."""
    for name, table in tables.items():
        setattr(world, name, table)
    world.write_config()
    decisions = [found["decision"] for found in messages(world.run_json())]
    return [(decision["action"], decision["rule"]) for decision in decisions]


def unsigned(world: MaildirWorld) -> bytes:
    """Write a bill that nobody has signed."""
    return bill(world, COLIS).partition(b"DKIM-Signature")[0] + b"From:" + bill(world, COLIS).partition(b"\nFrom:")[2]


def friendly(world: MaildirWorld) -> bytes:
    """Write a signed message that seems to take answers."""
    author, text = f"Colis Exemple <contact@{COLIS.domain}>", "Votre facture n° 1 est disponible.\n"
    raw = mail(author, "Votre facture n° 1", text, date=world.now, message_id="<f@colis.example>")
    return COLIS.key.sign(raw)


DRAFTED = [("draft", "unanswerable-proven")]


@pytest.mark.parametrize(
    ("topics", "decided"), [(["billing"], DRAFTED), (["delivery"], [("leave", "topic-not-asked")])], ids=str
)
def test_drafting_topics(maildir_world: MaildirWorld, topics: list[str], decided: list[tuple[str, str]]) -> None:
    """Only what is named is drafted to."""
    maildir_world.deliver(bill(maildir_world, COLIS))

    assert told(maildir_world, drafting={"topics": topics}) == decided
    assert len(maildir_world.drafts()) == (decided == DRAFTED)


@pytest.mark.parametrize(("unproven", "drafts"), [("tell", 0), ("draft", 1)])
def test_drafting_unproven(maildir_world: MaildirWorld, unproven: str, drafts: int) -> None:
    """What nobody has signed is told, or gets a letter that is addressed to nobody."""
    maildir_world.deliver(unsigned(maildir_world))

    assert [action for action, _rule in told(maildir_world, drafting={"unproven": unproven})] == [unproven]
    assert [draft["To"] for draft in maildir_world.drafts()] == ["Anne Martin <anne@example.org>"] * drafts


def test_drafting_level(maildir_world: MaildirWorld) -> None:
    """A question and a complaint are two texts, and go to two channels where there are two."""
    maildir_world.deliver(bill(maildir_world, COLIS))
    record = maildir_world.folder / "operators" / f"{COLIS.slug}.toml"
    channel = "[[channels]]" + record.read_text("utf-8").partition("[[channels]]")[2]
    for old, new in (("service-client", "plaintes"), ("service@", "plaintes@"), ("customer-service", "complaints")):
        channel = channel.replace(old, new)
    record.write_text(f"{record.read_text('utf-8')}\n{channel}", "utf-8")
    texts = []
    for level in ("question", "complaint"):
        assert told(maildir_world, drafting={"level": level}) == DRAFTED
        (draft,) = maildir_world.drafts()
        texts.append((draft["To"].addresses[0].username, draft["Subject"], text_of(draft)))
        maildir_world.delete("Brouillons", [1])
        maildir_world.state.unlink()

    (to, title, text), (to_others, other_title, other_text) = texts
    assert (to, to_others) == ("service", "plaintes")
    assert "éclamation" in other_title + other_text
    assert "éclamation" not in title + text


@pytest.mark.parametrize(("days", "to"), [(180, "service@colis.example"), (10, "anne@example.org")])
def test_registry_shelf_life_days(maildir_world: MaildirWorld, days: int, to: str) -> None:
    """An address that was checked twenty days ago is written to for as long as it is believed."""
    maildir_world.deliver(bill(maildir_world, COLIS))

    assert told(maildir_world, registry={"shelf_life_days": days}) == DRAFTED
    assert [to in str(draft["To"]) for draft in maildir_world.drafts()] == [True]


@pytest.mark.parametrize(
    ("dead", "decided"), [([], [("leave", "answerable")]), (["contact@colis.example"], DRAFTED), (["example"], DRAFTED)]
)
def test_detection_dead(maildir_world: MaildirWorld, dead: list[str], decided: list[tuple[str, str]]) -> None:
    """The user knows that nobody reads it."""
    maildir_world.deliver(friendly(maildir_world))

    assert told(maildir_world, detection={"dead": dead}) == decided


def test_detection_dead_of_a_sender_that_nobody_knows(maildir_world: MaildirWorld) -> None:
    """It is looked at only because the user calls it dead."""
    raw = mail("Luc <luc@luc.example>", "Votre facture", "Votre facture.\n", date=maildir_world.now)
    maildir_world.deliver(raw)

    assert told(maildir_world, detection={"dead": ["luc.example"]}) == [("tell", "unknown-operator")]


def in_its_name(world: MaildirWorld) -> bytes:
    """Write what somebody else wants an answer to, in the name of Colis Exemple."""
    author, text = "Colis Exemple <contact@livraison.example>", "Votre colis attend : envoyez votre adresse.\n"
    return mail(author, "Votre colis", text, date=world.now, message_id="<l@livraison.example>")


def test_a_look_alike_that_can_be_answered_is_told_once(maildir_world: MaildirWorld) -> None:
    """The usual phish: its warning is printed by the run that finds it, and by no other; a friend's mail is no news."""
    friend = mail("Anne <anne@ami.example>", "Bonjour", "Bonjour.\n", date=maildir_world.now)
    maildir_world.deliver(in_its_name(maildir_world), friend)

    first, second = maildir_world.run(), maildir_world.run()

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    (line,) = first.stdout.splitlines()
    assert "livraison.example" in line
    assert "Colis Exemple" in line
    assert second.stdout == ""
    assert maildir_world.drafts() == []


@pytest.mark.parametrize(
    ("tables", "decided"),
    [
        ({}, [("tell", "look-alike-answerable")]),
        ({"detection": {"alive": ["livraison.example"]}}, [("leave", "answerable")]),
        ({"drafting": {"report_phishing": True}}, [("draft", "report-look-alike")]),
    ],
    ids=str,
)
def test_what_is_done_about_a_look_alike_that_can_be_answered(
    maildir_world: MaildirWorld, tables: dict[str, Any], decided: list[tuple[str, str]]
) -> None:
    """It is told, unless the user knows it; or reported, if the user wants that."""
    maildir_world.deliver(in_its_name(maildir_world))

    assert told(maildir_world, **tables) == decided


@pytest.mark.parametrize(
    ("alive", "decided"), [([], DRAFTED), (["noreply@colis.example"], [("leave", "answerable")])], ids=str
)
def test_detection_alive(maildir_world: MaildirWorld, alive: list[str], decided: list[tuple[str, str]]) -> None:
    """The user knows that somebody reads it, whatever it is called."""
    maildir_world.deliver(bill(maildir_world, COLIS))

    assert told(maildir_world, detection={"alive": alive}) == decided


@pytest.mark.parametrize(
    ("days", "decided"), [(3, [("later", "dns-later")]), (2, [("tell", "gave-up")]), (1, [("tell", "gave-up")])]
)
def test_limits_give_up_days(
    maildir_world: MaildirWorld, dns: DnsServer, days: int, decided: list[tuple[str, str]]
) -> None:
    """The DNS has failed for two days: that is long enough, or not yet."""
    dns.zone[COLIS.key.name] = Bad.SERVFAIL
    maildir_world.deliver(bill(maildir_world, COLIS))
    assert told(maildir_world) == [("later", "dns-later")]
    since = (maildir_world.now - timedelta(days=2)).isoformat()
    with closing(sqlite3.connect(maildir_world.state)) as database, database:
        assert database.execute("UPDATE waiting SET since = ?", (since,)).rowcount == 1

    assert told(maildir_world, limits={"give_up_days": days}) == decided


@pytest.mark.parametrize(("answered", "drafts"), [(25, 0), (29, 0), (33, 1)])
def test_an_answer_in_sent_counts_as_long_as_the_message_does(
    maildir_world: MaildirWorld, answered: int, drafts: int
) -> None:
    """Mail that is moved in late may have been answered weeks ago; what was sent before the oldest mail is not read."""
    world = maildir_world
    world.run()
    sent = b"Subject: Re: facture\nMessage-ID: <u@example.org>\nIn-Reply-To: <bill-1@colis.example>\n\nx\n"
    world.deliver(sent, mailbox="Envoy&AOk-s", flags="S", received=world.now - timedelta(days=answered))
    world.deliver(bill(world, COLIS, days=29.5), received=world.now - timedelta(days=29.5))

    rule = "answered-already" if not drafts else "unanswerable-proven"
    assert [rule for _action, rule in told(world)] == [rule]
    assert len(world.drafts()) == drafts


@pytest.mark.parametrize(("days", "decided"), [(19, [("leave", "too-old")]), (21, DRAFTED)], ids=str)
def test_drafting_max_age_days(maildir_world: MaildirWorld, days: int, decided: list[tuple[str, str]]) -> None:
    """A bill of twenty days ago that only now came here."""
    told(maildir_world)
    maildir_world.deliver(bill(maildir_world, COLIS, days=20))

    assert told(maildir_world, drafting={"max_age_days": days}) == decided


@pytest.mark.parametrize(("size", "status"), [(100_000, 0), (500, 1)])
def test_limits_message_bytes(maildir_world: MaildirWorld, size: int, status: int) -> None:
    """A larger message is named, and not read; in a Maildir too."""
    maildir_world.deliver(bill(maildir_world, COLIS))
    maildir_world.limits = {"message_bytes": size}
    maildir_world.write_config()

    assert maildir_world.run().returncode == status
    assert len(maildir_world.drafts()) == 1 - status


@pytest.mark.parametrize(("seconds", "status"), [(60, 0), (0.000_001, 1)])
def test_limits_message_seconds(maildir_world: MaildirWorld, seconds: float, status: int) -> None:
    """A message that takes longer is named once; a millionth of a second is too short for any."""
    world = maildir_world
    world.deliver(bill(world, COLIS))
    world.limits = {"message_seconds": seconds}
    world.write_config()

    done = world.run()

    assert done.returncode == status, done.stderr
    assert done.stderr.count(f"it took longer than {seconds:g} seconds (limits.message_seconds)") == status
    assert len(world.drafts()) == 1 - status


@pytest.mark.parametrize(("zone", "day"), [("Europe/Paris", 24), ("Pacific/Noumea", 25)])
def test_timezone(maildir_world: MaildirWorld, zone: str, day: int) -> None:
    """A message has the day that the user's calendar shows: in what is said, in JSON, and in the draft."""
    world = maildir_world
    when = (world.now - timedelta(days=2)).replace(month=11, day=24, hour=18, minute=0)
    if when > world.now:
        when = when.replace(year=when.year - 1)
    text = "Votre facture n° 1 est disponible.\nNe répondez pas à ce message.\n"
    raw = mail(COLIS.author, "Votre facture n° 1", text, date=when, message_id="<f@colis.example>")
    world.deliver(COLIS.key.sign(raw))
    world.drafting = {"max_age_days": 1000}
    world.write_config()
    world.config.write_text(f'timezone = "{zone}"\n' + world.config.read_text("utf-8"), "utf-8")

    (found,) = messages(world.run_json("--dry-run"))
    done = world.run()

    assert found["date"].startswith(f"{when.year}-11-{day}T")
    assert f"{when.year}-11-{day} " in done.stdout
    assert f"{day}\N{NO-BREAK SPACE}novembre\N{NO-BREAK SPACE}{when.year}" in text_of(world.drafts()[0])


@pytest.mark.parametrize(
    ("language", "words", "said"),
    [("fr", (), "un brouillon"), ("en", (), "a draft"), ("fr", ("--language", "en"), "a draft")],
    ids=str,
)
def test_language(maildir_world: MaildirWorld, language: str, words: Sequence[str], said: str) -> None:
    """The configuration says what the program speaks, unless the command line does."""
    world = maildir_world
    world.deliver(bill(world, COLIS))
    world.config.write_text(f'language = "{language}"\n' + world.config.read_text("utf-8"), "utf-8")

    assert said in world.run(before=words).stdout


# Several accounts -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_accounts(maildir_world: MaildirWorld) -> tuple[MaildirWorld, MaildirWorld]:
    """Give Anne two accounts, each with a bill from another operator: `perso`, and `pro` at another address."""
    world = maildir_world
    other = MaildirWorld(
        folder=world.folder / "pro", host="", port=0, security="none", ca=None, user="", dns_port=world.dns_port
    )
    world.accounts = [{}, {"name": "pro", "address": "anne@work.example", "path": str(other.maildir)}]
    world.write_config()
    world.deliver(bill(world, TELECOM))
    other.deliver(bill(world, COLIS))
    return world, other


def test_drafting_per_run_counts_every_account(two_accounts: tuple[MaildirWorld, MaildirWorld]) -> None:
    """What one account used is gone for the next; the next run goes on with it."""
    perso, pro = two_accounts

    first = told(perso, drafting={"per_run": 1})
    lay = len(perso.drafts()), len(pro.drafts())
    second = told(perso)

    assert first == [*DRAFTED, ("later", "per-run")]
    assert lay == (1, 0)
    assert second == DRAFTED
    assert (len(perso.drafts()), len(pro.drafts())) == (1, 1)


def test_only_the_accounts_that_are_named_are_looked_at(two_accounts: tuple[MaildirWorld, MaildirWorld]) -> None:
    """The other is as it was, and its mail is new when its turn comes."""
    perso, pro = two_accounts

    perso.run("perso")
    lay = len(perso.drafts()), len(pro.drafts())
    perso.run("pro")

    assert lay == (1, 0)
    assert (len(perso.drafts()), len(pro.drafts())) == (1, 1)


# What is kept ---------------------------------------------------------------------------------------------------------


def test_a_run_forgets_what_is_old(maildir_world: MaildirWorld) -> None:
    """Decisions of over four hundred days ago, and answers of the DNS that no longer hold, are gone after it."""
    world = maildir_world
    world.deliver(bill(world, COLIS))
    world.run()
    with closing(sqlite3.connect(world.state)) as database, database:
        for key, days in (("a" * 32, 390), ("b" * 32, 410)):
            at = (world.now - timedelta(days=days)).isoformat()
            database.execute("INSERT INTO messages VALUES ('anne@example.org', ?, 'tell', 'unproven', ?)", (key, at))
        past = (world.now - timedelta(minutes=1)).isoformat()
        database.execute("INSERT INTO keys VALUES ('old._domainkey.colis.example', '[]', ?)", (past,))

    world.run()

    with closing(sqlite3.connect(world.state)) as database:
        kept = {key for (key,) in database.execute("SELECT key FROM messages WHERE rule = 'unproven'")}
        names = [name for (name,) in database.execute("SELECT name FROM keys WHERE name LIKE 'old.%'")]
    assert (kept, names) == ({"a" * 32}, [])


# How much is said -----------------------------------------------------------------------------------------------------


def test_a_run_with_nothing_to_say_prints_nothing(maildir_world: MaildirWorld) -> None:
    """Where there is no mail, where none of it is of any concern, and where everything was said: cron stays silent."""
    world = maildir_world
    empty = world.run()
    world.deliver(mail("Luc <luc@luc.example>", "Salut", "À demain !\n", date=world.now))
    letter_of_a_friend = world.run()
    world.deliver(bill(world, TELECOM))
    drafted = world.run()
    again = world.run()

    assert [done.returncode for done in (empty, letter_of_a_friend, drafted, again)] == [0, 0, 0, 0]
    assert [done.stdout + done.stderr for done in (empty, letter_of_a_friend, again)] == ["", "", ""]
    assert (drafted.stdout.count("\n"), drafted.stderr) == (1, "")


def test_each_message_that_is_looked_at_is_counted(
    maildir_world: MaildirWorld, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the counter that a terminal shows, also what waited since an earlier run."""
    world = maildir_world
    counted: list[Progress] = []

    def count(progress: Progress) -> None:
        counted.append(progress)

    monkeypatch.setattr(Progress, "step", count)
    monkeypatch.setattr(maildir, "_RECENT", 0)  # or the next run would look once more at what came just now
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    world.deliver(*(mail("Luc <luc@luc.example>", "Salut", f"{n} !\n", date=world.now) for n in range(3)))
    dns.zone[COLIS.key.name] = Bad.SERVFAIL
    world.deliver(bill(world, COLIS))

    def run() -> int:
        settings, out = load(world.config), io.StringIO()
        status = run_from_settings(
            settings,
            settings.accounts,
            state_path=world.state,
            environment=world.environment(),
            dry_run=False,
            as_json=False,
            out=out,
        )
        assert status == 0, out.getvalue()
        return len(counted)

    assert [run(), run()] == [4, 5]


LOGS = """
import logging, sys
from noreply_analyzer.cli import run_command_line
run_command_line(sys.argv[1:])
for level in ("info", "warning", "error"):
    getattr(logging.getLogger("a.library"), level)(level)
"""


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        ([], ["warning", "error"]),
        (["-q"], ["error"]),
        (["--quiet", "-v"], ["error"]),
        (["-v"], ["info", "warning", "error"]),
    ],
    ids=str,
)
def test_quiet_logs_errors_only(tmp_path: Path, words: Sequence[str], levels: list[str]) -> None:
    """Whoever logs."""
    command = [sys.executable, "-c", LOGS, *words, "registry", "search", "orange"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=tmp_path)

    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == levels


def test_quiet_keeps_back_no_draft_and_no_trouble(maildir_world: MaildirWorld) -> None:
    """They are what a run is for, and no log."""
    world = maildir_world
    world.deliver(b"", unknown(world), bill(world, TELECOM))

    done = world.run(before=("-q",))

    assert done.returncode == 1
    assert done.stderr.count("\n") == done.stderr.count("skipped") == 1
    assert "unknown.example" in done.stdout
    assert "a draft to Télécom Exemple" in done.stdout
    assert len(world.drafts()) == 1
