"""No message is lost and none is told twice, wherever a run is cut off and whatever the server refuses."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from schema import objects
from servers.dnsd import Bad, DnsServer
from servers.dovecot import Dovecot
from world import ANNE, BANQUE, COLIS, NOTICE, TELECOM, OperatorFixture, World, mail

pytestmark = pytest.mark.dovecot


def bill(world: World, operator: OperatorFixture, number: str = "1", *, days: float = 1) -> bytes:
    """Write a signed bill that takes no answer."""
    raw = mail(
        operator.author,
        f"Votre facture n° {number}",
        f"Votre facture n° {number} est disponible.\n{NOTICE}",
        date=world.now - timedelta(days=days),
        message_id=f"<bill-{number}@{operator.domain}>",
    )
    return operator.key.sign(raw)


def unknown(world: World, number: str = "1") -> bytes:
    """Write a message that is told, for nobody knows its sender."""
    text = f"Votre facture n° {number} est disponible.\n{NOTICE}"
    name = f"<{number}@unknown.example>"
    return mail("X <noreply@unknown.example>", f"Votre facture n° {number}", text, date=world.now, message_id=name)


def cut_short(file: Path, beside: Path, count: int) -> None:
    """Take the last *count* bytes off a message in a Maildir and leave its day of arrival, which is that of the file.

    Outside the clock of the test, which shows the times of files three years late too.
    """
    commands = 'touch -r "$1" "$2" && truncate -s -"$3" "$1" && touch -r "$2" "$1"'
    real = {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}
    subprocess.run(["sh", "-c", commands, "sh", str(file), str(beside), str(count)], check=True, env=real)


def arrive(file: Path, world: World) -> None:
    """Give *file* the time of now, by the clock of the test, which shows real times three years late too."""
    real = {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}
    subprocess.run(["touch", "-d", f"@{int(world.now.timestamp())}", str(file)], check=True, env=real)


def break_dns(dns: DnsServer) -> None:
    """Have the DNS fail for every key."""
    dns.zone.update(dict.fromkeys(dns.zone, Bad.SERVFAIL))


@pytest.mark.parametrize("by", ["SIGTERM", "SIGKILL"])
def test_what_was_put_off_before_the_cut_is_not_lost(world: World, dns: DnsServer, by: str) -> None:
    """Put off for the DNS, then the run is cut off; the next, still without DNS, does not lose it, the third drafts."""
    answers = dict(dns.zone)
    break_dns(dns)
    world.deliver(bill(world, TELECOM))

    cut = world.run(dying="state:State.put_off", by=by)
    second = world.run()
    dns.zone.update(answers)
    third = world.run()

    assert cut.returncode == (130 if by == "SIGTERM" else -signal.SIGKILL)
    assert second.returncode == 0
    assert third.returncode == 0
    assert len(world.drafts()) == 1


@pytest.mark.parametrize("waits", [False, True], ids=["new", "waits"])
def test_ctrl_c_while_a_message_is_read_loses_nothing(world: World, dns: DnsServer, waits: bool) -> None:  # noqa: FBT001
    """A signal while the worker is at work ends the run; it is not taken for a message that cannot be read."""
    answers = dict(dns.zone)
    world.deliver(bill(world, TELECOM))
    if waits:
        break_dns(dns)
        world.run()
        dns.zone.update(answers)

    cut = world.run(dying="worker:_exchange", nth=2, by="SIGINT")
    world.run()

    assert (cut.returncode, cut.stdout) == (130, "")
    assert "skipped" not in cut.stderr
    assert len(world.drafts()) == 1


def test_a_silent_dns_does_not_keep_a_signal(world: World, dns: DnsServer) -> None:
    """SIGTERM ends a look-up that waits for an answer, at once."""
    dns.zone.update(dict.fromkeys(dns.zone, Bad.SILENCE))
    world.deliver(bill(world, TELECOM))
    running = world.start()
    while not dns.questions:
        time.sleep(0.01)
    time.sleep(0.2)
    sent = time.monotonic()
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)

    assert running.returncode == 130
    assert time.monotonic() - sent < 2.5


STEP = "2.8"
"""Seconds. A message takes three steps, so about fifty of them fill the time in which a run looks at mail."""


def test_a_run_without_time_still_writes_and_goes_on(world: World) -> None:
    """Mail that takes longer than limits.run_seconds is worked off over several runs, and drafts are saved in each."""
    world.deliver(*(bill(world, operator, str(n)) for operator in (TELECOM, COLIS, BANQUE) for n in range(60)))

    ends, drafts = [], []
    for _ in range(5):
        ends.append(world.run(before=(STEP,), program="slow.py"))
        drafts.append(len(world.drafts()))

    assert [done.returncode for done in ends] == [75, 75, 75, 0, 0], ends
    assert [done.stderr.count("stopped after limits.run_seconds") for done in ends] == [1, 1, 1, 0, 0]
    assert drafts == [1, 2, 3, 3, 3]
    assert ends[-1].stdout == ""


def test_a_flooded_account_leaves_the_next_its_time(world: World) -> None:
    """Each account has its share of limits.run_seconds."""
    text = world.config.read_text(encoding="utf-8")
    block = text[text.index("[[accounts]]") :]
    other = world.user + "b"
    second = (
        block.replace('"perso"', '"autre"').replace(f'"{world.user}"', f'"{other}"').replace(ANNE, "bob@example.org")
    )
    world.config.write_text(f"{text}\n{second}", encoding="utf-8")
    world.deliver(*(bill(world, TELECOM, str(n)) for n in range(100)))
    world.user = other
    world.deliver(*(unknown(world, str(n)) for n in range(14)), bill(world, COLIS))  # more than a rest is enough for

    done = world.run(before=(STEP,), program="slow.py")

    assert done.returncode == 75
    assert "perso: stopped after limits.run_seconds" in done.stderr
    assert "autre: " not in done.stderr
    assert len(world.drafts()) == 1


def test_a_message_that_the_server_cannot_give_costs_itself(world: World, dovecot: Dovecot) -> None:
    """A damaged message that makes the server hang up is asked for twice, then named; the bill behind it is drafted."""
    world.deliver(bill(world, COLIS), bill(world, TELECOM))
    world.fetch_all("INBOX")
    folder = dovecot.folder_of(world.user)
    for file in [*folder.glob("new/*"), *folder.glob("cur/*")]:
        content = file.read_bytes()
        if b"colis.example" in content:
            cut_short(file, world.folder / "times", 30)  # shorter than its name says

    ends = [world.run() for _ in range(4)]

    assert [draft["In-Reply-To"] for draft in world.drafts()] == ["<bill-1@telecom.example>"], ends
    assert [done.returncode for done in ends] == [75, 75, 1, 0], ends
    assert "INBOX:1" in ends[2].stderr


@pytest.mark.parametrize("how", ["chmod", "folder", "empty"])
@pytest.mark.parametrize("mailbox", ["INBOX", "Éléments envoyés"])
def test_a_file_that_the_server_cannot_read_costs_itself(
    world: World, dovecot: Dovecot, mailbox: str, how: str
) -> None:
    """It makes the server hang up at whatever is asked: it is named, once, and the bill beside it is drafted."""
    place = {"INBOX": ".", "Éléments envoyés": ".&AMk-l&AOk-ments envoy&AOk-s"}[mailbox]
    world.deliver(bill(world, COLIS), mailbox=place.removeprefix(".") or "INBOX")
    world.deliver(bill(world, TELECOM))
    folder = dovecot.folder_of(world.user) / place
    (file,) = (file for file in (*folder.glob("new/*"), *folder.glob("cur/*")) if b"colis" in file.read_bytes())
    if how == "chmod":
        file.chmod(0)
    elif how == "folder":
        file.unlink()
        file.mkdir()
        arrive(file, world)
    else:
        cut_short(file, world.folder / "times", file.stat().st_size)
    for index in folder.glob("dovecot.index*"):
        index.unlink()

    ends = [world.run() for _ in range(3)]

    assert [draft["In-Reply-To"] for draft in world.drafts()] == ["<bill-1@telecom.example>"], ends
    assert sum(done.stderr.count(f"{mailbox}:1") for done in ends) == 1, ends
    assert ends[-1].returncode == 0, ends


@pytest.mark.parametrize("why", ["dns", "per-run"])
def test_a_copy_waits_as_long_as_its_original(world: World, dns: DnsServer, why: str) -> None:
    """The same mail in two mailboxes is put off; the user deletes one copy, the other is drafted."""
    world.account = {"mailboxes": ["INBOX", "Factures"]}
    world.drafting = {"per_run": 1}
    world.write_config()
    with world.connected() as client:
        client.create("Factures")
    answers = dict(dns.zone)
    if why == "dns":
        break_dns(dns)
    else:
        world.deliver(bill(world, COLIS, days=0.1))
    raw = bill(world, TELECOM, days=3)
    world.deliver(raw)
    world.deliver(raw, mailbox="Factures")
    world.run()
    drafted = len(world.drafts())
    with closing(sqlite3.connect(world.state)) as database:
        ((put_off,),) = database.execute("SELECT count(*) FROM waiting")
    dns.zone.update(answers)

    world.delete("INBOX", [uid for uid, _flags, found in world.fetch_all("INBOX") if "telecom" in str(found["From"])])
    world.run()

    assert (drafted, put_off) == (0 if why == "dns" else 1, 2)
    assert "<bill-1@telecom.example>" in [draft["In-Reply-To"] for draft in world.drafts()]


def test_a_refused_append_is_tried_again(world: World, dovecot: Dovecot) -> None:
    """The server says NO: the draft was not saved, for sure; the next run saves it, whatever the user did meanwhile."""
    world.deliver(bill(world, TELECOM))
    world.fetch_all("Brouillons")
    tmp = dovecot.folder_of(world.user) / ".Brouillons" / "tmp"
    shutil.rmtree(tmp)
    tmp.write_bytes(b"")

    refused = world.run()
    tmp.unlink()
    tmp.mkdir()
    shutil.chown(tmp, tmp.parent.owner(), tmp.parent.group())
    world.deliver(b"Subject: mine\r\n\r\nx\r\n", mailbox="Brouillons", flags=r"(\Draft)")
    again = world.run()

    assert refused.returncode == 69
    assert again.returncode == 0, again.stderr
    assert len(world.drafts()) == 2


def test_two_places_of_one_address_are_read_each(world: World, dovecot: Dovecot) -> None:
    """Two accounts with one address, even with one UIDVALIDITY: each mailbox is read from its own beginning."""
    first, second = world.user, world.user + "b"
    text = world.config.read_text(encoding="utf-8")
    block = text[text.index("[[accounts]]") :].replace('"perso"', '"autre"').replace(f'"{first}"', f'"{second}"')
    world.config.write_text(f"{text}\n{block}", encoding="utf-8")
    world.deliver(unknown(world, "1"), unknown(world, "2"))
    world.user = second
    world.deliver(bill(world, TELECOM))
    lists = [dovecot.folder_of(user) / "dovecot-uidlist" for user in (first, second)]
    for user in (first, second):
        world.user = user
        world.fetch_all("INBOX")
    validity = re.search(r"V(\d+)", lists[0].read_text())
    assert validity
    lists[1].write_text(re.sub(r"V\d+", f"V{validity[1]}", lists[1].read_text(), count=1))
    for index in dovecot.folder_of(second).glob("dovecot.index*"):
        index.unlink()

    done = world.run()

    assert done.returncode == 0, done.stderr
    assert len(world.drafts()) == 1


def test_what_a_cut_off_run_saved_is_told_by_the_next(world: World) -> None:
    """A draft that nobody told of is named by the run that finds it."""
    world.deliver(bill(world, TELECOM))
    world.run(dying="after-append")

    told = world.run()

    assert told.returncode == 0
    assert "telecom-exemple" in told.stdout


def test_what_was_told_left_the_process_before_it_was_killed(world: World) -> None:
    """What is remembered as told is not lost in a buffer."""
    world.deliver(unknown(world), bill(world, TELECOM))

    killed = world.run(dying="after-append")

    assert "unknown.example" in killed.stdout


def test_a_full_disk_behind_standard_output_is_74(world: World) -> None:
    """The disk that the output goes to is full: 74 and a sentence, no traceback."""
    world.deliver(unknown(world))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), "run"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=world.environment(),
            check=False,
        )

    assert done.returncode == 74, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_went_away_keeps_no_draft_from_being_written(world: World) -> None:
    """``run | head -1``: the printing stops, the run does not."""
    world.deliver(*(unknown(world, str(n)) for n in range(40)), bill(world, TELECOM))
    program = f"{sys.executable} -m noreply_analyzer --config {world.config} run | head -1; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", program], capture_output=True, encoding="utf-8", env=world.environment(), check=False
    )

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
    assert len(world.drafts()) == 1


def test_what_was_skipped_is_named_once(world: World) -> None:
    """A message over a limit is named once, even if the run that named it was cut off."""
    world.limits = {"message_bytes": 30_000}
    world.write_config()
    world.deliver(bill(world, COLIS) + b"x" * 40_000, bill(world, TELECOM))

    cut = world.run(dying="after-append", by="SIGTERM")
    again = world.run()

    assert cut.stderr.count("skipped") == 1
    assert again.stderr.count("skipped") == 0
    assert len(world.drafts()) == 1


@pytest.mark.parametrize("why", ["locked", "no drafts mailbox"])
def test_json_says_why_a_run_came_to_nothing(world: World, why: str) -> None:
    """With ``--json`` an error is an object, and the last line is always the summary."""
    world.deliver(bill(world, TELECOM))
    world.run()
    if why == "locked":
        holding = subprocess.Popen(["flock", f"{world.state}.lock", "sleep", "30"])
        time.sleep(0.3)
    else:
        world.account = {"drafts": "Nulle part"}
        world.write_config()
    try:
        done = world.run("--json")
    finally:
        if why == "locked":
            holding.kill()
            holding.wait()

    *errors, last = objects(done.stdout)
    assert [found["type"] for found in errors] == ["error"]
    assert last["type"] == "summary"
    assert last["errors"] == 1


def test_a_dry_run_leaves_nothing_beside_a_log_that_a_killed_run_left(world: World) -> None:
    """After a kill -9 sqlite's log lies beside the state; a dry run reads both and adds no file."""
    world.deliver(bill(world, TELECOM))
    world.run(dying="after-append")
    before = {file.name: file.read_bytes() for file in world.state.parent.iterdir()}

    world.run("--dry-run")

    assert {file.name: file.read_bytes() for file in world.state.parent.iterdir()} == before
