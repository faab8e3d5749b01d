"""Runs the program with a mistake in it: what it asks its state first is a division by zero."""

import sys
from typing import NoReturn

from noreply_analyzer.cli import run_command_line
from noreply_analyzer.state import State


def mistaken(*_arguments: object) -> NoReturn:
    """Do what nobody thought of."""
    raise ZeroDivisionError("by nobody's wish")


State.forget_what_is_old = mistaken  # type: ignore[assignment, method-assign]
sys.exit(run_command_line(sys.argv[1:]))
