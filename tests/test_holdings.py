"""The state in its user's hands: what it shows, and that nothing is left of what is to be forgotten."""

import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOW
from program import ROOT, environment, typed
from schema import validated

from noreply_analyzer import inventory
from noreply_analyzer.authentication import TxtAnswer
from noreply_analyzer.errors import StateError
from noreply_analyzer.holdings import Drafted, Holdings, PutOff, Reached
from noreply_analyzer.source import MessageRef, Position
from noreply_analyzer.state import Intent, State, Waiting

ANNE = "anne@example.org"
AT_HOME = f"{ANNE} anne@imap.example.org"
IN_FILES = f"{ANNE} /home/anne/Maildir"
BOB = "bob@example.org"
ODD = '"anne bob"@example.org'
NEARLY = ("anne@example.org.example", "xanne@example.org", "Anne@example.org", "anne@example.orgx y@host")
INTENT = Intent(
    digest="d1",
    message_id="<noreply-analyzer.d1@example.org>",
    operator="telecom-exemple",
    topic="billing",
    keys=frozenset({"key-one", "key-two"}),
    mailbox="Brouillons",
    before=Position(uid_validity=7, uid_next=42),
    at=NOW,
)
WAITING = Waiting(
    ref=MessageRef(mailbox="Factures", uid_validity=1, uid=42), received=None, rule="dns-later", since=NOW
)


INTENDED = "about to be saved in Brouillons; the next run finds out"
FOUND_AGAIN = (
    "A draft that lies in Drafts or was sent is found there and not made again; "
    "to mail whose draft you deleted it may draft again."
)


