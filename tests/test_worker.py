"""Work under a hard deadline, in a process that can be killed."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import worker_tasks as tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noreply_analyzer import language, worker
from noreply_analyzer.errors import ConfigError, MessageError, RecordError, TryLaterError
from noreply_analyzer.worker import Worker


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    """One worker for all tests, as for all messages of a run: what one does to it must not harm the next."""
    with Worker() as one:
        yield one


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait for a process to end."""
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_results_come_from_another_process(shared: Worker) -> None:
    """Work is done elsewhere, and its result is handed back."""
    assert shared.call(tasks.add, 2, 3, seconds=5) == 5
    assert shared.call(tasks.process_id, seconds=5) == shared.pid != os.getpid()


def test_one_process_serves_many_calls(shared: Worker) -> None:
    """Starting a process costs more than reading a message, so it is not started again."""
    pids = {shared.call(tasks.process_id, seconds=5) for _ in range(5)}

    assert len(pids) == 1


def test_nothing_is_started_before_it_is_needed() -> None:
    """A run that finds nothing new pays for no process."""
    with Worker() as idle:
        assert idle.pid is None


def test_the_start_is_not_billed() -> None:
    """What a module does before its first call takes no time from a message."""
    with Worker() as own:
        assert own.call(tasks.count_warm_ups, seconds=0.4) == 1
        assert own.call(tasks.count_warm_ups, seconds=0.4) == 2


def test_large_messages_pass_through_the_pipe(shared: Worker) -> None:
    """Both directions carry more than a pipe holds."""
    data = os.urandom(1 << 20) * 30

    assert shared.call(tasks.length, data, seconds=10) == len(data)
    assert shared.call(tasks.echo, data, seconds=10) == data


def test_records_come_back_as_they_are(shared: Worker) -> None:
    """Results may be made of this package's frozen records, enums, dates and sets."""
    assert shared.call(tasks.make_records, seconds=5) == tasks.make_records()


@pytest.mark.parametrize("function", [tasks.hang_in_c, tasks.sleep])
def test_what_takes_too_long_is_killed(shared: Worker, function: Callable[..., Any]) -> None:
    """The deadline holds even where the process listens to nobody."""
    arguments = (60.0,) if function is tasks.sleep else ()
    shared.call(tasks.add, 0, 0, seconds=5)
    pid = shared.pid
    assert pid is not None
    started = time.monotonic()

    with pytest.raises(MessageError, match=r"longer than 0\.3 seconds \(limits\.message_seconds\)"):
        shared.call(function, *arguments, seconds=0.3)

    assert time.monotonic() - started < 2
    assert not is_alive(pid)
    assert shared.call(tasks.add, 1, 1, seconds=5) == 2


@pytest.mark.parametrize(
    "function",
    [tasks.segfault, tasks.leave, tasks.take_memory, tasks.recurse, tasks.divide, tasks.give_function],
)
def test_a_breakdown_costs_one_message(shared: Worker, function: Callable[[], object]) -> None:
    """Whatever ends badly is a MessageError, and the next call works."""
    with pytest.raises(MessageError, match="broke down"):
        shared.call(function, seconds=10)

    assert shared.call(tasks.add, 1, 1, seconds=5) == 2


def test_our_own_errors_come_through(shared: Worker) -> None:
    """An error of ours is raised here as it was raised there, with what it keeps."""
    with pytest.raises(MessageError, match=r"^nothing in it$"):
        shared.call(tasks.refuse_message, seconds=5)
    with pytest.raises(RecordError) as record:
        shared.call(tasks.refuse_record, seconds=5)
    with pytest.raises(ConfigError) as narrow:
        shared.call(tasks.refuse_narrowly, seconds=5)

    assert record.value.problems == ("slug: is missing", "name: is missing")
    assert str(record.value) == "slug: is missing\nname: is missing"
    assert type(narrow.value) is ConfigError


def test_what_a_library_prints_is_no_answer(shared: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output of the process goes nowhere."""
    assert shared.call(tasks.print_much, seconds=5) == "done"
    assert capfd.readouterr() == ("", "")


def test_answers_cannot_run_code_here(shared: Worker, tmp_path: Path) -> None:
    """A process that was taken over cannot have the parent call anything."""
    trap = tmp_path / "sprung"

    with pytest.raises(MessageError):
        shared.call(tasks.set_trap, str(trap), seconds=5)

    assert not trap.exists()


@given(data=st.binary(max_size=200))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_an_answer_or_refused(data: bytes) -> None:
    """The reader of answers raises what `Worker.call` knows, whatever it is given."""
    with suppress(*worker._BROKEN_ANSWERS):
        worker._open_answer(worker._Unpickler(io.BytesIO(data)).load())


def test_the_process_speaks_the_language_of_its_parent(shared: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason that is written there is shown here."""
    assert shared.call(tasks.spoken, seconds=5) == language.in_use()
    before = shared.pid
    monkeypatch.setattr(language, "in_use", lambda: "other")
    assert shared.call(tasks.spoken, seconds=5) == "en"
    assert shared.pid != before


def test_ctrl_c_does_not_reach_the_work(shared: Worker) -> None:
    """The terminal sends SIGINT to all; what is in hand is finished."""
    shared.call(tasks.add, 0, 0, seconds=5)
    pid = shared.pid
    assert pid is not None

    os.kill(pid, signal.SIGINT)

    assert shared.call(tasks.process_id, seconds=5) == pid


def test_a_process_that_was_killed_between_calls_is_replaced(shared: Worker) -> None:
    """The system may kill it for want of memory; that costs nothing but time."""
    shared.call(tasks.add, 0, 0, seconds=5)
    pid = shared.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    assert shared.call(tasks.process_id, seconds=5) != pid


def test_closing_ends_the_process() -> None:
    """Nothing is left behind."""
    with Worker() as own:
        pid = own.call(tasks.process_id, seconds=5)

    assert own.pid is None
    assert not is_alive(pid)


@pytest.mark.parametrize("then", ["own.call(tasks.sleep, 60.0, seconds=1)", "tasks.sleep(60.0)"])
def test_no_process_outlives_its_parent(then: str) -> None:
    """Killed with -9, the parent cannot clean up; the process ends by itself, hanging or idle."""
    program = f"""
import sys
sys.path[:] = {[entry for entry in sys.path if entry]!r}
import worker_tasks as tasks
from noreply_analyzer.worker import Worker
own = Worker()
print(own.call(tasks.process_id, seconds=5), flush=True)
{then}
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_alive(pid)
        parent.kill()

    assert wait_until_gone(pid, 10)


def test_other_files_in_the_working_directory_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running in a folder of downloads runs none of them."""
    (tmp_path / "pickle.py").write_text("raise SystemExit('imported')\n", encoding="ascii")
    monkeypatch.chdir(tmp_path)

    with Worker() as own:
        assert own.call(tasks.add, 1, 1, seconds=5) == 2


def test_where_no_process_can_be_started_it_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is not the message's fault."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with Worker() as own, pytest.raises(TryLaterError, match="no process"):
        own.call(tasks.add, 1, 1, seconds=5)
