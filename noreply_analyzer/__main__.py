"""``python -m noreply_analyzer``, and the command of the same name."""

import _signal as signal  # type: ignore[import-not-found]  # built in: importing `signal` itself can be interrupted
import sys


def main() -> None:
    """Run the command line and end with its exit status.

    What it needs is read only now: Ctrl-C and SIGTERM wait until there is somebody to answer them in a sentence, and
    wait again once the exit status is known.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    from .cli import run_command_line

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
