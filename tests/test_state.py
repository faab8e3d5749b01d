"""What was seen, drafted and put off: on the disk, once, and there again after whatever happens."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW

from noreply_analyzer.authentication import TxtAnswer
from noreply_analyzer.errors import LockHeldError, StateError
from noreply_analyzer.source import MessageRef, Position
from noreply_analyzer.state import Intent, State, Waiting

ANNE = "anne@example.org"
BOB = "bob@example.org"
INTENT = Intent(
    digest="d1",
    message_id="<noreply-analyzer.d1@example.org>",
    operator="telecom-exemple",
    topic="billing",
    keys=frozenset({"k1", "k2"}),
    mailbox="Brouillons",
    before=Position(uid_validity=7, uid_next=42),
    at=NOW,
    place="anne@example.org anne@imap.example.org",
)
WAITING = Waiting(
    ref=MessageRef(mailbox="INBOX", uid_validity=1, uid=42),
    received=NOW - timedelta(days=1),
    rule="dns-later",
    since=NOW,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a state file that is not there yet, in a folder that is not there yet."""
    return tmp_path / "state" / "noreply-analyzer" / "state.sqlite3"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """Give a new state."""
    with State.open(path) as opened:
        yield opened


def in_another_process(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run *program* with the state's path as its argument; it finds `State` and what it needs imported."""
    imports = (
        "import os, resource, signal, sys; from datetime import *; from pathlib import Path;"
        "from noreply_analyzer.state import *; from noreply_analyzer.errors import *; path = Path(sys.argv[1])\n"
    )
    root = Path(__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-c", imports + program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


# Opening ----------------------------------------------------------------------------------------------------------


def test_only_the_user_can_read_the_state(path: Path) -> None:
    """The file and its folder are closed to others, whatever the umask says."""
    before = os.umask(0)
    try:
        State.open(path).close()
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_run_is_kept_out(path: Path, state: State) -> None:
    """In another process, with the status that says: try again later."""
    state.set_position(ANNE, "INBOX", Position(uid_validity=1, uid_next=2))
    done = in_another_process(
        "try: State.open(path)\nexcept LockHeldError as error: print(error); sys.exit(error.exit_status)", path
    )

    assert done.returncode == 75, done.stderr
    assert "another run is at work" in done.stdout


def test_the_same_process_is_kept_out_too(path: Path, state: State) -> None:
    """And let in once the first has closed."""
    with pytest.raises(LockHeldError):
        State.open(path)

    state.close()
    State.open(path).close()


def test_a_killed_run_leaves_no_lock(path: Path) -> None:
    """The lock goes with the process that held it."""
    killed = in_another_process("state = State.open(path); os.kill(os.getpid(), signal.SIGKILL)", path)

    assert killed.returncode == -signal.SIGKILL
    State.open(path).close()


def test_a_newer_state_is_refused(path: Path) -> None:
    """It is not guessed at, and not changed; the lock is given back."""
    State.open(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()

    for open_it in (State.open, State.in_memory, State.open):
        with pytest.raises(StateError, match="written by a newer version"):
            open_it(path)


def test_a_state_of_this_version_is_not_migrated_again(path: Path) -> None:
    """The version stands in the file."""
    State.open(path).close()
    database = sqlite3.connect(path)
    before = database.execute("PRAGMA user_version").fetchone()
    database.close()
    State.open(path).close()
    database = sqlite3.connect(path)
    after = database.execute("PRAGMA user_version").fetchone()
    database.close()

    assert before == after == (3,)


def test_what_is_no_database_is_refused(path: Path) -> None:
    """It stays as it was."""
    path.parent.mkdir(parents=True)
    path.write_text("This is somebody's diary, and no database at all.\n" * 100)
    before = path.read_bytes()

    for open_it in (State.open, State.in_memory):
        with pytest.raises(StateError, match=r"is damaged \(file is not a database\); you may move it away") as caught:
            open_it(path)
        assert str(path) in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("below", ["file/state.sqlite3", "folder"])
def test_a_place_where_no_state_can_be_is_named(tmp_path: Path, below: str) -> None:
    """A folder that is a file, a file that is a folder: status 74, and nothing is drafted."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    with pytest.raises(StateError, match=f"{tmp_path}/{below} cannot be read or written") as caught:
        State.open(tmp_path / below)
    assert caught.value.exit_status == 74


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """As on a disk that is mounted read-only."""
    tmp_path.chmod(0o500)
    program = (
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"  # root writes everywhere
        "try: State.open(path)\nexcept StateError as error: print(error); sys.exit(error.exit_status)"
    )
    done = in_another_process(program, tmp_path / "state.sqlite3")

    assert done.returncode == 74, done.stderr
    assert "Permission denied" in done.stdout


FULL_DISK = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
state = State.open(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
now = datetime(2026, 11, 24, tzinfo=UTC)
position = Position(uid_validity=1, uid_next=1)
try:
    for n in range(10_000):
        state.intend("a", Intent(digest=str(n), message_id="m" * 200, operator="o", topic="t", keys=frozenset({"k"}),
                                 mailbox="D", before=position, at=now))
        print(n, flush=True)
except StateError as error:
    print(error)
    sys.exit(error.exit_status)
"""


def test_a_full_disk_ends_in_status_74_and_loses_nothing(path: Path) -> None:
    """Every intent that was acknowledged is there afterwards; the one that failed is not."""
    done = in_another_process(FULL_DISK, path)
    *written, sentence = done.stdout.splitlines()

    assert done.returncode == 74, done.stderr
    assert "nothing is drafted that cannot be remembered" in sentence
    assert sentence.startswith(str(path))
    assert 0 < len(written) < 10_000
    with State.open(path) as state:
        assert {intent.digest for intent in state.open_intents("a")} == set(written)


def test_a_full_disk_is_called_that(path: Path) -> None:
    """With the path of the file, also in the middle of a run."""
    with State.open(path) as state:
        state._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StateError) as caught:
            state.remember("a", "k" * 100_000, action="tell", rule="r", at=NOW)

    assert str(caught.value).startswith(f"{path} cannot be written: the disk is full")


def test_a_file_that_is_damaged_within_is_named_in_the_middle_of_a_run(path: Path) -> None:
    """Not everything that is broken is seen when it is opened."""
    with State.open(path) as state:
        state._db.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)  # all pages but the first, which names the tables
    path.write_bytes(content)

    with State.open(path) as state, pytest.raises(StateError, match="is damaged") as caught:
        state.knows("a", "k")
    assert str(path) in str(caught.value)


def test_a_full_disk_at_the_first_run_is_told_too(path: Path) -> None:
    """Before anything was written at all."""
    program = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: State.open(path)\nexcept StateError as error: sys.exit(error.exit_status)"
    )

    assert in_another_process(program, path).returncode == 74
    State.open(path).close()


