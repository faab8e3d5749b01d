"""What WHERE and WHAT mean on the command line: a file, a folder, ``-``, or ``ACCOUNT[/MAILBOX[:UID]]``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .config import Account, Settings
from .errors import UsageError
from .language import _

_UID: Final = re.compile(r"(?P<mailbox>.*):(?P<uid>[0-9]{1,19})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A file or a folder of this machine."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardInput:
    """What comes in by ``-``: one message, or an mbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlace:
    """A whole account, one mailbox of it, or one message."""

    account: Account
    mailbox: str = ""
    """Empty: those that the configuration names."""
    uid: int = 0
    """0: all of them."""


Place = FilePlace | StandardInput | AccountPlace


def read_place(word: str, settings: Settings) -> Place:
    """Say what *word* names.

    A word with a leading ``./``, ``../``, ``/`` or ``~`` is a path, whatever the accounts are called.

    Raises:
        UsageError: it is both an account and a path, or neither; the sentence says how to write the one that is meant.
    """
    if word == "-":
        return StandardInput()
    path = Path(word).expanduser()
    if word.startswith(("./", "../", "/", "~")):
        return FilePlace(path=path)
    name, _slash, rest = word.partition("/")
    account = next((account for account in settings.accounts if account.name == name), None)
    if account is None:
        return FilePlace(path=path)
    if path.exists():
        sentence = _("{word} is an account and a path; write ./{word} for the path, or rename the account")
        raise UsageError(sentence.format(word=word))
    found = _UID.match(rest)
    mailbox, uid = (found["mailbox"], int(found["uid"])) if found else (rest, 0)
    return AccountPlace(account=account, mailbox=mailbox, uid=uid)
