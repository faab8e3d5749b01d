"""What the configuration says reaches a run: each key that changes what is drafted is seen to change it."""

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
from world import COLIS, TELECOM, MaildirWorld, mail


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
        texts.append((draft["To"].addresses[0].username, draft["Subject"], draft.get_content()))
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


# How much is said -----------------------------------------------------------------------------------------------------

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
