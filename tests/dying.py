"""Runs the program and kills it, with SIGKILL, at one exact place: ``dying.py WHERE NTH words...``.

WHERE is ``after-intent`` (the intent is on the disk, nothing was saved) or ``after-append`` (the draft is saved, nobody
wrote it down); NTH counts the drafts of the run.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def dying_after(function: Callable[..., Any], nth: int) -> Callable[..., Any]:
    """Let *function* do its work, and die when it has done it for the *nth* time."""
    calls = 0

    def until_death(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passes everything through
        nonlocal calls
        result = function(*arguments, **named)
        calls += 1
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return until_death


def main() -> None:
    """Prepare the death, then run the program as it is."""
    from noreply_analyzer import imap, state
    from noreply_analyzer.cli import run_command_line

    where, nth = sys.argv[1], int(sys.argv[2])
    owner: type = {"after-intent": state.State, "after-append": imap.Drafts}[where]
    name = {"after-intent": "intend", "after-append": "append"}[where]
    setattr(owner, name, dying_after(getattr(owner, name), nth))
    sys.exit(run_command_line(sys.argv[3:]))


if __name__ == "__main__":
    main()
