"""The standard streams as a shell can leave them: closed, full, or read by somebody who goes away; in every command."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from program import environment

COMMANDS: tuple[Sequence[str], ...] = (
    ["--help"],
    ["--version"],
    ["registry", "list"],
    ["registry", "show", "sfr"],
    ["registry", "due"],
    ["registry", "lint", "bad.toml"],
    ["state", "show"],
    ["state", "forget", "anne@example.org"],
    ["check"],
    ["scan", "message.eml"],
    ["scan", "message.eml", "--json", "--no-dns"],
    ["explain", "message.eml", "--no-dns"],
    ["run", "--json"],
    ["demo"],
)
# Not under the clock of the tests: its memory is shared through the lowest free descriptor. Where a stream is closed
# that is the number of the stream, and what is printed would set the clock of every other test.
CLOCK = {"LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED"}
EACH = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
MESSAGE = "From: X <noreply@unknown.example>\nSubject: Facture\n\nMerci de ne pas répondre à ce message.\n"


def surroundings(home: Path) -> dict[str, str]:
    """Give the environment of a user, with the time as it is."""
    return {name: value for name, value in environment(home).items() if name not in CLOCK}


def in_a_shell(home: Path, words: Sequence[str], redirected: str) -> "subprocess.CompletedProcess[str]":
    """Type a command with *redirected* behind it, in a folder with a message and no configuration."""
    (home / "message.eml").write_text(MESSAGE, "utf-8")
    (home / "bad.toml").write_text('slug = "x"\n', "utf-8")
    typed = f'"$0" -W error -m noreply_analyzer "$@" {redirected}; exit "${{PIPESTATUS[0]}}"'
    return subprocess.run(
        ["bash", "-c", typed, sys.executable, *words],
        capture_output=True,
        encoding="utf-8",
        env=surroundings(home),
        cwd=home,
        check=False,
        timeout=100,
    )


@EACH
def test_a_full_disk_behind_standard_output(tmp_path: Path, words: Sequence[str]) -> None:
    """74 and one sentence, whatever was to be printed, the help too; what went wrong otherwise is said besides."""
    done = in_a_shell(tmp_path, words, "> /dev/full")

    *_before, last = done.stderr.splitlines()
    assert done.returncode == 74, done.stderr
    assert done.stderr.count("standard output cannot be written: No space left on device") == 1
    assert last.startswith("noreply-analyzer: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [["--help"], ["registry", "due"], ["state", "show"], ["explain", "message.eml", "--no-dns"], ["run", "--json"]],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("redirected", "lost"),
    [
        (">&-", "out"),
        ("2>&-", "err"),
        ("2> /dev/full", "err"),
        ("<&- >&- 2>&-", "out and err"),
        ("| true", "out"),
    ],
)
def test_a_stream_that_nobody_has_changes_nothing_else(
    tmp_path: Path, words: Sequence[str], redirected: str, lost: str
) -> None:
    """The exit status and what is said on the other streams are as ever."""
    asked = in_a_shell(tmp_path, words, "")
    done = in_a_shell(tmp_path, words, redirected)

    assert done.returncode == asked.returncode, done.stderr
    assert done.stderr == ("" if "err" in lost else asked.stderr)
    assert bool(done.stdout) is (bool(asked.stdout) and "out" not in lost)


def test_the_first_line_is_enough_for_some(tmp_path: Path) -> None:
    """``registry list | head -1``: no noise, and all is well."""
    done = in_a_shell(tmp_path, ["registry", "list"], "| head -1")

    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, "")


def test_a_completion_has_no_reader_either(tmp_path: Path) -> None:
    """What click prints and ends by itself."""
    typed = f"_NOREPLY_ANALYZER_COMPLETE=bash_source {sys.executable} -m noreply_analyzer > /dev/full"
    done = subprocess.run(
        ["bash", "-c", typed],
        capture_output=True,
        encoding="utf-8",
        env=surroundings(tmp_path),
        check=False,
        timeout=60,
    )

    assert done.returncode == 74
    assert done.stderr.count("\n") == 1
