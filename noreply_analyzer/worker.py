"""Work under a hard deadline, in a process that can be killed.

Hostile bytes can hang a library in C code or a regular expression, where no thread can be stopped. So such work is done
by one process of ours, reused from call to call. It is killed when time is up, and a new one takes its place.

The process that works is not trusted either: what it hands back may only be made of this package's own records and of
plain values. It dies with its parent, for its standard input then ends, and by its own alarm if it is hanging by then.
"""

import importlib
import io
import json
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar, TypeVarTuple

from . import errors, language
from .errors import MessageError, NoreplyAnalyzerError, TryLaterError
from .language import _

R = TypeVar("R")
Ts = TypeVarTuple("Ts")

MAX_MEMORY: Final = 1 << 30
"""Bytes of address space that the work may take."""
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 2.0
_MAX_ANSWER: Final = 256 * 1024 * 1024
_HEAD: Final = struct.Struct(">Q")
_CHUNK: Final = 1 << 16
_PACKAGE: Final = __package__
_PLAIN: Final = frozenset({
    ("builtins", "bytearray"),
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
})  # fmt: skip

# -P and an explicit path: a dns.py or a pickle.py in the working directory is nobody's business here.
_PROGRAM: Final = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import {package}.worker as w; w.serve()"


class _OutOfTimeError(Exception):
    """The deadline passed."""


# What reading a pickle can raise, by its documentation and by trial.
_BROKEN_ANSWERS: Final = (
    pickle.UnpicklingError,
    OSError,
    EOFError,
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    NoreplyAnalyzerError,
)


class Worker:
    """One process that does what it is told, one thing at a time; a context manager, for one thread.

    The process starts with the first call. Its start and importing the module of the function are billed to no message;
    a module that has a function ``warm_up`` has it called at that time, before each call.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._language = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process at work, if there is one."""
        return self._process.pid if self._process else None

    def call(self, function: Callable[[*Ts], R], *arguments: *Ts, seconds: float) -> R:
        """Give what *function* gives for *arguments*, within *seconds*.

        Args:
            function: one at the top of a module; it is told to the process by its name.
            arguments: anything that can be pickled.
            seconds: for the work alone.

        Raises:
            MessageError: it took too long, or ended in anything but a result or an error of ours.
            NoreplyAnalyzerError: what *function* itself raised, if it is one of ours.
            TryLaterError: no process can be started.
        """
        process = self._ready(function.__module__)
        request = (function.__module__, function.__qualname__, arguments, seconds)
        try:
            answer = _exchange(process, request, time.monotonic() + seconds)
        except _OutOfTimeError:
            self._kill()
            raise MessageError(
                _("it took longer than {seconds:g} seconds (limits.message_seconds) and was stopped").format(
                    seconds=seconds
                )
            ) from None
        except _BROKEN_ANSWERS:
            self._kill()
            raise MessageError(_("the program that read it broke down")) from None
        except BaseException:
            self._kill()  # what is still under way must not be taken for the answer to the next call
            raise
        result: R = _open_answer(answer)
        return result

    def close(self) -> None:
        """Let the process go."""
        if self._process is None:
            return
        with suppress(OSError):
            _pipes(self._process)[0].close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._kill()

    def _ready(self, module: str) -> "subprocess.Popen[bytes]":
        """Give a process that has imported *module* and speaks our language."""
        if self._process and self._process.poll() is None and self._language == language.in_use():
            with suppress(_OutOfTimeError, OSError, EOFError):
                return self._prepare(self._process, module)
        self.close()
        self._language = language.in_use()
        self._process = _start()
        try:
            return self._prepare(self._process, module)
        except (_OutOfTimeError, OSError, EOFError) as error:
            self._kill()
            raise TryLaterError(_("no process can be started to read mail in")) from error

    def _prepare(self, process: "subprocess.Popen[bytes]", module: str) -> "subprocess.Popen[bytes]":
        _exchange(process, (module, "", (self._language,), 0.0), time.monotonic() + _START_SECONDS)
        return process

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in _pipes(self._process):
            with suppress(OSError):
                pipe.close()
        self._process = None


