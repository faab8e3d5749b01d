"""The program in a process of its own, as somebody types it who has a home and no mail server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def require_installed(program: str, package: str) -> str:
    """Give the path of a program; without it, skip, and where `scripts/test` runs everything, fail."""
    if (path := shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")) is None:
        reason = f"the program {program} is not installed (Debian package {package})"
        if os.environ.get("NOREPLY_ANALYZER_REQUIRE_PROGRAMS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def environment(home: Path, **more: str) -> dict[str, str]:
    """Give the environment of a user whose home is *home*, in English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "XDG_"))}
    ours = {"HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return kept | ours | more


def typed(
    home: Path, *words: str, given: str | None = None, more: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program; *given* is its standard input, which is no terminal."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "noreply_analyzer", *words],
        input=given or "",
        capture_output=True,
        encoding="utf-8",
        env=environment(home, **(more or {})),
        check=False,
        timeout=60,
    )
