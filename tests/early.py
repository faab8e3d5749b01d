"""Runs the program and gives it a signal while it starts, or ends: ``early.py MODULE SIGNAL words...``.

MODULE is what the program is about to import when the signal comes; ``end``: its exit status is known.
"""

import atexit
import os
import runpy
import signal
import sys


class Signalling:
    """Gives the signal to this process when *module* is looked for, and finds nothing."""

    def __init__(self, module: str, number: signal.Signals) -> None:
        self._module = module
        self._number = number

    def find_spec(self, name: str, *_where: object) -> None:
        """Be asked for a module before anybody else is."""
        if name == self._module:
            self._module = ""
            os.kill(os.getpid(), self._number)


def main() -> None:
    """Prepare the signal, then run the program as ``python -m`` does."""
    module, number = sys.argv[1], signal.Signals[sys.argv[2]]
    sys.argv[1:] = sys.argv[3:]
    if module == "end":
        atexit.register(os.kill, os.getpid(), number)
    sys.meta_path.insert(0, Signalling(module, number))
    runpy.run_module("noreply_analyzer", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