def fill(state: State, address: str, *places: str) -> None:
    """Write down one of everything for an address, of its mailboxes in each place."""
    for place in places:
        state.set_position(place, "Factures", Position(uid_validity=1, uid_next=43))
        state.put_off(place, WAITING)
    state.remember(address, "a" * 32, action="tell", rule="unproven", at=NOW)
    state.remember(places[0], "skipped Factures 1 7", action="tell", rule="skipped", at=NOW)
    state.intend(address, replace(INTENT, place=places[0]))
    state.conclude(address, INTENT.digest, outcome="saved", rule="unanswerable-proven", at=NOW)
    state.intend(address, replace(INTENT, digest="second", keys=frozenset({"k"}), at=NOW + timedelta(hours=1)))
    state.keys.put("s1._domainkey.telecom.example", TxtAnswer(records=(b"v=DKIM1",)), NOW + timedelta(days=1))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home with a configuration of two accounts and a state that knows both."""
    folder = tmp_path / ".config" / "noreply-analyzer"
    folder.mkdir(parents=True)
    accounts = [
        f'[[accounts]]\nname = "{name}"\naddress = "{address}"\naddresses = ["{name}@alias.example"]\n'
        f'host = "imap.example.org"\npassword_env = "NOBODY"\n'
        for name, address in (("perso", ANNE), ("travail", BOB))
    ]
    (folder / "config.toml").write_text("\n".join(accounts), "utf-8")
    with State.open(path_in(tmp_path)) as state:
        fill(state, ANNE, AT_HOME, IN_FILES)
        fill(state, BOB, f"{BOB} bob@imap.example.org")
    return tmp_path


def path_in(home: Path) -> Path:
    """Give the path of the state."""
    return home / ".local" / "state" / "noreply-analyzer" / "state.sqlite3"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """Give a new state."""
    with State.open(tmp_path / "state.sqlite3") as opened:
        yield opened


# What is held -------------------------------------------------------------------------------------------------------


def test_all_that_is_stored_of_an_address_is_held(state: State) -> None:
    """From every place where its mail lies; marks are no messages."""
    fill(state, ANNE, IN_FILES, AT_HOME)
    draft = Drafted(
        message_id=INTENT.message_id,
        operator="telecom-exemple",
        topic="billing",
        outcome="saved",
        mailbox="Brouillons",
        at=NOW,
        answers=2,
    )

    assert state.holdings(ANNE) == Holdings(
        address=ANNE,
        reached=tuple(
            Reached(place=place, mailbox="Factures", position=Position(uid_validity=1, uid_next=43))
            for place in ("/home/anne/Maildir", "anne@imap.example.org")
        ),
        messages={"tell": 1, "draft": 2},
        marks={"skipped": 1},
        waiting=tuple(
            PutOff(place=place, ref=WAITING.ref, received=None, rule="dns-later", since=NOW)
            for place in ("/home/anne/Maildir", "anne@imap.example.org")
        ),
        drafts=(draft, replace(draft, outcome="intended", at=NOW + timedelta(hours=1), answers=1)),
    )
    assert state.keys.count() == 1


def test_every_address_is_named_once(state: State) -> None:
    """Also one with a blank in it, which stands in quotation marks; and one of which only a position is known."""
    fill(state, ANNE, AT_HOME, IN_FILES)
    fill(state, ODD, f"{ODD} odd user@imap.example.org")
    state.set_position(f"{BOB} /mail", "INBOX", Position(uid_validity=1, uid_next=2))

    assert state.addresses() == (ODD, ANNE, BOB)
    assert [one.place for one in state.holdings(ODD).reached] == ["odd user@imap.example.org"]


def test_a_new_state_holds_nothing(state: State) -> None:
    """Of nobody."""
    assert state.addresses() == ()
    assert not state.holdings(ANNE)
    assert state.found_version == 0


# Forgetting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [BOB, ODD, *NEARLY])
def test_forgetting_one_address_leaves_the_others(state: State, other: str) -> None:
    """However alike they look."""
    state.set_position(f"{other} place", "INBOX", Position(uid_validity=1, uid_next=2))
    state.remember(other, "k", action="tell", rule="x", at=NOW)
    state.intend(other, INTENT)
    fill(state, ANNE, AT_HOME, IN_FILES)
    state.forget(ANNE)

    assert not state.holdings(ANNE)
    assert state.position(f"{other} place", "INBOX") == Position(uid_validity=1, uid_next=2)
    assert state.knows(other, "k")
    assert state.open_intents(other) == (INTENT,)


def test_nothing_of_what_was_forgotten_stays_in_any_file(tmp_path: Path) -> None:
    """Not in a free page, not in the log, not in a copy made while the state was still open."""
    path = tmp_path / "state.sqlite3"
    with State.open(path) as state:
        for number in range(300):
            state.remember(ANNE, f"key-of-anne-{number}", action="tell", rule="unproven", at=NOW)
        fill(state, ANNE, AT_HOME, IN_FILES)
        state.remember(BOB, "key-of-bob", action="tell", rule="unproven", at=NOW)
    with State.open(path) as state:
        state.forget(ANNE)
        seen = [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]
    seen += [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]

    assert b"key-of-bob" in b"".join(content for _name, content in seen)
    for trace in (b"anne", b"telecom", b"Factures", b"Brouillons", b"a" * 32, b"DKIM1"):
        assert [name for name, content in seen if trace in content] == []


def test_a_state_that_forgot_works_on(state: State) -> None:
    """As a new one does for that address."""
    fill(state, ANNE, AT_HOME)
    state.forget(ANNE)
    fill(state, ANNE, AT_HOME)

    assert state.holdings(ANNE).messages == {"tell": 1, "draft": 2}


def test_a_reader_that_keeps_the_old_bytes_alive_is_named(tmp_path: Path) -> None:
    """It is erased, but the log still holds it: nobody is told that all is well."""
    path = tmp_path / "state.sqlite3"
    with State.open(path) as state:
        fill(state, ANNE, AT_HOME)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM drafts").fetchone()
        state._db.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(StateError, match="another program has the state file open"):
            state.forget(ANNE)
        reader.close()
        state.forget(ANNE)
        assert not state.holdings(ANNE)


# What is shown ------------------------------------------------------------------------------------------------------


def test_the_state_is_shown_by_account(home: Path) -> None:
    """Where it is, how far mailboxes were read, what was decided, what waits and why, what was drafted."""
    done = typed(home, "state", "show")

    assert (done.returncode, done.stderr) == (0, "")
    first, _blank, *lines = done.stdout.splitlines()
    assert first.startswith(f"{path_in(home)}: version 3, ")
    assert first.endswith(" kB, 1 answer of the DNS")
    assert lines[: lines.index("")] == [
        "anne@example.org (perso)",
        "  Read so far:",
        "    /home/anne/Maildir, Factures: all before UID 43 (UIDVALIDITY 1)",
        "    anne@imap.example.org, Factures: all before UID 43 (UIDVALIDITY 1)",
        "  Messages decided on:",
        "    draft: 2",
        "    tell: 1",
        "  Named once, and not again:",
        "    over a limit, or no message: 1",
        "  What waits:",
        "    /home/anne/Maildir, Factures, UID 42: since 2026-11-24 09:00, no answer of the DNS",
        "    anne@imap.example.org, Factures, UID 42: since 2026-11-24 09:00, no answer of the DNS",
        "  Drafts:",
        "    2026-11-24 09:00, telecom-exemple, billing: saved in Brouillons; answers 2 messages",
        f"    2026-11-24 10:00, telecom-exemple, billing: {INTENDED}; answers 1 message",
    ]
    assert "bob@example.org (travail)" in lines


def test_json_of_the_state_keeps_to_its_schema(home: Path) -> None:
    """The file first, then an object for each address."""
    done = typed(home, "state", "show", "--json")
    file, anne, bob = map(validated, done.stdout.splitlines())

    assert (file["type"], file["version"], file["dns_answers"]) == ("state", 3, 1)
    assert file["bytes"] == path_in(home).stat().st_size
    assert (anne["type"], anne["address"], anne["names"]) == ("account", ANNE, ["perso"])
    assert anne["messages"] == {"draft": 2, "tell": 1, "leave": 0, "later": 0}
    assert anne["waiting"][0]["since"] == "2026-11-24T09:00:00+01:00"
    assert [draft["outcome"] for draft in anne["drafts"]] == ["saved", "intended"]
    assert bob["names"] == ["travail"]


@pytest.mark.parametrize("word", ["perso", ANNE, "ANNE@EXAMPLE.ORG", "perso@alias.example"])
def test_an_account_is_named_in_any_way(home: Path, word: str) -> None:
    """By its name, its address, or a further address of it."""
    done = typed(home, "state", "show", word, word, "--json")

    assert [validated(line).get("address") for line in done.stdout.splitlines()] == [None, ANNE]


def test_an_account_of_which_nothing_is_stored_is_said_to_be_that(home: Path) -> None:
    """Named by its address, for no account of the configuration has it."""
    done = typed(home, "state", "show", "carla@example.org")

    assert done.stdout.splitlines()[-2:] == [
        "carla@example.org (in no account of the configuration)",
        "  nothing is stored",
    ]


def test_showing_writes_nothing_and_needs_no_lock(home: Path) -> None:
    """While a run is at work too, and with a log that the run has not put away."""
    with State.open(path_in(home)) as running:
        running.remember(BOB, "b" * 32, action="leave", rule="x", at=NOW)
        before = {file: file.read_bytes() for file in path_in(home).parent.iterdir()}
        done = typed(home, "state", "show", "travail", "--json")

        assert {file: file.read_bytes() for file in path_in(home).parent.iterdir()} == before
    file, bob = map(validated, done.stdout.splitlines())
    assert bob["messages"]["leave"] == 1
    assert file["bytes"] > path_in(home).stat().st_size


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["show", "pesro"], 78, "there is no account 'pesro' in the configuration (did you mean 'perso'?)"),
        (["forget", "pesro", "--yes"], 78, "there is no account 'pesro' in the configuration (did you mean 'perso'?)"),
        (["show", "a@b@"], 64, "'a@b@' is not an address"),
        (["forget", "@"], 64, "'@' is not an address"),
        (["forget"], 64, "Missing argument"),
    ],
)
def test_a_word_that_names_nobody_is_refused(home: Path, words: list[str], status: int, sentence: str) -> None:
    """And nothing is changed."""
    before = path_in(home).read_bytes()
    done = typed(home, "state", *words)

    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert path_in(home).read_bytes() == before


def test_a_state_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    """And it is not made."""
    shown = typed(tmp_path, "state", "show")
    forgotten = typed(tmp_path, "state", "forget", ANNE)
    as_json = typed(tmp_path, "state", "show", ANNE, "--json")
    file, anne = map(validated, as_json.stdout.splitlines())

    assert [done.returncode for done in (shown, forgotten, as_json)] == [0, 0, 0]
    assert shown.stdout == forgotten.stdout == f"nothing is remembered yet: there is no {path_in(tmp_path)}\n"
    assert (file["version"], file["bytes"], anne["drafts"]) == (None, 0, [])
    assert list(tmp_path.iterdir()) == []


def test_words_for_everything_that_may_be_stored() -> None:
    """A rule that nobody has written words for is shown as it is."""
    paris = ZoneInfo("Europe/Paris")
    held = Holdings(
        address=ANNE,
        marks={"twice": 1, "unheard-of": 2},
        waiting=(PutOff(place="p", ref=WAITING.ref, received=NOW, rule="unheard-of", since=NOW),),
        drafts=tuple(
            Drafted(message_id="<m>", operator="o", topic=topic, outcome=outcome, mailbox="D", at=NOW, answers=1)
            for topic, outcome in (("unheard-of", "doubtful"), ("billing", "unheard-of"))
        ),
    )
    lines = list(inventory.of_an_address(held, [], paris))

    assert lines[0] == "anne@example.org (in no account of the configuration)"
    assert "    unheard-of: 2" in lines
    assert "saved in D or not: nobody knows, and it is not made again; answers 1 message" in lines[-2]
    assert lines[-1] == "    2026-11-24 09:00, o, billing: unheard-of; answers 1 message"
    assert inventory.in_short(held) == (
        "Remembered of anne@example.org: 0 mailboxes, 3 messages, 1 that waits, 2 drafts."
    )


# `state forget` -----------------------------------------------------------------------------------------------------


def test_forgetting_says_what_follows_and_does_it(home: Path) -> None:
    """With --yes nobody is asked; the other account's are left."""
    done = typed(home, "state", "forget", "perso", "--yes")
    left = typed(home, "state", "show", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Remembered of anne@example.org: 2 mailboxes, 4 messages, 2 that wait, 2 drafts.",
        "Without it the next run is a first run: it looks back 7 days and judges that mail anew.",
        FOUND_AGAIN,
        f"All of it is erased from {path_in(home)}; copies that you made of that file are as they were.",
    ]
    assert [validated(line).get("address") for line in left.stdout.splitlines()] == [None, BOB]
    for file in path_in(home).parent.iterdir():
        assert b"anne" not in file.read_bytes()


