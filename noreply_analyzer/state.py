"""What was seen, drafted and put off: one sqlite3 file, and the lock that keeps two runs apart.

A draft is an *intent* before it is saved in the mailbox, and a fact after. The intent says where the drafts mailbox
ended before; so a run that finds an intent without an outcome can tell whether the draft was ever saved.

Nothing of a message is kept but its key, which is a hash, the Message-ID it is answered by, and what was decided.
"""

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Self

from . import keyring
from .errors import StateError
from .holdings import ERASE, Holdings, addresses, held
from .language import _
from .lock import take_lock
from .source import MessageRef, Position

_SCHEMA: Final = (
    # 1: the first
    """
    CREATE TABLE positions (
        account TEXT, mailbox TEXT, uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL,
        PRIMARY KEY (account, mailbox)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE messages (
        account TEXT, key TEXT, action TEXT NOT NULL, rule TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (account, key)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE waiting (
        account TEXT, mailbox TEXT, uid_validity INTEGER, uid INTEGER,
        received TEXT, rule TEXT NOT NULL, since TEXT NOT NULL,
        PRIMARY KEY (account, mailbox, uid_validity, uid)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE drafts (
        account TEXT, digest TEXT, message_id TEXT NOT NULL, operator TEXT NOT NULL, topic TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('intended', 'saved', 'undone', 'doubtful')),
        mailbox TEXT NOT NULL, uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (account, digest)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE members (
        account TEXT, digest TEXT, key TEXT, PRIMARY KEY (account, digest, key)
    ) WITHOUT ROWID, STRICT;
    """
    + keyring.FIRST,
    # 2: where a draft was to be saved; empty for those of version 1
    "ALTER TABLE drafts ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    # 3: keys that were seen, beyond the day when the answer of the DNS expires
    keyring.SEEN,
)
_KEEP_DAYS: Final = 400
_KEEP_LONGER: Final = 30
"""Days: a message is remembered until it is too old to be answered, and a while longer, for clocks are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that a later run is to look at again."""

    ref: MessageRef
    received: datetime | None
    rule: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A draft that is to be saved, or was."""

    digest: str
    message_id: str
    operator: str
    topic: str
    keys: frozenset[str]
    mailbox: str
    before: Position
    """Where the drafts mailbox ended when the intent was written."""
    at: datetime
    place: str = ""
    """Whose drafts mailbox it is: an address may have its mail in two places. Empty: version 1 wrote none down."""


class State:
    """The memory of the program; use it as a context manager."""

    def __init__(self, connection: sqlite3.Connection, lock: IO[str] | None, path: Path) -> None:
        self._path = path
        self._db = connection
        self._lock = lock
        self.keys = keyring.KeyRing(self._read, self._write)
        """What the DNS said about keys: a `dns.TxtCache`."""
        self.found_version = 0
        """Which version of this program's tables the file had when it was opened; 0: it was new."""

    @classmethod
    def open(cls, path: Path) -> "State":
        """Open the state file for a run, alone; made if it is not there.

        Raises:
            LockHeldError: another run is at work.
            StateError: it cannot be read or written, or a newer version of this program wrote it.
        """
        with _told(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = take_lock(path, _("another run is at work ({path} is locked); try again later").format(path=path))
            try:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                state = cls(sqlite3.connect(path, isolation_level=None, timeout=5), lock, path)
            except BaseException:
                lock.close()
                raise
            try:
                state._db.execute("PRAGMA journal_mode = WAL")
                state._db.execute("PRAGMA synchronous = FULL")  # an intent must be on the disk before APPEND
                state._migrate(path)
            except BaseException:
                state.close()
                raise
            return state

    @classmethod
    def in_memory(cls, path: Path | None = None) -> "State":
        """Open a copy that is thrown away: what a dry run may do everything to.

        Raises:
            StateError: the file at *path* cannot be read.
        """
        connection = sqlite3.connect(":memory:", isolation_level=None)
        state = cls(connection, None, path or Path(":memory:"))
        with _told(state._path):
            if path is not None and path.exists():
                # Of a copy with its log: sqlite leaves files of its own beside whatever it opens.
                with tempfile.TemporaryDirectory(prefix="noreply-analyzer-") as folder:
                    for suffix in ("-wal", ""):
                        with suppress(FileNotFoundError):
                            shutil.copyfile(f"{path}{suffix}", Path(folder) / f"copy{suffix}")
                    with closing(sqlite3.connect(Path(folder) / "copy")) as original:
                        original.backup(connection)
            state._migrate(state._path)
        return state

    def _migrate(self, path: Path) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_SCHEMA):
            raise StateError(_("{path} was written by a newer version of this program; update it").format(path=path))
        self.found_version = version
        if version < len(_SCHEMA):  # in one go: whatever fails, the program that wrote the file can go on with it
            scripts = ";".join(_SCHEMA[version:])
            self._db.executescript(f"BEGIN; {scripts}; PRAGMA user_version = {len(_SCHEMA)}; COMMIT;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let the next run in."""
        self._db.close()
        if self._lock:
            self._lock.close()

    # Mailboxes and messages -------------------------------------------------------------------------------------

    def position(self, account: str, mailbox: str) -> Position | None:
        """Say how far *mailbox* was read by earlier runs."""
        rows = self._read(
            "SELECT uid_validity, uid_next FROM positions WHERE account = ? AND mailbox = ?", account, mailbox
        )
        return Position(uid_validity=rows[0][0], uid_next=rows[0][1]) if rows else None

    def set_position(self, account: str, mailbox: str, position: Position) -> None:
        """Remember how far *mailbox* was read."""
        self._write(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)",
            account,
            mailbox,
            position.uid_validity,
            position.uid_next,
        )

    def knows(self, account: str, key: str) -> bool:
        """Tell whether a message was decided on before, in whatever mailbox it lay."""
        return bool(self._read("SELECT 1 FROM messages WHERE account = ? AND key = ?", account, key))

    def remember(self, account: str, key: str, *, action: str, rule: str, at: datetime) -> None:
        """Remember what was decided, so that it is decided, and said, once."""
        self._write("INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?)", account, key, action, rule, _stamp(at))

    def put_off(self, account: str, waiting: Waiting) -> None:
        """Have a later run look again; a message that waits already keeps the day since when it waits."""
        received = _stamp(waiting.received) if waiting.received else None
        self._write(
            "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (account, mailbox, uid_validity, uid) DO UPDATE SET rule = excluded.rule",
            account,
            waiting.ref.mailbox,
            waiting.ref.uid_validity,
            waiting.ref.uid,
            received,
            waiting.rule,
            _stamp(waiting.since),
        )

    def waiting(self, account: str) -> tuple[Waiting, ...]:
        """Give what waits, longest first."""
        rows = self._read(
            "SELECT mailbox, uid_validity, uid, received, rule, since FROM waiting WHERE account = ?"
            " ORDER BY since, uid",
            account,
        )
        return tuple(
            Waiting(
                ref=MessageRef(mailbox=mailbox, uid_validity=validity, uid=uid),
                received=datetime.fromisoformat(received) if received else None,
                rule=rule,
                since=datetime.fromisoformat(since),
            )
            for mailbox, validity, uid, received, rule, since in rows
        )

    def settle(self, account: str, ref: MessageRef) -> None:
        """Forget that a message waits."""
        self._write(
            "DELETE FROM waiting WHERE account = ? AND mailbox = ? AND uid_validity = ? AND uid = ?",
            account,
            ref.mailbox,
            ref.uid_validity,
            ref.uid,
        )

    # Drafts -----------------------------------------------------------------------------------------------------

    def intend(self, account: str, intent: Intent) -> None:
        """Write down that a draft is about to be saved. On the disk when this returns."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?, ?, 'intended', ?, ?, ?, ?, ?)",
                (
                    account,
                    intent.digest,
                    intent.message_id,
                    intent.operator,
                    intent.topic,
                    intent.mailbox,
                    intent.before.uid_validity,
                    intent.before.uid_next,
                    _stamp(intent.at),
                    intent.place,
                ),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO members VALUES (?, ?, ?)",
                [(account, intent.digest, key) for key in sorted(intent.keys)],
            )

    def conclude(self, account: str, digest: str, *, outcome: str, rule: str, at: datetime) -> None:
        """Write down what became of an intent: ``saved``, ``undone`` (never saved) or ``doubtful``.

        What was saved, or may have been, is decided for good; what was not is open again.
        """
        with self._transaction():
            self._db.execute(
                "UPDATE drafts SET outcome = ? WHERE account = ? AND digest = ?", (outcome, account, digest)
            )
            if outcome == "undone":
                self._db.execute("DELETE FROM members WHERE account = ? AND digest = ?", (account, digest))
                self._db.execute("DELETE FROM drafts WHERE account = ? AND digest = ?", (account, digest))
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO messages"
                    " SELECT account, key, 'draft', ?, ? FROM members WHERE account = ? AND digest = ?",
                    (rule, _stamp(at), account, digest),
                )

    def open_intents(self, account: str) -> tuple[Intent, ...]:
        """Give the intents whose outcome nobody wrote down, of every place."""
        rows = self._read(
            "SELECT digest, message_id, operator, topic, mailbox, uid_validity, uid_next, at, place FROM drafts"
            " WHERE account = ? AND outcome = 'intended'",
            account,
        )
        return tuple(
            Intent(
                digest=digest,
                message_id=message_id,
                operator=operator,
                topic=topic,
                keys=self.members(account, digest),
                mailbox=mailbox,
                before=Position(uid_validity=validity, uid_next=uid_next),
                at=datetime.fromisoformat(at),
                place=place,
            )
            for digest, message_id, operator, topic, mailbox, validity, uid_next, at, place in rows
        )

    def members(self, account: str, digest: str) -> frozenset[str]:
        """Give the keys of the messages that a draft answers; none for a draft that this state does not know."""
        return frozenset(
            key for (key,) in self._read("SELECT key FROM members WHERE account = ? AND digest = ?", account, digest)
        )

    def forget_what_is_old(self, now: datetime, *, max_age_days: int) -> None:
        """Drop answers of the DNS that no longer hold, and messages and keys of mail that will be left for its age."""
        before = now - timedelta(days=max(_KEEP_DAYS, max_age_days + _KEEP_LONGER))
        self._write("DELETE FROM messages WHERE at < ?", _stamp(before))
        self.keys.forget_what_is_old(now, before=before)

    # In the user's hands ----------------------------------------------------------------------------------------

    def addresses(self) -> tuple[str, ...]:
        """Name every address of the user's of which anything is stored."""
        return addresses(self._read)

    def holdings(self, address: str) -> Holdings:
        """Give all that is stored of *address*."""
        return held(self._read, address)

    def forget(self, address: str) -> None:
        """Erase all that is stored of *address*, and the answers of the DNS, which tell who wrote; no byte stays.

        Raises:
            StateError: it cannot be written, or another program holds the file open.
        """
        with _told(self._path):
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute("PRAGMA temp_store = MEMORY")  # VACUUM puts what it keeps into a file meanwhile
        with self._transaction():
            for statement in ERASE:
                self._db.execute(statement, (address,))
            for statement in keyring.ERASE:
                self._db.execute(statement)
        with _told(self._path):
            self._db.execute("VACUUM")
            ((busy, _in_log, _moved),) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise StateError(_("it is erased, but another program has the state file open; close it, and try again"))

    # ------------------------------------------------------------------------------------------------------------

    def _read(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        with _told(self._path):
            return self._db.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: object) -> None:
        with _told(self._path):
            self._db.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _told(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # on a full disk sqlite has rolled back by itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what sqlite and the file system say into a sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StateError(_sentence(error).format(path=path, error=getattr(error, "strerror", error))) from error


def _sentence(error: sqlite3.Error | OSError) -> str:
    code = getattr(error, "sqlite_errorname", None) or errno.errorcode.get(getattr(error, "errno", None) or 0, "")
    if code in {"SQLITE_FULL", "ENOSPC", "EDQUOT"}:
        return _("{path} cannot be written: the disk is full; nothing is drafted that cannot be remembered")
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return _(
            "{path} is damaged ({error}); you may move it away: what lies in Drafts or Sent is found again,"
            " but what you deleted the draft of may be drafted anew"
        )
    return _("{path} cannot be read or written ({error}); nothing is drafted that cannot be remembered")
