"""What a git checkout says of its files: the day of the last commit of each, asked once for all of them.

Git is asked with nothing in the folder being run, fetched or refreshed: a checkout is what strangers wrote, its
configuration too.
"""

import hashlib
import os
import re
import secrets
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

SECONDS: Final = 120
MAX_OUTPUT: Final = 256 * 1024 * 1024
SHORT: Final = 8
"""Digits of a commit, as sources name it."""

# The first keeps a checkout's own configuration from having programs run, the second a partial clone from fetching.
_HARMLESS: Final = (
    *("-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "-c", "diff.external="),
    *("-c", "protocol.allow=never", "-c", "core.pager=cat", "-c", "safe.bareRepository=explicit"),
)
_COMMIT: Final = re.compile(r"(\d{4}-\d\d-\d\d) ([0-9a-f]{40}|[0-9a-f]{64}) ?(.*)", re.DOTALL)
_ORIGIN: Final = re.compile(
    r"(?!file:)(?:\w+://(?:[^/@\s]*@)?|(?:[\w.-]+@)?(?=[\w.-]+:))([\w.-]+)[:/]([\w./~-]+?)(?:\.git)?/?\Z"
)


@dataclass(frozen=True, slots=True)
class Commit:
    """The last commit of a file."""

    day: date
    digits: str
    """Its name, shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder as git knows it; empty where it is no checkout, or no git is installed."""

    commits: Mapping[str, Commit] = field(default_factory=dict)
    blobs: Mapping[str, str] = field(default_factory=dict)
    """What git keeps of each file, by its hash."""
    origin: str = ""
    """Where it was cloned from, without protocol and user: ``github.com/OWNER/NAME``."""
    shallow: bool = False
    """Whether its history was cut off, so that some files have no day."""

    def commit_of(self, name: str, data: bytes) -> Commit | None:
        """Give the last commit of a file; ``None`` where it is not known, or *data* is not what was committed."""
        blob, commit = self.blobs.get(name), self.commits.get(name)
        if not blob or not commit:
            return None
        as_unix = data.replace(b"\r\n", b"\n")
        return commit if blob in {_hash(data, len(blob)), _hash(as_unix, len(blob))} else None


def _hash(data: bytes, digits: int) -> str:
    kind = hashlib.sha1 if digits == hashlib.sha1(usedforsecurity=False).digest_size * 2 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def look_at(folder: Path) -> Checkout:
    """Ask git about every file of *folder*; what it does not answer is not known."""
    listed = _ask(folder, "ls-tree", "-r", "-z", "HEAD")
    if listed is None:
        return Checkout()
    mark = secrets.token_hex(16)  # so that no file's name can pass for a commit
    said = _ask(
        folder, "log", "-z", "--name-only", "--relative", "--no-renames", "--no-color", "--no-ext-diff",
        "--no-textconv", "--no-show-signature", "--decorate=short", f"--format={mark}%cs %H %D",
    )  # fmt: skip
    origin = _ask(folder, "config", "--local", "--get", "remote.origin.url") or b""
    shallow = _ask(folder, "rev-parse", "--is-shallow-repository") or b""
    return Checkout(
        commits=commits_in(said or b"", mark),
        blobs=blobs_in(listed),
        origin=origin_in(origin),
        shallow=shallow.strip() == b"true",
    )


def is_kept(folder: Path) -> bool:
    """Tell whether git keeps files of *folder*: not of one that only lies within a checkout, as an installation may."""
    return bool(_ask(folder, "ls-files", "-z", "--", "."))


def _ask(folder: Path, *words: str) -> bytes | None:
    """Give what git prints; ``None`` where it fails, takes too long or prints without end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    environment |= {"GIT_ALLOW_PROTOCOL": "none"}
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and no word of the command is a stranger's
            ["git", "--no-pager", "-C", str(folder), *_HARMLESS, *words],  # noqa: S607 - wherever the user has git
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, ValueError):
        return None
    alarm = threading.Timer(SECONDS, process.kill)
    with process:
        alarm.start()
        try:
            said = process.stdout.read(MAX_OUTPUT + 1) if process.stdout else b""
            if len(said) > MAX_OUTPUT:
                process.kill()
            status = process.wait()
        finally:
            alarm.cancel()
            process.kill()
    return said if status == 0 else None


def commits_in(said: bytes, mark: str) -> dict[str, Commit]:
    """Read ``git log -z --name-only``: of each file the newest commit, which is the first that names it.

    At the edge of a shallow clone every file seems to be new; of those the day is not known.
    """
    commits: dict[str, Commit] = {}
    unknown: set[str] = set()
    now: Commit | None = None
    grafted = False
    for token in os.fsdecode(said).split("\0"):
        name = token.removeprefix("\n")
        if name.startswith(mark):
            now, grafted = _commit_in(name.removeprefix(mark))
        elif name and name not in unknown and name not in commits:
            if now is None or grafted:
                unknown.add(name)
            else:
                commits[name] = now
    return commits


def _commit_in(line: str) -> tuple[Commit | None, bool]:
    if not (found := _COMMIT.match(line)):
        return None, False
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None, False
    return Commit(day, found[2][:SHORT]), "grafted" in found[3].split(", ")


def blobs_in(said: bytes) -> dict[str, str]:
    """Read ``git ls-tree -r -z``: of each plain file its hash."""
    blobs: dict[str, str] = {}
    for entry in os.fsdecode(said).split("\0"):
        about, tab, name = entry.partition("\t")
        match about.split(" "):
            case ["100644" | "100755", "blob", digits] if tab and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", digits):
                blobs[name] = digits
    return blobs


def origin_in(said: bytes) -> str:
    """Give the address of a repository without protocol, user and password; nothing where it lies on this machine."""
    found = _ORIGIN.match(said.decode("utf-8", "replace").strip()[:500])
    return f"{found[1]}/{found[2].lstrip('/')}" if found else ""
