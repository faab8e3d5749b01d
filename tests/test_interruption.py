"""Ctrl-C and SIGTERM, with real signals: at once, or after the step in hand."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from program import ROOT, environment

from noreply_analyzer.errors import InterruptedRunError
from noreply_analyzer.interruption import Interruption

EARLY = Path(__file__).with_name("early.py")
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


# The whole program --------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("noreply_analyzer.cli", ["registry", "list"]),
        ("click", ["--help"]),
        ("msgspec", ["run"]),
        ("noreply_analyzer.directory", ["registry", "list"]),
        ("noreply_analyzer.curation", ["registry", "due"]),
        ("noreply_analyzer.running", ["run"]),
        ("sqlite3", ["state", "show"]),
    ],
)
def test_a_signal_while_the_program_starts_ends_it_in_a_sentence(
    tmp_path: Path, module: str, words: list[str], number: signal.Signals
) -> None:
    """Whatever it is about to import: 130, no traceback, nothing printed."""
    (tmp_path / "Maildir" / "cur").mkdir(parents=True)
    config = tmp_path / "config.toml"
    config.write_text(f'[[accounts]]\nname = "a"\naddress = "a@example.org"\npath = "{tmp_path}/Maildir"\n', "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EARLY), module, number.name, "--config", str(config), *words],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path),
        check=False,
        timeout=60,
    )

    assert done.returncode == 130, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"noreply-analyzer: interrupted[^\n]*\n", done.stderr)


@BOTH
def test_a_signal_after_the_end_changes_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Once all is said the exit status is what it is."""
    done = subprocess.run(
        [sys.executable, str(EARLY), "end", number.name, "--version"],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path),
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")


@BOTH
def test_a_signal_ends_what_waits_for_its_reader(tmp_path: Path, number: signal.Signals) -> None:
    """A pipe is full and nobody reads: the program does not wait for that reader again at its end."""
    with subprocess.Popen(
        [sys.executable, "-m", "noreply_analyzer", "registry", "list", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        time.sleep(0.5)
        process.send_signal(number)

        assert process.wait(timeout=10) == 130
        assert process.stderr.read() == "noreply-analyzer: interrupted\n"


def test_the_package_loads_nothing_before_signals_can_wait() -> None:
    """Up to the first line of ``main`` a signal kills: so nothing is imported that Python has not loaded already."""
    program = (
        "import sys; before = set(sys.modules); import noreply_analyzer.__main__; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )

    assert set(done.stdout.split()) == {"noreply_analyzer", "noreply_analyzer.__main__"}
