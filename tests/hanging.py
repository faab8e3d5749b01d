"""Runs the program with a verifier that hangs, or breaks down, on mail that says so."""

import sys

from worker_tasks import hang_on_signatures

from noreply_analyzer import workbench
from noreply_analyzer.cli import run_command_line

vars(workbench)["verify_signatures"] = hang_on_signatures
sys.exit(run_command_line(sys.argv[1:]))
