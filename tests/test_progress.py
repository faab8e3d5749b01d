"""A counter on a terminal for what takes longer than a moment."""

import io

import pytest

from noreply_analyzer.progress import Progress


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.time


@pytest.mark.parametrize(
    ("stream", "seconds", "shown"), [(Terminal(), 10.0, True), (Terminal(), 0.2, False), (io.StringIO(), 10.0, False)]
)
def test_what_is_counted_is_shown_on_a_terminal(stream: io.StringIO, seconds: float, *, shown: bool) -> None:
    """After a second, and not in a pipe or in cron."""
    clock = Clock()
    with Progress(stream, clock=clock) as progress:
        for item in progress.counting(range(3)):
            assert item < 3
            clock.time += seconds

    assert ("messages" in stream.getvalue()) is shown


def test_it_makes_room_for_what_is_printed() -> None:
    """It is taken off the screen, and comes back with the next step."""
    clock, stream = Clock(), Terminal()
    with Progress(stream, clock=clock) as progress:
        progress.step()
        clock.time = 5.0
        progress.step()
        progress.hide()
        before = len(stream.getvalue())
        clock.time = 6.0
        progress.step()

        assert len(stream.getvalue()) > before
