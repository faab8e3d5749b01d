"""`scan` as a user types it: every place mail lies in, the same lines from each, and what cannot be read."""

import json
import mailbox
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from schema import messages, objects
from test_cut_off import bill, unknown
from world import ANNE, COLIS, NOTICE, TELECOM, MaildirWorld, World, mail

Typed = Callable[..., "subprocess.CompletedProcess[str]"]


def lines_of(world: World, *words: str, stdin: bytes | None = None) -> list[dict[str, Any]]:
    """Scan with ``--json``; give the messages without where they lie."""
    done = world.type("scan", "--json", *words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [found | {"source": None} for found in messages(objects(done.stdout))]


def a_thousand(world: World) -> list[bytes]:
    """Write a thousand messages of all kinds; every one arrived at its own minute."""
    found = []
    for n in range(1000):
        date = world.now - timedelta(days=n % 50, minutes=n)
        kind = n % 5
        if kind == 0:
            raw = bill(world, TELECOM if n % 2 else COLIS, str(n), days=n % 50)
        elif kind == 1:
            text = f"On se voit ?\nFrom here it is {n} km.\n>From there too.\n"
            raw = mail("Paul <paul@friend.example>", f"Salut {n}", text, date=date, message_id=f"<{n}@friend.example>")
        elif kind == 2:
            raw = unknown(world, str(n))
        elif kind == 3:
            raw = mail(ANNE, f"Note {n}", "Penser au rendez-vous.\n", date=date, message_id=f"<{n}@example.org>")
        else:
            raw = mail("Y <y@friend.example>", f"Fwd {n}", NOTICE, date=date, fields={"Auto-Submitted": "auto-replied"})
        found.append(raw)
    return found


@pytest.mark.dovecot
@pytest.mark.timeout(300)
def test_an_mbox_a_maildir_and_a_mailbox_give_the_same_lines(world: World, tmp_path: Path) -> None:
    """The same thousand messages, wherever they lie."""
    raws = a_thousand(world)
    world.deliver(*raws)
    plain = [raw.replace(b"\r\n", b"\n") for raw in raws]
    (tmp_path / "m").mkdir()
    for part in ("cur", "new", "tmp"):
        (tmp_path / "m" / part).mkdir()
    for number, raw in enumerate(plain):
        (tmp_path / "m" / ("new" if number % 2 else "cur") / f"{1_700_000_000 + number}.x").write_bytes(raw)
    written = mailbox.mbox(tmp_path / "archive.mbox")
    for raw in plain:
        written.add(raw)
    written.close()

    by_server = lines_of(world, "perso")
    by_maildir = lines_of(world, str(tmp_path / "m"))
    by_mbox = lines_of(world, str(tmp_path / "archive.mbox"))

    assert len(by_server) == 1000
    assert by_maildir == by_server
    # What Python's mbox writes is mboxo: a line that began as ">From" comes back as "From", and the text is not shown.
    assert by_mbox == by_server


def test_standard_input_is_one_message_or_an_mbox(maildir_world: MaildirWorld) -> None:
    """As a mail program pipes it."""
    world = maildir_world
    raw = bill(world, TELECOM).replace(b"\r\n", b"\n")
    mbox = b"From a@b Mon Nov 23 10:11:12 2026\n" + raw + b"\n"

    assert len(lines_of(world, "-", stdin=raw)) == 1
    assert lines_of(world, "-", stdin=mbox * 2) == lines_of(world, "-", stdin=raw) * 2


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["perso"], 3),
        (["perso", "--since", "5d"], 1),
        (["perso", "--until", "5d"], 2),
        (["perso", "--since", "25d", "--until", "5d"], 1),
        (["perso/Archives"], 1),
        (["perso", "--mailbox", "Arch*"], 1),
        (["perso", "--mailbox", "*"], 4),
        (["perso", "--mailbox", "inbox", "--mailbox", "Archives"], 4),
        (["perso/Corbeille"], 1),
        (["perso", "perso/Archives"], 4),
        (["Maildir", "--since", "5d"], 2),
        (["Maildir"], 4),
        (["./Maildir/.Corbeille"], 1),
    ],
)
def test_places_mailboxes_and_days(maildir_world: MaildirWorld, words: Sequence[str], count: int) -> None:
    """An account, a mailbox of it, a folder; by arrival, in days of the user's own zone."""
    world = maildir_world
    for days in (1, 20, 200):
        world.deliver(bill(world, TELECOM, str(days)), received=world.now - timedelta(days=days))
    for part in ("cur", "new", "tmp"):
        (world.maildir / ".Archives" / part).mkdir(parents=True)
    world.deliver(bill(world, TELECOM, "a"), mailbox="Archives")
    world.deliver(bill(world, TELECOM, "t"), mailbox="Corbeille")
    places = [word.replace("./", "") if "Maildir" in word else word for word in words]
    typed = [str(world.folder / word) if "Maildir" in word else word for word in places]

    assert len(lines_of(world, *typed)) == count


