"""The text of a new configuration, and how it comes onto the disk: whole or not at all, and for its owner alone."""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from .config import parse
from .errors import ConfigError, OutputError, UsageError
from .folders import write_over
from .language import _
from .output import write_new

_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700

Value = str | int | Sequence[str]


def whole_text(language: str, identity: Mapping[str, Value], account: Mapping[str, Value]) -> str:
    """Give a configuration with one account; every other key stays at its default.

    It says which *language* to speak, for cron has no locale to say it.
    """
    head = _("Written by `noreply-analyzer setup`. Every key, with its default: config.example.toml")
    return "\n".join(
        (
            f"# {head}\n# (docs/configuration.md)\n",
            _keys({"language": language}),
            _table("[identity]", identity),
            account_text(account),
        )
    )


def account_text(account: Mapping[str, Value]) -> str:
    """Give the table of an account."""
    return _table("[[accounts]]", account)


def with_account(text: str, account: Mapping[str, Value], identity: Mapping[str, Value], place: str) -> str:
    """Add an account behind all that stands in a configuration, which stays as it is.

    Raises:
        ConfigError: it cannot be added behind it, as where the accounts are written as one list.
    """
    longer = f"{text.rstrip()}\n\n{account_text(account)}".lstrip()
    if identity:
        longer += f"\n{_table('[accounts.identity]', identity)}"
    try:
        table = tomllib.loads(longer)
    except ValueError as error:
        sentence = _("{path}: an account cannot be added behind what stands there ({problem}); add it by hand")
        raise ConfigError((sentence.format(path=place, problem=error),)) from error
    parse(table, place=place, account_needed=True)
    return longer


def _table(head: str, values: Mapping[str, Value]) -> str:
    return f"{head}\n{_keys(values)}"


def _keys(values: Mapping[str, Value]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # TOML's basic strings are those of JSON but for DEL, which has to be escaped there too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(_toml, value))}]"


# On the disk --------------------------------------------------------------------------------------------------------


def require_writable(path: Path) -> None:
    """Make sure that a file could be written at *path*, before anything is asked that leads there.

    Raises:
        OutputError: the folder is none, or this user may not write there.
        UsageError: what lies beside it could not be named in it.
    """
    nameable(path.absolute())
    nearest = next(one for one in path.absolute().parents if os.path.lexists(one))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        sentence = _("{path} cannot be written: {folder} is no folder that this user may write to")
        raise OutputError(sentence.format(path=path, folder=nearest))


def nameable(path: Path) -> str:
    """Give *path* as a configuration names it, which is UTF-8; a path is any bytes.

    Raises:
        UsageError: it is no UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(
            _("{path} is not UTF-8, and a configuration is; call it otherwise").format(path=path)
        ) from None
    return str(path)


def free(path: Path) -> Path:
    """Give *path*, or where something is there already, the next that is free: ``name-2.ending``."""
    number, candidate = 1, path
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def put(path: Path, text: str, *, secrets: Mapping[Path, str], over: bool, keep: Path | None = None) -> None:
    """Write a configuration and the files that it names; where one of them cannot be written, none is left behind.

    Args:
        path: where the configuration goes.
        text: what it says.
        secrets: new files, each with its first line.
        over: whether it takes the place of one that is there.
        keep: a new file that takes what is there at *path*.

    Raises:
        OutputError: something cannot be written.
        UsageError: something is there already that is not to be written over.
    """
    with ExitStack() as undo:
        for folder in _make(path.parent):
            undo.callback(folder.rmdir)
        for file, line in secrets.items():
            _write(file, f"{line}\n".encode(), undo)
        if keep:
            _write(keep, _what_is_in(path), undo)
        if over:
            write_over(path.resolve(), text.encode())  # a link of somebody who keeps it elsewhere stays one
        else:
            _write(path, text.encode(), undo)
        undo.pop_all()
    if keep:
        path.chmod(_PRIVATE)


def _make(folder: Path) -> Iterator[Path]:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        try:
            one.mkdir(_PRIVATE_FOLDER)
        except OSError as error:
            sentence = _("{path} cannot be written: {error}")
            raise OutputError(sentence.format(path=one, error=error.strerror)) from error
        yield one


def _what_is_in(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutputError(_("{path} cannot be read: {error}").format(path=path, error=error.strerror)) from error


def _write(path: Path, data: bytes, undo: ExitStack) -> None:
    """Write a new file that nobody else can read, not even while it is written."""
    before = os.umask(0o777 & ~_PRIVATE)
    try:
        write_new(path, data)
    finally:
        os.umask(before)
    undo.callback(path.unlink)
