"""Write the dump of a state of this version, with one of everything in it: ``python tests/dump_state.py``.

Each version of the state's tables has its dump in ``states``, made when the version came, and never changed after.
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from noreply_analyzer.authentication import SeenKey, TxtAnswer
from noreply_analyzer.source import MessageRef, Position
from noreply_analyzer.state import Intent, State, Waiting

FOLDER = Path(__file__).parent / "states"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ANNE = "anne@example.org"
PLACE = f"{ANNE} anne@imap.example.org"
KEY = "s1._domainkey.telecom.example"
ANSWER = TxtAnswer(records=(b"v=DKIM1; p=AAAA", bytes(range(128, 160))))
SEEN = SeenKey(record=b"v=DKIM1; p=BBBB\xff", first=NOW - timedelta(days=9), last=NOW - timedelta(days=2))
POSITION = Position(uid_validity=1, uid_next=43)
WAITING = Waiting(
    ref=MessageRef(mailbox="Éléments", uid_validity=1, uid=42),
    received=NOW - timedelta(days=1),
    rule="dns-later",
    since=NOW,
)
SAVED = Intent(
    digest="0" * 32,
    message_id="<noreply-analyzer.00000000000000000000000000000000@example.org>",
    operator="telecom-exemple",
    topic="billing",
    keys=frozenset({"1" * 32, "2" * 32}),
    mailbox="Brouillons",
    before=Position(uid_validity=7, uid_next=41),
    at=NOW,
    place=PLACE,
)
INTENDED = Intent(
    digest="3" * 32,
    message_id="<noreply-analyzer.33333333333333333333333333333333@example.org>",
    operator="colis-exemple",
    topic="delivery",
    keys=frozenset({"4" * 32}),
    mailbox="Brouillons",
    before=Position(uid_validity=7, uid_next=42),
    at=NOW + timedelta(minutes=1),
    place=PLACE,
)


def fill(state: State) -> None:
    """Write down one of everything."""
    state.set_position(PLACE, "INBOX", POSITION)
    state.remember(ANNE, "5" * 32, action="tell", rule="unproven", at=NOW)
    state.put_off(PLACE, WAITING)
    state.intend(ANNE, SAVED)
    state.conclude(ANNE, SAVED.digest, outcome="saved", rule="unanswerable-proven", at=NOW)
    state.intend(ANNE, INTENDED)
    state.keys.put(KEY, ANSWER, NOW + timedelta(days=1))
    state.keys.see(KEY, SEEN.record, SEEN.first)
    state.keys.see(KEY, SEEN.record, SEEN.last)


def version_of(database: sqlite3.Connection) -> int:
    """Give the version of a state's tables."""
    ((version,),) = database.execute("PRAGMA user_version").fetchall()
    return int(version)


def current() -> tuple[int, str]:
    """Give the version that a new state has, and its dump."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.sqlite3"
        with State.open(path) as state:
            fill(state)
        with closing(sqlite3.connect(path)) as database:
            version = version_of(database)
            return version, "\n".join([*database.iterdump(), f"PRAGMA user_version = {version};", ""])


def main() -> None:
    """Write it."""
    version, dump = current()
    path = FOLDER / f"v{version}.sql"
    path.write_text(dump, "utf-8")
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
