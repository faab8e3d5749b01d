"""Runs the program on a clock that goes on by the same step whenever a run looks at it: ``slow.py SECONDS words...``.

So each message and each command takes as long on every machine, however busy that is.
"""

import itertools
import sys
from functools import partial

from noreply_analyzer import running
from noreply_analyzer.cli import run_command_line
from noreply_analyzer.equipment import Equipment


def main() -> None:
    """Set the clock, then run the program as it is."""
    step, looks = float(sys.argv[1]), itertools.count()
    vars(running)["Equipment"] = partial(Equipment, monotonic=lambda: next(looks) * step)
    sys.exit(run_command_line(sys.argv[2:]))


if __name__ == "__main__":
    main()
