"""The records compiled into one file, so that looking up one domain reads one record, however many there are.

The file is made of the records as they stand, and again when any of them changes: it is a cache, and whoever deletes it
loses nothing. Whether one has changed is told by the names, sizes and times of the files, as `make` tells it.
"""

import errno
import hashlib
import os
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from . import __version__
from .collection import SUFFIX
from .errors import DataError
from .guards import Guards
from .index import Index
from .language import _
from .records import Mediator, Operator, Sender
from .registry import Registry

T = TypeVar("T")

_FORM: Final = "5"  # of the tables below: one more with every change to them, their structs, or what keeps a record out
_TABLES: Final = frozenset({"about", "operators", "mediators", "senders", "websites", "shared", "names"})
_SCHEMA: Final = """
    CREATE TABLE about (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE operators (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE mediators (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE senders (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE websites (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE names (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE shared (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The registry, and what is wrong with the user's records."""

    registry: Registry
    problems: tuple[str, ...]
    """One line for each; the shipped record is used in the place of one that cannot be read."""
    fingerprint: str
    """Another with every change to a record: for whoever says something once a change."""


def open_registry(own: Path, cache: Path, *, keep: bool) -> Opened:
    """Give the shipped records with those of the folder *own* over them, compiled in the folder *cache*.

    Where it holds none of them, or they cannot be read, they are read as they stand; and compiled, if what is read is
    to be *kept*: a command that promises to write nothing does not.
    """
    here = Path(str(files(__package__)))
    shipped = [_FORM, __version__, *_stamps(here / "guards.toml")]
    shipped += [*_stamps_in(here / "operators"), *_stamps_in(here / "mediators")]
    of_own = [*_stamps_in(own)]

    def without_own() -> Opened:
        return _kept(cache / "records-shipped.sqlite3", shipped, lambda: (Registry.shipped(), ()), keep=keep)

    if not of_own:
        return without_own()
    return _kept(
        cache / f"records-{_digest([os.fspath(own)])[:16]}.sqlite3",
        [*shipped, *of_own],
        lambda: Registry.with_user_records(own, over=without_own().registry),
        keep=keep,
    )


def _kept(
    path: Path, stamps: Sequence[str], read: Callable[[], tuple[Registry, tuple[str, ...]]], *, keep: bool
) -> Opened:
    fingerprint = _digest(stamps)
    if opened := _opened(path, fingerprint):
        return opened
    registry, problems = read()
    if keep:
        with suppress(OSError, sqlite3.Error):
            _compile(registry, problems, fingerprint, path)
    return Opened(registry=registry, problems=problems, fingerprint=fingerprint)


# Whether it is still true -------------------------------------------------------------------------------------------


def _stamps_in(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        yield f"{folder} {errno.errorcode.get(error.errno or 0)}"
        return
    for entry in ordered:
        if entry.name.endswith((".toml", SUFFIX)):
            yield from _stamps(entry)


def _stamps(file: "Path | os.DirEntry[str]") -> Iterator[str]:
    try:
        stat = file.stat()
    except OSError as error:  # a link that leads nowhere
        yield f"{file.name} {error.errno}"
    else:
        yield f"{os.fspath(file)} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()


# Written ------------------------------------------------------------------------------------------------------------


def _compile(registry: Registry, problems: Sequence[str], fingerprint: str, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".records-")  # of mode 600
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as database:
            # It is moved into its place when it is whole: until then nobody reads it.
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
            with database:
                for table, rows in _tables(registry, problems, fingerprint):
                    encoded = ((key, msgspec.msgpack.encode(value)) for key, value in rows.items())
                    database.executemany(f"INSERT INTO {table} VALUES (?, ?)", encoded)  # noqa: S608 - our own names
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _tables(
    registry: Registry, problems: Sequence[str], fingerprint: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    index = registry.index
    yield "operators", registry.by_slug
    yield "mediators", registry.mediators
    yield "senders", index.senders
    yield "websites", index.websites
    yield "names", index.names
    shared = {sender.domain for here in index.senders.values() for _slug, sender in here if sender.shared}
    yield "shared", dict.fromkeys((*registry.guards.shared_domains, *shared), True)
    yield (
        "about",
        {
            "fingerprint": fingerprint,
            "problems": problems,
            "guards": registry.guards,
            "last_look": index.last_look,
        },
    )


# Read ---------------------------------------------------------------------------------------------------------------


def _opened(path: Path, fingerprint: str) -> Opened | None:
    """Give what the file holds, if it is of these records."""
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return None
    try:
        about = _Table(database, "about", _decoder(object))
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables >= _TABLES or about.get("fingerprint") != fingerprint:
            database.close()
            return None
        index = _FileIndex(database)
        registry = Registry.over(
            by_slug=_Table(database, "operators", _decoder(Operator)),
            mediators=_Table(database, "mediators", _decoder(Mediator)),
            guards=_about(database, "guards", Guards),
            index=index,
        )
        problems = _about(database, "problems", tuple[str, ...])
    except (sqlite3.Error, DataError, KeyError):
        database.close()
        return None
    weakref.finalize(index, database.close)
    return Opened(registry=registry, problems=problems, fingerprint=fingerprint)


def _decoder(kind: type[T]) -> Callable[[bytes], T]:
    return msgspec.msgpack.Decoder(kind).decode


def _about(database: sqlite3.Connection, key: str, kind: type[T]) -> T:
    return _Table(database, "about", _decoder(kind))[key]


class _Table(Mapping[str, T], Generic[T]):
    """A table of the file; each value is read when it is asked for.

    Every look may raise `DataError`: the file was whole when it was opened, and is damaged all the same.
    """

    def __init__(self, database: sqlite3.Connection, name: str, decode: Callable[[bytes], T]) -> None:
        self._database, self._name, self._decode = database, name, decode
        self._read: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._read:
            rows = self._rows("value", "WHERE key = ?", key)
            if not rows:
                raise KeyError(key)
            try:
                self._read[key] = self._decode(rows[0][0])
            except msgspec.MsgspecError as error:
                raise self._damaged() from error
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter([key for (key,) in self._rows("key", "ORDER BY key")])

    def __len__(self) -> int:
        count: int = self._rows("count(*)", "")[0][0]
        return count

    def _rows(self, what: str, which: str, *values: str) -> list[Any]:
        try:
            return self._database.execute(f"SELECT {what} FROM {self._name} {which}", values).fetchall()  # noqa: S608 - our own names
        except sqlite3.Error as error:
            raise self._damaged() from error

    def _damaged(self) -> DataError:
        ((_number, _name, file),) = self._database.execute("PRAGMA database_list").fetchall()
        return DataError(_("{path} is damaged: delete it, and it is made again").format(path=file))


class _FileIndex(Index):
    """The index, in the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._senders = _Table(database, "senders", _decoder(tuple[tuple[str, Sender], ...]))
        self._websites = _Table(database, "websites", _decoder(tuple[tuple[str, str], ...]))
        self._names = _Table(database, "names", _decoder(tuple[tuple[str, str], ...]))
        self._shared = _Table(database, "shared", _decoder(bool))

    @property
    def senders(self) -> Mapping[str, Sequence[tuple[str, Sender]]]:
        return self._senders

    @property
    def websites(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        return self._websites

    @property
    def shared(self) -> Container[str]:
        return self._shared

    @property
    def names(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        return self._names

    @cached_property
    def last_look(self) -> date | None:
        return _about(self._database, "last_look", date | None)  # type: ignore[arg-type]
