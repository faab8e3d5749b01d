"""Ctrl-C and SIGTERM, with real signals: at once, or after the step in hand."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from noreply_analyzer.errors import InterruptedRunError
from noreply_analyzer.interruption import Interruption

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@BOTH
def test_a_signal_ends_what_waits_at_once(number: signal.Signals) -> None:
    """Even where the main thread waits for a silent server; with status 130."""

    def wait() -> None:
        with Interruption():
            os.kill(os.getpid(), number)
            time.sleep(30)

    with pytest.raises(InterruptedRunError) as caught:
        wait()
    assert caught.value.exit_status == 130


@BOTH
def test_a_held_step_comes_to_its_end(number: signal.Signals) -> None:
    """The signal takes effect after the step, not within it, and not later."""
    done = []

    def work() -> None:
        with Interruption() as stop:
            with stop.held():
                done.append("before")
                os.kill(os.getpid(), number)
                done.append("after")
            done.append("next")

    with pytest.raises(InterruptedRunError):
        work()
    assert done == ["before", "after"]


def test_two_signals_do_not_cut_a_held_step_either() -> None:
    """An impatient user presses twice."""
    done = []

    def work() -> None:
        with Interruption() as stop, stop.held():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            done.append("after")

    with pytest.raises(InterruptedRunError):
        work()
    assert done == ["after"]


def test_without_a_signal_nothing_happens() -> None:
    """A step that was held is followed by the next."""
    with Interruption() as stop:
        stop.check()
        with stop.held():
            pass
        stop.check()


def test_no_library_keeps_a_signal_for_itself() -> None:
    """What catches `Exception`, and libraries do, does not catch a signal; and every later check ends the run."""
    done = []

    def work() -> None:
        with Interruption() as stop:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(30)
            except Exception:  # noqa: BLE001 - as a library does
                done.append("kept")
            finally:
                with pytest.raises(BaseException) as again:  # noqa: PT011 - whatever it is, it is no Exception
                    stop.check()
                assert not isinstance(again.value, Exception)

    with pytest.raises(InterruptedRunError):
        work()
    assert done == []


def test_what_goes_wrong_in_a_held_step_is_what_is_raised() -> None:
    """An error of the step is not lost behind the signal."""

    def work() -> None:
        with Interruption() as stop, stop.held():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("of the step")

    with pytest.raises(ValueError, match="of the step"):
        work()


@BOTH
def test_the_handlers_are_as_they_were(number: signal.Signals) -> None:
    """After a quiet end and after an interrupted one."""
    before = signal.getsignal(number)
    with Interruption():
        assert signal.getsignal(number) != before
    assert signal.getsignal(number) is before

    with pytest.raises(InterruptedRunError), Interruption():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


PROGRAM = """
import sys, time
from noreply_analyzer.errors import InterruptedRunError
from noreply_analyzer.interruption import Interruption
try:
    with Interruption() as stop:
        with stop.held():
            print("working", flush=True)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                time.sleep(0.01)
            print("finished", flush=True)
        print("not reached", flush=True)
except InterruptedRunError as error:
    sys.exit(error.exit_status)
"""


@BOTH
def test_a_signal_from_outside_ends_a_process_after_its_step(number: signal.Signals) -> None:
    """As cron, systemd and a terminal send it."""
    root = str(Path(__file__).parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        said = process.stdout.read()

    assert said == "finished\n"
    assert process.returncode == 130
