"""Standard output, when its reader goes away or the disk behind it is full."""

from collections.abc import Callable
from typing import Protocol

from .errors import OutputError
from .language import _


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
            sentence = _("standard output cannot be written: {error}")
            raise OutputError(sentence.format(error=error.strerror)) from error
