"""Ctrl-C and SIGTERM: at once where nothing is in hand, after the step where one must not be cut in half."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Self

from .errors import InterruptedRunError
from .language import _

_BOTH: Final = (signal.SIGINT, signal.SIGTERM)


class _SignalCameError(BaseException):
    """On its way out from wherever the signal found us: no library that catches `Exception` may keep it."""


class Interruption:
    """Catches SIGINT and SIGTERM while in use; only in the main thread, as Python asks.

    Leaving it because of a signal raises `InterruptedRunError`.

    Args:
        resumes: whether there is a next run that goes on where this one ended.
    """

    def __init__(self, *, resumes: bool = True) -> None:
        self._resumes = resumes
        self._came = False
        self._holding = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _BOTH:
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, _kind: object, raised: object, _traceback: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if isinstance(raised, _SignalCameError):
            whole = _("interrupted; what was done stays done, the rest comes with the next run")
            raise InterruptedRunError(whole if self._resumes else _("interrupted")) from None

    def check(self) -> None:
        """End here if a signal came, all the way to where this was entered."""
        if self._came:
            raise _SignalCameError

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the step inside come to its end; a signal takes effect after it."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        self.check()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
        if not self._holding:
            self.check()  # raised from whatever the main thread waits for, a silent server too


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal end what is inside, whatever it is; where signals had to wait before, they wait again after.

    Raises:
        InterruptedRunError: one came, or had been waiting.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Interruption(resumes=False):
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _BOTH)
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
