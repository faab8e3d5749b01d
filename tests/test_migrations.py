"""A state that any earlier version wrote is brought up to date: it keeps its rows, and works."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from dump_state import (
    ANNE,
    ANSWER,
    FOLDER,
    INTENDED,
    KEY,
    NOW,
    PLACE,
    POSITION,
    SAVED,
    SEEN,
    WAITING,
    current,
    version_of,
)

from noreply_analyzer import state as room
from noreply_analyzer.errors import StateError
from noreply_analyzer.source import Position
from noreply_analyzer.state import State

CURRENT = len(room._SCHEMA)
VERSIONS = range(1, CURRENT + 1)
Rows = dict[str, list[dict[str, object]]]


def written_by(version: int, path: Path) -> Path:
    """Make the file that this version would have left."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript((FOLDER / f"v{version}.sql").read_text("utf-8"))
    return path


def rows_in(database: sqlite3.Connection) -> Rows:
    """Give every row of every table."""
    database.row_factory = sqlite3.Row
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: [dict(row) for row in database.execute(f"SELECT * FROM {name}")] for name in names}  # noqa: S608


def columns_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give every column of every table: name, type, whether it may be null, default, whether it is of the key."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master ORDER BY name")]
        return {
            name: sorted(tuple(row)[1:] for row in database.execute(f"PRAGMA table_info('{name}')")) for name in names
        }


@pytest.fixture(params=VERSIONS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a state as each version left it."""
    return written_by(request.param, tmp_path / "state.sqlite3")


# The dumps ----------------------------------------------------------------------------------------------------------


def test_every_version_has_its_dump() -> None:
    """Whoever adds a version runs tests/dump_state.py, once."""
    assert {file.name for file in FOLDER.iterdir()} == {f"v{version}.sql" for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dump_is_of_its_version(tmp_path: Path, version: int) -> None:
    """It says so itself, and there is a row in every table: an empty one would show nothing."""
    with closing(sqlite3.connect(written_by(version, tmp_path / "state.sqlite3"))) as database:
        assert version_of(database) == version
        assert all(rows_in(database).values())


def test_the_newest_dump_is_what_this_version_writes(tmp_path: Path) -> None:
    """Tables and rows; a change to the tables without a version of its own is found here."""
    _version, dump = current()
    fresh = tmp_path / "fresh.sqlite3"
    with closing(sqlite3.connect(fresh)) as database:
        database.executescript(dump)
        now = rows_in(database)
    kept = written_by(CURRENT, tmp_path / "kept.sqlite3")
    with closing(sqlite3.connect(kept)) as database:
        assert rows_in(database) == now
    assert columns_in(kept) == columns_in(fresh)


# Bringing them up to date -------------------------------------------------------------------------------------------


def test_a_state_of_any_version_keeps_its_rows(path: Path) -> None:
    """Every value of every row that it had, under the name that it had."""
    with closing(sqlite3.connect(path)) as database:
        before = rows_in(database)
    State.open(path).close()
    with closing(sqlite3.connect(path)) as database:
        after = rows_in(database)
        assert version_of(database) == CURRENT

    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows


def test_a_state_of_any_version_becomes_what_a_new_one_is(path: Path, tmp_path: Path) -> None:
    """The same tables with the same columns, however it came there."""
    State.open(path).close()
    State.open(tmp_path / "new.sqlite3").close()

    assert columns_in(path) == columns_in(tmp_path / "new.sqlite3")


def check_known(state: State, version: int) -> None:
    """See that all is known that the dump has."""
    assert state.position(PLACE, "INBOX") == POSITION
    assert [state.knows(ANNE, digit * 32) for digit in "1245"] == [True, True, False, True]
    assert state.waiting(PLACE) == (WAITING,)
    assert state.members(ANNE, SAVED.digest) == SAVED.keys
    assert state.open_intents(ANNE) == (INTENDED if version > 1 else replace(INTENDED, place=""),)
    assert state.keys.get(KEY, NOW) == ANSWER
    assert state.keys.seen(KEY) == ((SEEN,) if version > 2 else ())
    assert state.addresses() == (ANNE,)


def test_a_state_of_any_version_is_known_and_works(path: Path) -> None:
    """A run finds in it what it left there, and goes on: also in a copy that is thrown away."""
    with State.in_memory(path) as copy:
        check_known(copy, copy.found_version)
    with State.open(path) as state:
        check_known(state, state.found_version)
        state.conclude(ANNE, INTENDED.digest, outcome="saved", rule="resumed", at=NOW)
        state.settle(PLACE, WAITING.ref)
        state.set_position(PLACE, "INBOX", Position(uid_validity=1, uid_next=44))
    with State.open(path) as state:
        assert state.open_intents(ANNE) == ()
        assert state.knows(ANNE, "4" * 32)
        assert state.waiting(PLACE) == ()
        assert len(state.holdings(ANNE).drafts) == 2
        state.forget(ANNE)
        assert state.addresses() == ()


def test_a_dry_run_leaves_the_version_of_the_file(path: Path) -> None:
    """And every byte of it."""
    before = path.read_bytes()
    State.in_memory(path).close()

    assert path.read_bytes() == before


# The next version ---------------------------------------------------------------------------------------------------

NEXT = "ALTER TABLE drafts ADD COLUMN sent_at TEXT; CREATE TABLE more (x TEXT) STRICT; INSERT INTO more VALUES ('y')"


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make up the version that follows this one."""
    monkeypatch.setattr(room, "_SCHEMA", (*room._SCHEMA, NEXT))


@pytest.mark.usefixtures("next_version")
def test_a_version_to_come_would_be_reached_in_one_go(path: Path) -> None:
    """From every one before it; and a new file has it from the start."""
    with State.open(path) as state:
        check_known(state, state.found_version)
    with State.open(path.with_name("new.sqlite3")) as new:
        assert new.addresses() == ()

    for file in (path, path.with_name("new.sqlite3")):
        with closing(sqlite3.connect(file)) as database:
            assert version_of(database) == CURRENT + 1
            assert rows_in(database)["more"] == [{"x": "y"}]


@pytest.mark.parametrize("broken", ["CREATE TABLE more (x); CREATE TABLE drafts (x)", "DROP TABLE drafts; nonsense"])
def test_a_version_that_cannot_be_reached_changes_nothing(
    path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays of its version, whole: the program that wrote it can go on with it."""
    with monkeypatch.context() as changed:
        changed.setattr(room, "_SCHEMA", (*room._SCHEMA, broken))
        with pytest.raises(StateError):
            State.open(path)
    with State.open(path) as state:
        check_known(state, state.found_version)


@pytest.mark.usefixtures("next_version")
def test_an_older_program_leaves_a_newer_file_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes back a version is told to update, and loses nothing."""
    State.open(path).close()
    before = path.read_bytes()
    monkeypatch.setattr(room, "_SCHEMA", room._SCHEMA[:-1])

    with pytest.raises(StateError, match="written by a newer version"):
        State.open(path)
    assert path.read_bytes() == before
