"""Runs the program and gives it a signal at one exact place: ``dying.py WHERE NTH SIGNAL words...``.

WHERE is ``module:Class.method`` or ``module:function`` of the program; the signal comes right after its NTH call. Two
places have names: ``after-intent`` (the intent is on the disk, nothing was saved) and ``after-append`` (the draft is
saved, nobody wrote it down).
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

NAMED = {"after-intent": "state:State.intend", "after-append": "imap:Drafts.append"}


def signalling(function: Callable[..., Any], nth: int, number: signal.Signals) -> Callable[..., Any]:
    """Let *function* do its work, and give the signal when it has done it for the *nth* time."""
    calls = 0

    def until_then(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passes everything through
        nonlocal calls
        result = function(*arguments, **named)
        calls += 1
        if calls == nth:
            os.kill(os.getpid(), number)
        return result

    return until_then


def main() -> None:
    """Prepare the signal, then run the program as it is."""
    where, nth, number = sys.argv[1], int(sys.argv[2]), signal.Signals[sys.argv[3]]
    room, _colon, place = NAMED.get(where, where).partition(":")
    owner: Any = importlib.import_module(f"noreply_analyzer.{room}")
    *classes, name = place.split(".")
    for part in classes:
        owner = getattr(owner, part)
    setattr(owner, name, signalling(getattr(owner, name), nth, number))
    from noreply_analyzer.cli import run_command_line

    sys.exit(run_command_line(sys.argv[4:]))


if __name__ == "__main__":
    main()