def test_an_account_that_is_also_a_path(maildir_world: MaildirWorld) -> None:
    """It says how to write the one that is meant; ./ makes it the path."""
    world = maildir_world
    (world.folder / "perso").write_bytes(bill(world, TELECOM))
    program = [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), "scan", "--json"]

    def typed(word: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*program, word],
            cwd=world.folder,
            env=world.environment(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    both, path = typed("perso"), typed("./perso")

    assert both.returncode == 64
    assert "perso is an account and a path; write ./perso for the path" in both.stderr
    assert path.returncode == 0
    assert len(messages(objects(path.stdout))) == 1


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["missing"], 65, "missing: there is no such file or folder"),
        (["empty"], 65, "empty: no mail was found in this folder"),
        (["picture"], 65, "picture: this is not a message"),
        (["program"], 65, "program: this is not a message: its header has no field that mail has"),
        (["fifo"], 65, "fifo: is not a regular file; what comes by a pipe is read from -"),
        (["good.eml", "missing"], 1, "missing: there is no such file or folder"),
        (["missing", "empty", "good.eml"], 1, "empty: no mail was found in this folder"),
        (["good.eml", "picture"], 1, "picture: this is not a message"),
        (["cut.mbox"], 1, "cut.mbox:1: the file ends within this message"),
        (["good.eml", "--since", "yesterday"], 64, "is no day and no stretch of time"),
        (["good.eml", "--since", "2026-02-01", "--until", "2026-01-01"], 64, "is later than --until"),
        (["good.eml", "--mailbox", "INBOX"], 65, "is no folder of mailboxes"),
        (["perso/Nulle part"], 64, "no mailbox is called Nulle part; there are Brouillons, Corbeille, Envoyés, INBOX"),
        (["-", "--mailbox", "INBOX"], 64, "--mailbox goes with a folder or an account"),
        (["good.eml:7"], 65, "good.eml:7: there is no such message; the last one has the number 0"),
    ],
)
def test_what_cannot_be_read(maildir_world: MaildirWorld, words: Sequence[str], status: int, sentence: str) -> None:
    """One sentence each; 65 where nothing could be read, 1 where part could; also as JSON."""
    world = maildir_world
    raw = bill(world, TELECOM).replace(b"\r\n", b"\n")
    (world.folder / "good.eml").write_bytes(raw)
    (world.folder / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    (world.folder / "program").write_bytes(b"import os: x\ncolour: red\n\n" + bytes(range(256)))
    (world.folder / "cut.mbox").write_bytes((b"From a@b Mon Nov 23 10:11:12 2026\n" + raw + b"\n") * 2 + b"")
    with (world.folder / "cut.mbox").open("r+b") as file:
        file.truncate((world.folder / "cut.mbox").stat().st_size - 20)
    (world.folder / "empty").mkdir()
    os.mkfifo(world.folder / "fifo")
    typed = [
        str(world.folder / word) if (world.folder / word.partition(":")[0]).exists() or word == "missing" else word
        for word in words
    ]

    done = world.type("scan", *typed)
    as_json = world.type("scan", "--json", *typed)

    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert as_json.returncode == status
    if status in {1, 65}:
        found = objects(as_json.stdout)
        assert sentence in json.dumps(found, ensure_ascii=False)
        assert found[-1]["errors"] >= 1


def test_a_maildir_that_is_written_to_meanwhile(maildir_world: MaildirWorld) -> None:
    """A mail program reads, flags and deletes; each message is given once, or is gone."""
    world = maildir_world
    world.deliver(*(bill(world, TELECOM, str(n)) for n in range(150)))
    program = [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), "scan", "--json", "perso"]
    running = subprocess.Popen(program, env=world.environment(), stdout=subprocess.PIPE, encoding="utf-8")
    for number, file in enumerate(sorted((world.maildir / "new").iterdir())):
        time.sleep(0.005)
        if number % 3:
            file.rename(world.maildir / "cur" / f"{file.name}:2,S")
        else:
            file.unlink()
    out, _err = running.communicate(timeout=60)

    assert running.returncode == 0
    found = [one["message_id"] for one in messages(objects(out))]
    assert len(found) == len(set(found))
    assert len(found) >= 100
