"""Two accounts of one address: what is known of a message counts in both, what is known of a place only there."""

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from test_cut_off import bill
from world import COLIS, TELECOM, MaildirWorld


def elsewhere(world: MaildirWorld) -> Path:
    """Give Anne a second Maildir under the same address, which is looked at before the other."""
    second = world.folder / "Ailleurs"
    for name in ("", ".Brouillons"):
        for part in ("cur", "new", "tmp"):
            (second / name / part).mkdir(parents=True)
    world.accounts = ({"name": "autre", "path": str(second)}, {})
    world.write_config()
    return second


def put(folder: Path, name: str, raw: bytes) -> None:
    """Have a message lie in a Maildir under a name, since a moment by the clock of the test."""
    file = folder / "new" / name
    file.write_bytes(raw.replace(b"\r\n", b"\n"))
    os.utime(file, (time.time() - 60, time.time() - 60))


def drafts_in(folder: Path) -> int:
    """Count the drafts of a Maildir."""
    return len(list((folder / ".Brouillons" / "cur").iterdir()))


def move_intents(world: MaildirWorld, place: str) -> None:
    """Have it that the open intents were written down for another place."""
    with closing(sqlite3.connect(world.state)) as database, database:
        changed = database.execute("UPDATE drafts SET place = ? WHERE outcome = 'intended'", (place,))
        assert changed.rowcount == 1


@pytest.mark.parametrize("where", ["after-intent", "maildir:Drafts.append"])
@pytest.mark.parametrize("place", ["known", "of version 1"])
def test_a_draft_that_was_cut_off_is_looked_for_in_its_own_place(
    maildir_world: MaildirWorld, where: str, place: str
) -> None:
    """The other place, whose drafts mailbox is not where the intent says, says nothing about it."""
    world = maildir_world
    second = elsewhere(world)
    world.run()
    put(second / ".Brouillons", "1.mine", b"Subject: mine\n\nx\n")
    world.deliver(bill(world, TELECOM))
    killed = world.run(dying=where)
    if place == "of version 1":
        (second / ".Brouillons").rename(second / ".Drafts")
        move_intents(world, "")

    ends = [world.run() for _ in range(2)]

    assert killed.returncode == -signal.SIGKILL
    assert [(done.returncode, done.stderr) for done in ends] == [(0, ""), (0, "")]
    assert len(world.drafts()) == 1


def test_what_is_in_hand_in_one_place_is_not_drafted_to_in_the_other(maildir_world: MaildirWorld) -> None:
    """The place of a draft of unknown fate is away; a copy of the mail in the other place waits until it is back."""
    world = maildir_world
    second = elsewhere(world)
    raw = bill(world, TELECOM)
    world.deliver(raw)
    world.run(dying="maildir:Drafts.append")
    away = world.maildir.rename(world.folder / "away")
    put(second, "1.copy", raw)

    world.run()
    meanwhile = drafts_in(second)
    away.rename(world.maildir)
    ends = [world.run() for _ in range(2)]

    assert meanwhile == 0
    assert [done.returncode for done in ends] == [0, 0], ends
    assert (drafts_in(second), len(world.drafts())) == (0, 1)


def test_a_draft_of_a_place_that_is_no_more_comes_to_an_end(maildir_world: MaildirWorld) -> None:
    """The Maildir was moved, and the draft deleted: what became of it nobody knows; it is named, not made again."""
    world = maildir_world
    elsewhere(world)
    world.deliver(bill(world, TELECOM))
    world.run(dying="maildir:Drafts.append")
    world.delete("Brouillons", [1])
    moved = world.maildir.rename(world.folder / "moved")
    world.accounts = ({"name": "autre", "path": str(world.folder / "Ailleurs")}, {"path": str(moved)})
    world.write_config()

    after, again = world.run(), world.run()

    assert after.returncode == 1
    assert "telecom-exemple" in after.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert drafts_in(moved) == 0


def test_what_was_skipped_in_one_place_is_read_in_the_other(maildir_world: MaildirWorld) -> None:
    """Two messages of one name, each in its place: the one over a limit is named, the other is drafted."""
    world = maildir_world
    second = elsewhere(world)
    world.limits = {"message_bytes": 30_000}
    world.write_config()
    put(second, "1.same", bill(world, COLIS) + b"x" * 40_000)
    put(world.maildir, "1.same", bill(world, TELECOM))

    ends = [world.run() for _ in range(2)]

    assert [done.stderr.count("skipped") for done in ends] == [1, 0]
    assert len(world.drafts()) == 1


def test_all_of_an_address_is_forgotten_in_both_places(maildir_world: MaildirWorld) -> None:
    """Also the marks and the intents of a place."""
    world = maildir_world
    shutil.rmtree(elsewhere(world) / ".Brouillons")
    world.limits = {"message_bytes": 30_000}
    world.write_config()
    world.deliver(bill(world, COLIS) + b"x" * 40_000, bill(world, TELECOM))
    world.run(dying="after-intent")

    shown = world.type("state", "show", "perso")
    forgotten = world.type("state", "forget", "perso", "--yes")

    assert "over a limit, or no message: 1" in shown.stdout
    assert "about to be saved in Brouillons" in shown.stdout
    assert forgotten.returncode == 0
    with closing(sqlite3.connect(world.state)) as database:
        kept = "\n".join(database.iterdump())
    assert "anne@example.org" not in kept
