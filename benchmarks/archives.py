#!/usr/bin/env python3
"""How fast an mbox is taken apart, and in how much memory: ``benchmarks/archives.py [MEGABYTES]``.

Makes an archive of that size (default 3,000) in a temporary folder, of messages between 2 and 200 kilobytes, takes it
apart in a process of its own whose address space is limited to 200 megabytes, and says how long that took beside
reading the file and nothing else.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 200 * 1024 * 1024
FROM = b"From noreply@telecom.example Mon Nov 23 10:11:12 2026\n"
HEAD = b"From: noreply@telecom.example\nSubject: Votre facture\nContent-Type: text/plain\n\n"


def make(path: Path, size: int) -> int:
    """Write an archive of about *size* bytes; give the number of messages."""
    chosen, count = random.Random(1), 0  # noqa: S311 - the same archive every time
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(FROM + HEAD + b"Bonjour, From here on all is well.\n" * chosen.randint(50, 5_000) + b"\n")
            count += 1
    return count


def take_apart(path: Path) -> None:
    """Read every message, and say how many there were."""
    from noreply_analyzer.mbox import pieces

    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    with path.open("rb", buffering=0) as file:
        count = sum(1 for _ in pieces(file, limit=25 * 1024 * 1024))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{count} messages, {peak} MB at the most\n")


def read(path: Path) -> float:
    """Give the seconds that reading the file takes."""
    began = time.monotonic()
    with path.open("rb", buffering=0) as file:
        while file.read(256 * 1024):
            pass
    return time.monotonic() - began


def main() -> None:
    """Make, read, take apart."""
    if sys.argv[1:2] == ["--take-apart"]:
        take_apart(Path(sys.argv[2]))
        return
    size = int(sys.argv[1] if sys.argv[1:] else "3000") * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.mbox"
        count = make(path, size)
        sys.stdout.write(f"{path.stat().st_size:,} bytes, {count} messages\n")
        seconds = sorted(read(path) for _ in range(3))[1]
        sys.stdout.write(f"reading alone: {seconds:.1f} s (median of 3)\n")
        times = []
        for _ in range(3):
            began = time.monotonic()
            subprocess.run([sys.executable, __file__, "--take-apart", str(path)], check=True)
            times.append(time.monotonic() - began)
        sys.stdout.write(f"taken apart: {sorted(times)[1]:.1f} s (median of 3)\n")


if __name__ == "__main__":
    main()
