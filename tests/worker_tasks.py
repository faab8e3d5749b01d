"""What the tests of the worker have it do."""

import ctypes
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from noreply_analyzer.address import Address, canonicalize_domain
from noreply_analyzer.authentication import Result, Signature, verify_signatures
from noreply_analyzer.errors import ConfigError, MessageError, RecordError
from noreply_analyzer.language import in_use

_warm: list[float] = []


def warm_up() -> None:
    """Take half a second before the first call."""
    if not _warm:
        time.sleep(0.5)
    _warm.append(time.monotonic())


def count_warm_ups() -> int:
    """Tell how often it was warmed up."""
    return len(_warm)


def add(left: int, right: int) -> int:
    """Add, in whichever process this is."""
    return left + right


def process_id() -> int:
    """Tell which process this is."""
    return os.getpid()


def spoken() -> str:
    """Tell which language it speaks."""
    return in_use()


def length(data: bytes) -> int:
    """Count bytes."""
    return len(data)


def echo(value: Any) -> Any:  # noqa: ANN401 - anything
    """Give the same back."""
    return value


def make_records() -> tuple[Address, Signature, datetime, frozenset[str]]:
    """Give one of everything that results are made of."""
    signature = Signature(sdid="telecom.example", selector="s", result=Result.PASS, aligned=True)
    address = Address("noreply", canonicalize_domain("telecom.example"))
    return address, signature, datetime(2026, 11, 20, 8, tzinfo=UTC), frozenset({"a"})


def sleep(seconds: float) -> None:
    """Do nothing for a while."""
    time.sleep(seconds)


def hang_in_c() -> bool:
    """Compute in one call that no signal handler of Python's interrupts."""
    return pow(3, (1 << 300_000) - 1, (1 << 300_000) - 3) == 0


def hang_on_signatures(raw: bytes, *rest: object) -> object:
    """Hang, in the place of `verify_signatures`, on what says so; break down, or do the work, on everything else."""
    if b"X-Hang" in raw:
        hang_in_c()
    if b"X-Break" in raw:
        segfault()
    return verify_signatures(raw, *rest)  # type: ignore[arg-type]


def segfault() -> None:
    """Read what is not there."""
    ctypes.string_at(0)


def leave() -> None:
    """End the process as if all were well."""
    sys.exit(0)


def take_memory() -> int:
    """Take twice what may be taken."""
    return len(bytearray(2 << 30))


def recurse() -> None:
    """Call itself for ever."""
    recurse()


def divide() -> float:
    """Raise what is not ours."""
    return 1 / 0


def refuse_message() -> None:
    """Raise what is ours."""
    raise MessageError("nothing in it")


def refuse_record() -> None:
    """Raise an error of ours whose constructor takes something else than what it keeps."""
    raise RecordError(("slug: is missing", "name: is missing"))


class NarrowError(ConfigError):
    """An error that the parent does not know."""


def refuse_narrowly() -> None:
    """Raise an heir of an error of ours."""
    raise NarrowError(("narrow",))


def print_much() -> str:
    """Write where answers are written."""
    print("x" * 100_000)  # noqa: T201 - on purpose
    os.write(1, b"y" * 100)
    return "done"


class Trap:
    """Unpickles as a call."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (self.path,))


def set_trap(path: str) -> Any:  # noqa: ANN401 - not what it seems
    """Give what would make a folder when it is unpickled."""
    return Trap(path)


def give_function() -> Any:  # noqa: ANN401 - what may not come back
    """Give a function instead of a value."""
    return canonicalize_domain
