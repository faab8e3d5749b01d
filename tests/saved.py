"""A git checkout for tests, made on the spot: whose history, hooks and configuration are nobody's but the test's."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(folder: Path, *words: str, day: str = "2026-07-03") -> str:
    """Ask git, as nobody on no machine, on a *day*."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    when = f"{day}T12:00:00+00:00"
    ours = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@archive.example", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], env=kept | ours | dates, check=True, capture_output=True, text=True
    )
    return done.stdout


def commit(folder: Path, files: Mapping[str, str | bytes], *, day: str = "2026-07-03") -> str:
    """Write *files* and commit them on a *day*; give the commit."""
    if not (folder / ".git").exists():
        folder.mkdir(exist_ok=True)
        git(folder, "init", "-q")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "-A", day=day)
    git(folder, "commit", "-q", "-m", "as it was", day=day)
    return git(folder, "rev-parse", "HEAD").strip()
