"""What leaves the program: its reader goes away, the disk is full, a stream was never opened, a file is in the way."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from .errors import ConfigError, NoreplyAnalyzerError, OutputError, RecordError, UsageError
from .language import _

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def sentences(error: Exception) -> tuple[str, ...]:
    """Say what went wrong, in a sentence for each thing that there is to mend."""
    match error:
        case ConfigError() | RecordError():
            return error.problems
        case NoreplyAnalyzerError():
            return (str(error),)
    sentence = _("this is a mistake in the program ({error!r}); please report it, with the output of -vv")
    return (sentence.format(error=error),)


class Sink(Protocol):
    """Where text goes: a stream, or an `Output`."""

    def write(self, text: str, /) -> object:
        """Write *text*."""
        ...

    def flush(self) -> object:
        """Have it leave this process."""
        ...

    def isatty(self) -> bool:
        """Tell whether a person sits in front of it."""
        ...


class Output:
    """Writes to *stream*; after the reader of a pipe went away, to nobody.

    That somebody stopped reading is no reason to leave a draft unwritten.
    """

    def __init__(self, stream: Sink) -> None:
        self._stream = stream
        self._read = True

    def write(self, text: str) -> None:
        """Write *text*.

        Raises:
            OutputError: it cannot be written, and somebody may be counting on it.
        """
        self._do(lambda: self._stream.write(text))

    def flush(self) -> None:
        """Have all that was written leave this process.

        Raises:
            OutputError: as above.
        """
        self._do(self._stream.flush)

    def isatty(self) -> bool:
        """Tell whether a person sits in front of it."""
        return self._stream.isatty()

    def _do(self, work: Callable[[], object]) -> None:
        if not self._read:
            return
        try:
            work()
        except BrokenPipeError:
            self._read = False
        except OSError as error:
            raise _not_written(error) from error


def _not_written(error: OSError) -> OutputError:
    return OutputError(_("standard output cannot be written: {error}").format(error=error.strerror))


# As the whole program has them ------------------------------------------------------------------------------------


class _Written(io.FileIO):
    """Where `sys.stdout` ends: whoever writes there, click and rich too, meets what `Output` says of it."""

    given_up = False

    def write(self, data: "ReadableBuffer", /) -> int:
        if not self.given_up:
            try:
                return super().write(data)
            except BrokenPipeError:
                self.given_up = True
            except OSError as error:
                self.given_up = True  # to be said once, and not again by Python's own last flush
                raise _not_written(error) from error
        return memoryview(data).nbytes


class _Logged(io.FileIO):
    """Where `sys.stderr` ends: if it cannot be written nobody can be told, and the work goes on."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


_NAMES: Final = ("stdin", "stdout", "stderr")


@contextmanager
def standard_streams() -> Iterator[None]:
    """Have three standard streams that can be relied on, whatever this process was given.

    They are in UTF-8 whatever the locale, for cron runs in "C" and names have accents. One that is closed is as good
    as ``/dev/null``: whoever closed it does not want to read. A stream that somebody has put in place of Python's own
    is left alone.
    """
    before: dict[str, IO[str] | None] = {name: getattr(sys, name) for name in _NAMES}
    # Of the lowest number that is free: nothing that is opened later takes a standard one.
    numbers = {
        name: number if stream else os.open(os.devnull, os.O_RDWR)
        for number, (name, stream) in enumerate(before.items())
        if stream is getattr(sys, f"__{name}__")
    }
    out = _Written(numbers["stdout"], "w", closefd=False) if "stdout" in numbers else None
    if before["stdin"] is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(numbers["stdin"], closefd=False)), "utf-8")
    if out:
        at_once = getattr(before["stdout"], "write_through", False)
        sys.stdout = _text(out, line_buffering=out.isatty(), write_through=at_once)
    if "stderr" in numbers:
        sys.stderr = _text(_Logged(numbers["stderr"], "w", closefd=False), line_buffering=True)
    try:
        yield
    finally:
        if out:
            out.given_up = True  # what is still unwritten stays so; Python would try once more, and wait
        for name, stream in before.items():
            setattr(sys, name, stream)


def _text(raw: io.FileIO, *, line_buffering: bool, write_through: bool = False) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffered, "utf-8", "backslashreplace", line_buffering=line_buffering, write_through=write_through
    )


def require_free(path: Path) -> None:
    """Make sure that there is nothing at *path* yet: what somebody has saved there is never written over.

    Raises:
        UsageError: there is.
    """
    if os.path.lexists(path):
        raise UsageError(_("{path} is there already, and is left as it is; name another file").format(path=path))


def write_new(path: Path, data: bytes) -> None:
    """Write *data* to a new file: the whole of it, or nothing.

    Raises:
        OutputError: it cannot be written.
        UsageError: there is something at *path* already.
    """
    require_free(path)
    try:
        with path.open("xb") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                path.unlink()  # half a file would be in the way of the next try
                raise
    except OSError as error:
        raise OutputError(_("{path} cannot be written: {error}").format(path=path, error=error.strerror)) from error
