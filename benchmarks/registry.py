"""How long it takes to look one domain up, with few records and with many: compiled, and read as they stand.

    python benchmarks/registry.py [RECORDS...]

Each figure is the median of the looks, in milliseconds; the ratio is to the first column.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from noreply_analyzer.address import Address
from noreply_analyzer.catalogue import open_registry

RECORD = """slug = "{slug}"
name = "{slug}"
sector = "other"
websites = ["{slug}.example"]

[[channels]]
id = "service-client"
medium = "email"
purpose = "customer-service"
audience = "consumers"
target = "contact@{slug}.example"
quality = "archived"
stated_on = 2026-11-01
checked_on = 2026-11-02
sources = ["https://{slug}.example/terms"]
"""
TIMES = 15


def median(look: Callable[[], object]) -> float:
    """Give the median of some looks, in milliseconds."""
    taken = []
    for _time in range(TIMES):
        started = time.perf_counter()
        look()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measured(count: int, folder: Path) -> tuple[float, float, float]:
    """Give what opening, opening and one look-up, and a display name's look-up take with *count* records."""
    own, cache = folder / f"own-{count}", folder / f"cache-{count}"
    own.mkdir()
    for number in range(count):
        slug = f"shop-{number}"
        (own / f"{slug}.toml").write_text(RECORD.format(slug=slug), "utf-8")
    open_registry(own, cache, keep=True)
    author = Address.parse(f"noreply@shop-{count // 2}.example")
    stranger = Address.parse("facture@stranger.example")

    def look() -> None:
        match = open_registry(own, cache, keep=False).registry.find(author)
        if match is None:
            raise LookupError(author)

    registry = open_registry(own, cache, keep=False).registry
    registry.claimed_by("x", None)
    return (
        median(lambda: open_registry(own, cache, keep=False)),
        median(look),
        median(lambda: registry.claimed_by("Service Client", stranger)),
    )


def main() -> None:
    """Print a row for each way, a column for each number of records."""
    counts = [int(word) for word in sys.argv[1:]] or [270, 3300]
    with tempfile.TemporaryDirectory() as folder:
        columns = [measured(count, Path(folder)) for count in counts]
    names = ("opened", "opened, and one domain looked up", "a display name looked up")
    sys.stdout.write(f"{'own records':36}" + "".join(f"{count:>12}" for count in counts) + "\n")
    for name, row in zip(names, zip(*columns, strict=True), strict=True):
        cells = "".join(f"{value:9.2f} ms" for value in row)
        sys.stdout.write(f"{name:36}{cells}   ratio {row[-1] / row[0]:.1f}\n")


if __name__ == "__main__":
    main()
