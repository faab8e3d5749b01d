"""One at a time: a lock beside a file, which ends with the process that holds it, however that ends."""

import fcntl
import os
from pathlib import Path
from typing import IO

from .errors import LockHeldError


def take_lock(path: Path, held: str) -> IO[str]:
    """Lock *path* until what is given is closed; the lock is a file beside it, so that *path* itself may be replaced.

    Raises:
        LockHeldError: with the sentence *held*, where another has it.
        OSError: the file beside it cannot be made.
    """
    name = path.with_name(path.name + ".lock")
    lock = os.fdopen(os.open(name, os.O_CREAT | os.O_RDWR, 0o600), "a", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise LockHeldError(held) from error
    return lock