# Remembering ------------------------------------------------------------------------------------------------------


def fill(state: State) -> None:
    """Write down one of everything."""
    state.set_position(ANNE, "INBOX", Position(uid_validity=1, uid_next=43))
    state.remember(ANNE, "k0", action="tell", rule="unproven", at=NOW)
    state.put_off(ANNE, WAITING)
    state.intend(ANNE, INTENT)
    state.keys.put("s1._domainkey.telecom.example", TxtAnswer(records=(b"v=DKIM1",)), NOW + timedelta(days=1))


def check_filled(state: State) -> None:
    """See that all of `fill` is there."""
    assert state.position(ANNE, "INBOX") == Position(uid_validity=1, uid_next=43)
    assert state.knows(ANNE, "k0")
    assert state.waiting(ANNE) == (WAITING,)
    assert state.open_intents(ANNE) == (INTENT,)
    assert state.keys.get("s1._domainkey.telecom.example", NOW) == TxtAnswer(records=(b"v=DKIM1",))


def test_a_reopened_state_keeps_everything(path: Path) -> None:
    """Positions, messages, what waits, intents, keys."""
    with State.open(path) as state:
        fill(state)

    with State.open(path) as state:
        check_filled(state)


def test_a_new_state_knows_nothing(state: State) -> None:
    """Not a position, not a message, not a draft."""
    assert state.position(ANNE, "INBOX") is None
    assert not state.knows(ANNE, "k0")
    assert state.waiting(ANNE) == ()
    assert state.open_intents(ANNE) == ()
    assert state.members(ANNE, "d1") == frozenset()
    assert state.keys.get("s1._domainkey.telecom.example", NOW) is None


def test_accounts_do_not_know_of_each_other(state: State) -> None:
    """What Anne's run saw, Bob's has yet to see."""
    fill(state)

    assert state.position(BOB, "INBOX") is None
    assert not state.knows(BOB, "k0")
    assert state.waiting(BOB) == ()
    assert state.open_intents(BOB) == ()
    assert state.members(BOB, "d1") == frozenset()


