"""What WHERE and WHAT mean on the command line: ``FILE[:INDEX]``, a folder, ``-``, or ``ACCOUNT[/MAILBOX[:UID]]``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .config import Account, Settings
from .errors import UsageError
from .language import _

_NUMBERED: Final = re.compile(r"(?P<name>.+):(?P<number>[0-9]{1,16})\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A file or a folder of this machine."""

    path: Path
    index: int | None = None
    """Which message of the file, counted from 0; ``None``: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardInput:
    """What comes in by ``-``: one message, or an mbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlace:
    """A whole account, one mailbox of it, or one message."""

    account: Account
    mailbox: str = ""
    """Empty: those that the configuration names."""
    uid: int | None = None
    """``None``: all of them."""


Place = FilePlace | StandardInput | AccountPlace


def read_place(word: str, settings: Settings) -> Place:
    """Say what *word* names.

    A word with a leading ``./``, ``../``, ``/`` or ``~`` is a path, whatever the accounts are called. What is neither
    is a path too, to a file that does not exist.

    Raises:
        UsageError: it is both an account and a path; the sentence says how to write the one that is meant.
    """
    if word == "-":
        return StandardInput()
    name, _slash, rest = word.partition("/")
    account = next((account for account in settings.accounts if account.name == name), None)
    if account is None or word.startswith(("./", "../", "/", "~")):
        return _file(word)
    if Path(word).exists():
        sentence = _("{word} is an account and a path; write ./{word} for the path, or rename the account")
        raise UsageError(sentence.format(word=word))
    found = _NUMBERED.match(rest)
    mailbox, uid = (found["name"], int(found["number"])) if found else (rest, None)
    return AccountPlace(account=account, mailbox=mailbox, uid=uid)


def _file(word: str) -> FilePlace:
    path = Path(word).expanduser()
    found = _NUMBERED.match(word)
    if found and not path.exists():
        numbered = Path(found["name"]).expanduser()
        if numbered.exists():
            return FilePlace(path=numbered, index=int(found["number"]))
    return FilePlace(path=path)
