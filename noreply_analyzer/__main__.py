"""``python -m noreply_analyzer``, and the command of the same name."""

import sys

from .cli import run_command_line


def main() -> None:
    """Run the command line and end with its exit status."""
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
