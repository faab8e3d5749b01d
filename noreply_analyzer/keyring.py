"""What the DNS said about keys, and every key that it was ever seen to give: two tables of the state (`dns.TxtCache`).

The first is forgotten as soon as the DNS says that it no longer holds. The second is kept as long as mail may be looked
at that came while the key was published.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from .authentication import SeenKey, TxtAnswer

Read = Callable[..., Sequence[tuple[Any, ...]]]
Write = Callable[..., None]

FIRST: Final = """
    CREATE TABLE keys (
        name TEXT PRIMARY KEY, records TEXT NOT NULL, expires TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
"""
SEEN: Final = """
    CREATE TABLE seen_keys (
        name TEXT, record TEXT, first TEXT NOT NULL, last TEXT NOT NULL, PRIMARY KEY (name, record)
    ) WITHOUT ROWID, STRICT;
"""
ERASE: Final = ("DELETE FROM keys", "DELETE FROM seen_keys")


class KeyRing:
    """The two tables; *read* and *write* take a statement and its values."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write

    def get(self, name: str, now: datetime) -> TxtAnswer | None:
        """Give what the DNS said about *name*, while it holds."""
        rows = self._read("SELECT records, expires FROM keys WHERE name = ?", name)
        if not rows or datetime.fromisoformat(rows[0][1]) <= now:
            return None
        return TxtAnswer(records=tuple(record.encode("latin-1") for record in json.loads(rows[0][0])))

    def put(self, name: str, answer: TxtAnswer, expires: datetime) -> None:
        """Keep what the DNS said about *name*."""
        records = json.dumps([record.decode("latin-1") for record in answer.records])
        self._write("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", name, records, _stamp(expires))

    def seen(self, name: str) -> tuple[SeenKey, ...]:
        """Give the keys that *name* was ever seen to have, the latest first."""
        rows = self._read("SELECT record, first, last FROM seen_keys WHERE name = ? ORDER BY last DESC", name)
        return tuple(
            SeenKey(
                record=record.encode("latin-1"), first=datetime.fromisoformat(first), last=datetime.fromisoformat(last)
            )
            for record, first, last in rows
        )

    def see(self, name: str, record: bytes, now: datetime) -> None:
        """Remember that *name* has this key."""
        self._write(
            "INSERT INTO seen_keys VALUES (?, ?, ?, ?) ON CONFLICT (name, record) DO UPDATE SET last = excluded.last",
            name,
            record.decode("latin-1"),
            _stamp(now),
            _stamp(now),
        )

    def revoke(self, name: str) -> None:
        """Forget every key of *name*: its owner has taken one back."""
        self._write("DELETE FROM seen_keys WHERE name = ?", name)

    def forget_what_is_old(self, now: datetime, *, before: datetime) -> None:
        """Drop answers that no longer hold, and keys that were last seen *before*."""
        self._write("DELETE FROM keys WHERE expires < ?", _stamp(now))
        self._write("DELETE FROM seen_keys WHERE last < ?", _stamp(before))

    def count(self) -> int:
        """Count the names of which anything is kept."""
        count: int = self._read("SELECT count(*) FROM (SELECT name FROM keys UNION SELECT name FROM seen_keys)")[0][0]
        return count


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()
