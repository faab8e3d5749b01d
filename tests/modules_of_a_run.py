"""Runs the program and then names every module that it loaded, one a line, on standard error."""

import sys

from noreply_analyzer.cli import run_command_line

status = run_command_line(sys.argv[1:])
sys.stderr.write("\n".join(sorted(sys.modules)) + "\n")
sys.exit(status)