def _start() -> "subprocess.Popen[bytes]":
    path = json.dumps([entry for entry in sys.path if entry])
    command = [sys.executable, "-P", "-c", _PROGRAM.format(package=_PACKAGE), path]
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except OSError as error:
        raise TryLaterError(_("no process can be started to read mail in")) from error
    for pipe in _pipes(process):
        os.set_blocking(pipe.fileno(), False)
    return process


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process has no pipes")
    return process.stdin, process.stdout


def _exchange(process: "subprocess.Popen[bytes]", request: object, deadline: float) -> Any:  # noqa: ANN401
    into, out_of = (pipe.fileno() for pipe in _pipes(process))
    payload = pickle.dumps(request)
    _write(into, _HEAD.pack(len(payload)) + payload, deadline)
    (length,) = _HEAD.unpack(_read(out_of, _HEAD.size, deadline))
    if length > _MAX_ANSWER:
        raise EOFError
    return _Unpickler(io.BytesIO(_read(out_of, length, deadline))).load()


def _write(descriptor: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _wait(descriptor, select.POLLOUT, deadline)
        with suppress(BlockingIOError):
            rest = rest[os.write(descriptor, rest[:_CHUNK]) :]


def _read(descriptor: int, length: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < length:
        _wait(descriptor, select.POLLIN, deadline)
        chunk = os.read(descriptor, min(_CHUNK, length - len(data)))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _OutOfTimeError


class _Unpickler(pickle.Unpickler):
    """Makes this package's dataclasses and enums, and plain values; calls nothing else, whoever asks."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as in the base class
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        # Of what the parent has imported itself: a name must not have code run by being imported.
        if module.startswith(f"{_PACKAGE}.") and module in sys.modules and name.isidentifier():
            found = super().find_class(module, name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not expected here")


def _open_answer(answer: Any) -> Any:  # noqa: ANN401
    match answer:
        case ("result", value):
            return value
        case ("raised", str(name), tuple(arguments), dict(attributes)):
            raise _make_error(name, arguments, attributes)
        case ("crashed", str(name)):
            raise MessageError(_("the program that read it broke down ({error})").format(error=name))
    raise MessageError(_("the program that read it broke down"))


def _make_error(name: str, arguments: tuple[Any, ...], attributes: dict[str, Any]) -> NoreplyAnalyzerError:
    """Make the error again without its constructor, which need not take what the error kept."""
    kind = getattr(errors, name, MessageError)
    if not (isinstance(kind, type) and issubclass(kind, NoreplyAnalyzerError)):
        kind = MessageError
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


def serve() -> None:
    """Be the process at work: answer requests on standard input until it ends."""
    with os.fdopen(os.dup(1), "wb") as answers, os.fdopen(os.dup(0), "rb") as requests:
        os.dup2(2, 1)  # whatever a library prints must not pass for an answer
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which decides what becomes of us
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_AS, MAX_MEMORY)
        while head := requests.read(_HEAD.size):
            request = requests.read(_HEAD.unpack(head)[0])
            answer = _answer(request)
            answers.write(_HEAD.pack(len(answer)) + answer)
            answers.flush()


def _limit(what: int, most: int) -> None:
    with suppress(OSError, ValueError):  # not every system knows every limit
        _soft, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _answer(request: bytes) -> bytes:
    try:
        return pickle.dumps(_work(*pickle.loads(request)))  # noqa: S301 - the parent is ours
    except Exception as error:  # noqa: BLE001 - RecursionError, MemoryError, anything: it costs this message only
        return pickle.dumps(("crashed", type(error).__name__))


def _work(module: str, name: str, arguments: tuple[Any, ...], seconds: float) -> tuple[Any, ...]:
    imported = importlib.import_module(module)
    if not name:
        if language.in_use() != arguments[0]:
            language.use(arguments[0])
        getattr(imported, "warm_up", bool)()
        return ("result", None)
    # Should the parent be gone by the time we hang, nobody else would end us.
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS)
    try:
        return ("result", getattr(imported, name)(*arguments))
    except NoreplyAnalyzerError as error:
        known = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
        return ("raised", known.__name__, error.args, dict(error.__dict__))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