def test_an_account_that_is_gone_is_forgotten_by_its_address(home: Path) -> None:
    """Nothing follows from that, for no run looks at it."""
    (home / ".config" / "noreply-analyzer" / "config.toml").unlink()
    done = typed(home, "state", "forget", "Anne@Example.org", "--yes")
    again = typed(home, "state", "forget", ANNE, "--yes")

    assert done.returncode == again.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert again.stdout == "nothing is stored of anne@example.org\n"


def test_two_accounts_with_one_address_are_forgotten_together(home: Path) -> None:
    """And that is said."""
    config = home / ".config" / "noreply-analyzer" / "config.toml"
    config.write_text(config.read_text("utf-8").replace(BOB, ANNE), "utf-8")
    done = typed(home, "state", "forget", "travail", "--yes")

    assert "The accounts perso, travail have this one address, so it is about all of them." in done.stdout


def test_nothing_is_forgotten_unasked(home: Path) -> None:
    """Where standard input is no terminal, --yes has to be there."""
    before = path_in(home).read_bytes()
    done = typed(home, "state", "forget", "perso", given="yes\n")

    assert done.returncode == 64
    assert "add --yes" in done.stderr
    assert path_in(home).read_bytes() == before


@pytest.mark.parametrize(
    ("typed_in", "status", "erased"),
    [
        ("yes\n", 0, True),
        ("YES \n", 0, True),
        ("no\n", 0, False),
        ("\n", 0, False),
        ("y\n", 0, False),
        ("", 130, False),
    ],
)
def test_on_a_terminal_one_is_asked(home: Path, typed_in: str, status: int, *, erased: bool) -> None:
    """Only the whole word erases; Ctrl-C is no answer."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "noreply_analyzer", "state", "forget", "perso"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home),
        cwd=ROOT,
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        while not process.stdout.readline().startswith(b"A draft that lies"):
            pass
        assert process.stdout.read(5) == b"Type "
        if typed_in:
            os.write(ours, typed_in.encode())
        while not typed_in and process.poll() is None:  # a signal that comes just before the reading begins is lost
            process.send_signal(signal.SIGINT)
            time.sleep(1)
        process.communicate(timeout=30)
    os.close(ours)
    with State.in_memory(path_in(home)) as copy:
        assert (copy.addresses() == (BOB,)) is erased

    assert process.returncode == status


def test_while_a_run_is_at_work_nothing_is_forgotten(home: Path) -> None:
    """Try again later."""
    with State.open(path_in(home)):
        done = typed(home, "state", "forget", "perso", "--yes")

    assert done.returncode == 75
    assert "another run is at work" in done.stderr


def test_the_time_is_shown_in_the_configured_zone(home: Path) -> None:
    """As everywhere."""
    config = home / ".config" / "noreply-analyzer" / "config.toml"
    config.write_text('timezone = "Pacific/Noumea"\n' + config.read_text("utf-8"), "utf-8")
    done = typed(home, "state", "show", "perso")

    assert datetime(2026, 11, 24, 8, tzinfo=UTC) == NOW
    assert "since 2026-11-24 19:00" in done.stdout
