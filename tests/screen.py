"""A terminal that nobody sits at: programs for one are typed into, and their screens read."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from program import require_installed

SECONDS = 20
COLUMNS, ROWS = 110, 60


class Terminal:
    """A program in a terminal of its own, for as long as the ``with`` statement lasts.

    Args:
        command: the program and what it is told.
        environment: what it finds around itself.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}

    def __enter__(self) -> Self:
        self._tmux = require_installed("tmux", package="tmux")
        # Not in a test's own folder, whose path is too long for a Unix socket.
        self._folder = tempfile.TemporaryDirectory(prefix="terminal-")
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        self._ask("-f", "/dev/null", "new-session", "-d", *size, "--", *self._command)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(
            [self._tmux, "-S", f"{self._folder.name}/socket", "kill-server"], check=False, capture_output=True
        )
        self._folder.cleanup()

    def type(self, *keys: str) -> None:
        """Type *keys*, each as tmux calls it: ``y``, ``Enter``, ``C-o``; a longer word letter by letter."""
        self._ask("send-keys", *keys)

    def wait_for(self, text: str) -> str:
        """Give the screen as soon as *text* stands on it."""
        end = time.monotonic() + SECONDS
        while text not in (screen := self.screen()):
            assert time.monotonic() < end, f"never saw {text!r}:\n{screen}"
            time.sleep(0.05)
        return screen

    def screen(self) -> str:
        """Give what stands on the screen."""
        return self._ask("capture-pane", "-p")

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            [self._tmux, "-S", f"{self._folder.name}/socket", *words],
            env=self._environment,
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        return done.stdout
