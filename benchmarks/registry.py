"""How long it takes to look one domain up in compiled records: the shipped ones, and with many more beside them.

    python benchmarks/registry.py [RECORDS...]

The others are imported ones, in one file; or one's own, a file for each. Each figure is the median of the looks, in
milliseconds; the ratio is to the shipped records alone.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from noreply_analyzer.address import Address
from noreply_analyzer.catalogue import open_registry
from noreply_analyzer.collection import collected
from noreply_analyzer.lookalike import claim
from noreply_analyzer.registrar import read_operator

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
TIMES = 25
STRANGER = Address.parse("facture@la-banque.example")


def timed(look: Callable[[], object]) -> float:
    """Give how long a look takes, in milliseconds."""
    started = time.perf_counter()
    look()
    return (time.perf_counter() - started) * 1000


def median(look: Callable[[], object]) -> float:
    """Give the median of some looks, in milliseconds."""
    return statistics.median(timed(look) for _time in range(TIMES))


def imported(own: Path, count: int) -> None:
    """Write *count* records as an import does."""
    records = [read_operator(RECORD.format(slug=f"shop-{number}"), f"shop-{number}.toml") for number in range(count)]
    (own / "shops.jsonl").write_bytes(collected("shops", records))


def one_by_one(own: Path, count: int) -> None:
    """Write *count* records as a person does."""
    for number in range(count):
        (own / f"shop-{number}.toml").write_text(RECORD.format(slug=f"shop-{number}"), "utf-8")


def measured(own: Path, cache: Path, author: Address) -> tuple[float, float, float]:
    """Give what opening, opening and one look-up, and a display name's look-up take with the records of *own*."""
    open_registry(own, cache, keep=True)

    def look() -> None:
        match = open_registry(own, cache, keep=False).registry.find(author)
        if match is None:
            raise LookupError(author)

    def name_looked_up() -> float:
        registry = open_registry(own, cache, keep=False).registry  # a second look at the same words reads nothing
        return timed(lambda: claim(registry, "La Banque du Service Client", STRANGER))

    return (
        median(lambda: open_registry(own, cache, keep=False)),
        median(look),
        statistics.median(name_looked_up() for _time in range(TIMES)),
    )


def main() -> None:
    """Print a row for each way, a column for each collection of records."""
    counts = [int(word) for word in sys.argv[1:]] or [3300]
    columns = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "none").mkdir()
        columns["shipped"] = measured(folder / "none", folder / "cache", Address.parse("x@orange.com"))
        for count in counts:
            for way, write in (("imported", imported), ("own", one_by_one)):
                own = folder / f"{way}-{count}"
                own.mkdir()
                write(own, count)
                author = Address.parse(f"noreply@shop-{count // 2}.example")
                columns[f"{count} {way}"] = measured(own, folder / "cache", author)
    names = ("opened", "opened, and one domain looked up", "a display name looked up")
    sys.stdout.write(f"{'':34}" + "".join(f"{title:>20}" for title in columns) + "\n")
    for name, row in zip(names, zip(*columns.values(), strict=True), strict=True):
        cells = "".join(f"{value:8.2f} ms  x{value / row[0]:<7.1f}" for value in row)
        sys.stdout.write(f"{name:34} {cells}\n")


if __name__ == "__main__":
    main()
