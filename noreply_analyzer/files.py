"""Messages that lie in files: an ``.eml``, or a folder of them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError
from .language import _


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message in a file; ``index`` counts within the file."""

    path: Path
    index: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file that was meant and cannot be read, in a sentence."""

    path: Path
    sentence: str


def messages_in(where: Path, *, limit: int) -> Iterator[StoredMessage | Unreadable]:
    """Give the message in a file, or those of every ``.eml`` below a folder, in the order of their names.

    Raises:
        DataError: *where* does not exist.
    """
    if where.is_dir():
        for path in _eml_files(where):
            yield _read(path, limit)
    elif where.exists():
        yield _read(where, limit)
    else:
        raise DataError(_("{path}: there is no such file or folder").format(path=where))


def _eml_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(".eml"):
                yield Path(parent) / name


def _read(path: Path, limit: int) -> StoredMessage | Unreadable:
    """Read a regular file; anything else (a FIFO, a device) could keep us waiting for ever."""
    try:
        if not path.is_file():
            return Unreadable(path=path, sentence=_("{path}: is not a regular file").format(path=path))
        size = path.stat().st_size
        if size > limit:
            sentence = _("{path}: {size} bytes is larger than limits.message_bytes").format(path=path, size=size)
            return Unreadable(path=path, sentence=sentence)
        return StoredMessage(path=path, index=0, raw=path.read_bytes())
    except OSError as error:
        return Unreadable(path=path, sentence=_("{path}: {error}").format(path=path, error=error.strerror))
