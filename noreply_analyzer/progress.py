"""A counter on the terminal for what takes longer than a moment; nothing anywhere else."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Final, Self, TypeVar

from .language import _

if TYPE_CHECKING:
    import rich.progress

T = TypeVar("T")

_PATIENCE: Final = 1.0
"""Seconds for which nobody needs to be told that something is going on."""
_BETWEEN: Final = 0.1


class Progress:
    """Counts what is worked off; use it as a context manager.

    Args:
        stream: standard error; where it is no terminal nothing is ever shown.
        clock: seconds that only grow.
    """

    def __init__(self, stream: IO[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._begun = clock()
        self._last = self._begun
        self._count = 0
        self._wanted = stream.isatty()
        self._shown: rich.progress.Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.hide()

    def counting(self, items: Iterable[T]) -> Iterator[T]:
        """Pass *items* on, and count them."""
        for item in items:
            self.step()
            yield item

    def step(self) -> None:
        """Count one."""
        self._count += 1
        now = self._clock()
        if not self._wanted or now - self._begun < _PATIENCE or now - self._last < _BETWEEN:
            return
        self._last = now
        self._show()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        if self._shown is None:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._shown = Bar(*columns, console=Console(file=self._stream), transient=True)
            self._shown.add_task("")
            self._shown.start()
        task = self._shown.task_ids[0]
        self._shown.update(task, description=_("{count} messages").format(count=f"{self._count:,}".replace(",", " ")))

    def hide(self) -> None:
        """Take the counter off the screen, until the next step."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None