def test_a_position_may_go_back(state: State) -> None:
    """A server may count anew, with another UIDVALIDITY, and even a smaller one."""
    state.set_position(ANNE, "INBOX", Position(uid_validity=9, uid_next=1000))
    state.set_position(ANNE, "INBOX", Position(uid_validity=3, uid_next=1))

    assert state.position(ANNE, "INBOX") == Position(uid_validity=3, uid_next=1)


def test_what_waits_keeps_the_day_since_when_it_waits(state: State) -> None:
    """Putting off again and again must not make it wait for ever; the reason may change."""
    state.put_off(ANNE, WAITING)
    state.put_off(ANNE, replace(WAITING, rule="per-run", since=NOW + timedelta(days=3)))

    assert state.waiting(ANNE) == (replace(WAITING, rule="per-run"),)


def test_what_waits_longest_comes_first(state: State) -> None:
    """Also where the server gave no date."""
    later = replace(WAITING, ref=replace(WAITING.ref, uid=1), since=NOW + timedelta(hours=1), received=None)
    state.put_off(ANNE, later)
    state.put_off(ANNE, WAITING)

    assert state.waiting(ANNE) == (WAITING, later)


def test_what_is_settled_waits_no_more(state: State) -> None:
    """One message, not its neighbours; settling what does not wait is nothing."""
    other = replace(WAITING, ref=replace(WAITING.ref, uid_validity=2))
    state.put_off(ANNE, WAITING)
    state.put_off(ANNE, other)
    state.settle(ANNE, WAITING.ref)
    state.settle(ANNE, WAITING.ref)

    assert state.waiting(ANNE) == (other,)


# Drafts -----------------------------------------------------------------------------------------------------------


KILLED = """
position = Position(uid_validity=7, uid_next=42)
State.open(path).intend("anne@example.org", Intent(digest="d1", message_id="<noreply-analyzer.d1@example.org>",
    operator="telecom-exemple", topic="billing", keys=frozenset({"k1", "k2"}), mailbox="Brouillons", before=position,
    at=datetime(2026, 11, 24, 8, tzinfo=UTC), place="anne@example.org anne@imap.example.org"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_intent_survives_kill_9(path: Path) -> None:
    """It is on the disk when `intend` returns, with all that the next run needs to know."""
    killed = in_another_process(KILLED, path)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with State.open(path) as state:
        assert state.open_intents(ANNE) == (INTENT,)


@pytest.mark.parametrize(
    ("outcome", "decided", "members"),
    [
        ("saved", True, {"k1", "k2"}),
        ("doubtful", True, {"k1", "k2"}),
        ("undone", False, set()),
    ],
)
def test_an_intent_has_one_outcome(path: Path, outcome: str, *, decided: bool, members: set[str]) -> None:
    """What was saved, or may have been, is decided for good; what was not is open again."""
    with State.open(path) as state:
        state.intend(ANNE, INTENT)
        state.conclude(ANNE, "d1", outcome=outcome, rule="unanswerable-proven", at=NOW)

    with State.open(path) as state:
        assert state.open_intents(ANNE) == ()
        assert state.knows(ANNE, "k1") is decided
        assert state.knows(ANNE, "k2") is decided
        assert state.members(ANNE, "d1") == members


def test_an_intent_alone_decides_nothing(state: State) -> None:
    """Its messages are known only when its outcome is."""
    state.intend(ANNE, INTENT)

    assert not state.knows(ANNE, "k1")
    assert state.members(ANNE, "d1") == {"k1", "k2"}


def test_an_undone_draft_may_be_intended_again(state: State) -> None:
    """With what the drafts mailbox looks like then."""
    again = replace(INTENT, before=Position(uid_validity=8, uid_next=1), at=NOW + timedelta(hours=1))
    state.intend(ANNE, INTENT)
    state.conclude(ANNE, "d1", outcome="undone", rule="resumed", at=NOW)
    state.intend(ANNE, again)

    assert state.open_intents(ANNE) == (again,)


def test_concluding_one_draft_leaves_the_others(state: State) -> None:
    """By account and digest."""
    other = replace(INTENT, digest="d2", keys=frozenset({"k3"}))
    state.intend(ANNE, INTENT)
    state.intend(ANNE, other)
    state.intend(BOB, INTENT)
    state.conclude(ANNE, "d1", outcome="saved", rule="unanswerable-proven", at=NOW)

    assert state.open_intents(ANNE) == (other,)
    assert state.open_intents(BOB) == (INTENT,)


def test_an_outcome_that_does_not_exist_changes_nothing(state: State) -> None:
    """The file itself refuses it, whole."""
    state.intend(ANNE, INTENT)

    with pytest.raises(StateError, match="CHECK constraint failed"):
        state.conclude(ANNE, "d1", outcome="maybe", rule="x", at=NOW)
    assert state.open_intents(ANNE) == (INTENT,)
    assert not state.knows(ANNE, "k1")


# A dry run --------------------------------------------------------------------------------------------------------


def test_a_copy_in_memory_knows_everything_and_changes_nothing(path: Path) -> None:
    """A dry run leaves the file's bytes, and the folder, as they were."""
    with State.open(path) as state:
        fill(state)
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}

    with State.in_memory(path) as copy:
        check_filled(copy)
        copy.conclude(ANNE, "d1", outcome="saved", rule="x", at=NOW)
        copy.remember(ANNE, "k9", action="tell", rule="x", at=NOW)
        assert copy.knows(ANNE, "k9")

    assert {entry.name: entry.read_bytes() for entry in path.parent.iterdir()} == before


