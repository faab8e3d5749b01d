"""The files of a folder that strangers filled: no link is followed, nothing is read beyond its limit."""

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from .errors import DataError, OutputError
from .language import _

MAX_FILES: Final = 100_000
MAX_DEPTH: Final = 12
"""Folders within folders."""
WELL_KNOWN: Final = ".well-known"
"""Where a saved site has its ``security.txt`` (RFC 9116 section 3): the dot hides it from nobody."""


def files_in(folder: Path, suffixes: Collection[str]) -> tuple[str, ...]:
    """Give the files with one of the *suffixes*, as paths within *folder* with ``/`` between; sorted.

    Links and hidden names are left out, and so is whatever is no plain file; ``.well-known`` (RFC 8615) is not hidden.

    Raises:
        DataError: the folder cannot be read, or holds more files than anybody can have meant.
    """
    found: list[str] = []
    for name in _walk(folder, "", 0):
        if os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122 - a name, not a path of this machine
            found.append(name)
        if len(found) > MAX_FILES:
            raise DataError(_("{path} holds more than {most} files").format(path=folder, most=MAX_FILES))
    return tuple(sorted(found))


def _walk(folder: Path, within: str, depth: int) -> Iterator[str]:
    try:
        with os.scandir(folder / within) as entries:
            here = sorted(entries, key=lambda entry: entry.name)
    except (OSError, ValueError) as error:
        if depth:
            return  # one that is closed to us hides nothing of the others
        raise DataError(_cannot(folder, error)) from error
    for entry in here:
        if entry.name.startswith(".") and entry.name != WELL_KNOWN:
            continue
        name = f"{within}/{entry.name}" if within else entry.name
        if entry.is_file(follow_symlinks=False):
            yield name
        elif entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
            yield from _walk(folder, name, depth + 1)


def read_file(path: Path, *, most: int) -> bytes:
    """Read a plain file of *most* bytes at most; one that is a link, a pipe or a device is not opened for long.

    Raises:
        DataError: it is none, is too big, or cannot be read.
    """
    try:
        # Without O_NONBLOCK a pipe would keep us waiting for whoever writes into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DataError(_("{path} is no plain file").format(path=path))
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise DataError(_cannot(path, error)) from error
    if len(data) > most:
        raise DataError(_("{path} has more than {most} bytes").format(path=path, most=most))
    return data


def _cannot(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else error
    return _("{path} cannot be read: {error}").format(path=path, error=reason)


def write_over(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Put *data* in the place of what is at *path*: whoever looks finds the old file or the new one, whole.

    Where it is *lasting*, it is on the disk before the old one goes. A new file gets the rights of the old one.

    Raises:
        OutputError: it cannot be written; the old file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                if lasting:
                    os.fsync(descriptor)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(_("{path} cannot be written: {error}").format(path=path, error=error.strerror)) from error
