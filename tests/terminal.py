"""A person at a terminal: the program in a process of its own that asks, and what is typed for an answer."""

import codecs
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from program import environment

SECONDS = 60.0


class Terminal:
    """The program while it runs; use it in a ``with`` statement.

    Args:
        home: whose home is its user's.
        words: what stands behind its name.
        more: further variables of the environment.
    """

    def __init__(self, home: Path, *words: str, more: Mapping[str, str] | None = None) -> None:
        self._words = words
        self._environment = environment(home, TERM="dumb", **(more or {}))
        self._folder = home
        self.said = ""
        """All that was shown so far, with what the terminal itself echoed."""
        self._seen = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may come in two pieces

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "noreply_analyzer", *self._words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self._environment,
            cwd=self._folder,
            start_new_session=True,
        )
        os.close(theirs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(SECONDS)
        os.close(self._ours)

    def _read(self) -> bool:
        """Read what has come; ``False`` at the end."""
        if not select.select([self._ours], [], [], 0.1)[0]:
            return True
        try:
            some = os.read(self._ours, 65536)
        except OSError:  # the other end is closed: the process has ended
            return False
        self.said += self._decoder.decode(some).replace("\r\n", "\n")
        return bool(some)

    def wait_for(self, words: str) -> str:
        """Wait until *words* are shown behind what was waited for before; give what is shown up to their end.

        Where a line ends between them is the terminal's affair: a long path in the sentence moves it.
        """
        wanted = re.compile(r"\s+".join(map(re.escape, words.split(" "))))
        end = time.monotonic() + SECONDS
        while not (found := wanted.search(self.said, self._seen)):
            assert time.monotonic() < end, f"{words!r} did not come in:\n{self.said}"
            assert self._read() or wanted.search(self.said, self._seen), f"{words!r} did not come in:\n{self.said}"
        shown, self._seen = self.said[self._seen : found.end()], found.end()
        return shown

    def answer(self, question: str, typed: str = "") -> None:
        """Wait for a *question*, and type an answer with Enter behind it."""
        self.wait_for(question)
        self.wait_for(": ")
        os.write(self._ours, f"{typed}\n".encode())

    def wait_until_unseen(self) -> None:
        """Wait until the terminal shows nothing of what is typed."""
        end = time.monotonic() + SECONDS
        while self.shows_what_is_typed:
            assert time.monotonic() < end, self.said
            time.sleep(0.01)

    @property
    def shows_what_is_typed(self) -> bool:
        """Whether the terminal is as terminals are."""
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    def answer_unseen(self, question: str, typed: str) -> None:
        """Wait for a *question* that shows nothing of its answer, and type."""
        self.wait_for(question)
        self.wait_until_unseen()
        os.write(self._ours, f"{typed}\n".encode())

    def interrupt(self, number: int) -> int:
        """Give the process a signal, as Ctrl-C does, until it ends: one that comes before it reads is lost."""
        while self._process.poll() is None:
            self._process.send_signal(number)
            end = time.monotonic() + 1
            while time.monotonic() < end and self._read():
                pass
        return self.end()

    def type(self, raw: bytes) -> None:
        """Type *raw* as it is, as Ctrl-D."""
        os.write(self._ours, raw)

    def end(self) -> int:
        """Wait for its end; give the exit status."""
        end = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < end, self.said
        return self._process.wait(SECONDS)