def test_a_copy_can_be_made_while_a_run_is_at_work(path: Path, state: State) -> None:
    """A dry run needs no lock, and sees what was written so far."""
    fill(state)

    with State.in_memory(path) as copy:
        check_filled(copy)


def test_a_copy_of_nothing_is_empty_and_makes_no_file(path: Path) -> None:
    """Neither a file nor a folder."""
    with State.in_memory(path) as copy:
        assert copy.position(ANNE, "INBOX") is None
    with State.in_memory() as empty:
        assert empty.waiting(ANNE) == ()

    assert not path.parent.exists()


# Keys of signatures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records",
    [(), (b"",), (b"v=DKIM1; p=AAAA",), (b"a", b"b", b"a"), (bytes(range(256)),), ("é".encode(),), (b"\xff" * 1000,)],
)
def test_what_the_dns_said_is_kept_byte_for_byte(path: Path, records: tuple[bytes, ...]) -> None:
    """Also that there is nothing, and what is no text."""
    with State.open(path) as state:
        state.keys.put("name.example", TxtAnswer(records=records), NOW + timedelta(hours=1))

    with State.open(path) as state:
        assert state.keys.get("name.example", NOW) == TxtAnswer(records=records)


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-86_400, True), (0, True), (3599, True), (3600, False), (3601, False), (10**6, False)]
)
def test_an_answer_holds_until_it_expires(state: State, seconds: int, *, holds: bool) -> None:
    """And not at that very second any more."""
    state.keys.put("name.example", TxtAnswer(records=(b"x",)), NOW + timedelta(hours=1))

    assert (state.keys.get("name.example", NOW + timedelta(seconds=seconds)) is not None) is holds


def test_a_newer_answer_takes_the_place_of_the_older(state: State) -> None:
    """One answer for one name."""
    state.keys.put("name.example", TxtAnswer(records=(b"old",)), NOW + timedelta(hours=9))
    state.keys.put("name.example", TxtAnswer(), NOW + timedelta(hours=1))

    assert state.keys.get("name.example", NOW) == TxtAnswer()


def test_times_of_any_zone_are_the_same_times(state: State) -> None:
    """What is kept is compared in UTC."""
    paris = datetime.fromisoformat("2026-11-24T10:00:00+01:00")
    state.keys.put("name.example", TxtAnswer(), paris)

    assert state.keys.get("name.example", datetime(2026, 11, 24, 8, 59, tzinfo=UTC)) is not None
    assert state.keys.get("name.example", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize(("max_age_days", "kept"), [(40, 400), (370, 400), (371, 401), (36_500, 36_530)])
def test_what_is_old_is_forgotten(state: State, max_age_days: int, kept: int) -> None:
    """Expired keys at once; messages when they are too old to come back, whatever counts as old."""
    state.keys.put("old.example", TxtAnswer(), NOW - timedelta(seconds=1))
    state.keys.put("new.example", TxtAnswer(), NOW + timedelta(seconds=1))
    state.remember(ANNE, "old", action="leave", rule="x", at=NOW - timedelta(days=kept + 1))
    state.remember(ANNE, "new", action="leave", rule="x", at=NOW - timedelta(days=kept - 1))
    state.forget_what_is_old(NOW, max_age_days=max_age_days)

    assert state.keys.get("old.example", NOW - timedelta(days=1)) is None
    assert state.keys.get("new.example", NOW) is not None
    assert not state.knows(ANNE, "old")
    assert state.knows(ANNE, "new")
