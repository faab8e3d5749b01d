"""What a letter costs: one PDF, first and later, and a whole run that saves a hundred drafts with letters.

    python benchmarks/letters.py [DRAFTS]

The letters are those of the gallery. The run reads a Maildir in a temporary folder, with one signed bill by each of so
many operators; the DNS is at hand, everything else is real.
"""

import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from noreply_analyzer.config import Settings, parse
from noreply_analyzer.enclosing import compose_whole
from noreply_analyzer.equipment import Entry, Equipment
from noreply_analyzer.interruption import Interruption
from noreply_analyzer.letter import compose_letter
from noreply_analyzer.opening import open_store
from noreply_analyzer.registry import Registry, read_operator
from noreply_analyzer.run import run_accounts
from noreply_analyzer.specimens import specimens
from noreply_analyzer.state import State
from noreply_analyzer.testing import DkimKey, Zone, bill
from noreply_analyzer.workbench import Workbench
from noreply_analyzer.worker import Worker

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
RECORD = """
slug = "{name}"
name = "Exemple {number}"
sector = "telecom"
websites = ["{name}.example"]

[[senders]]
domain = "{name}.example"
sources = ["https://{name}.example/contact"]
stated_on = 2026-11-01
checked_on = 2026-11-10

[[channels]]
id = "service-client"
medium = "post"
purpose = "customer-service"
audience = "consumers"
lines = ["Exemple {number}", "Service Clients", "TSA 00000", "00000 VILLE CEDEX"]
quality = "archived"
stated_on = 2026-11-01
checked_on = 2026-11-10
sources = ["https://{name}.example/contact"]
"""


def main() -> None:
    """Print the figures."""
    drafts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    one_letter()
    with tempfile.TemporaryDirectory() as folder:
        a_run(Path(folder), drafts)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def one_letter() -> None:
    """Time a PDF, and the draft that it is attached to."""
    briefs = [one.brief for language in ("fr", "en") for one in specimens(language) if one.shape == "letter"]
    took, sizes = [], []
    for brief in briefs:
        began = time.perf_counter()
        sizes.append(len(compose_letter(brief)))
        took.append(time.perf_counter() - began)
    say(
        f"a PDF: first {took[0] * 1000:.0f} ms, then median {statistics.median(took[1:]) * 1000:.1f} ms,"
        f" worst {max(took[1:]) * 1000:.1f} ms; {statistics.median(sizes) / 1000:.1f} kB, at most"
        f" {max(sizes) / 1000:.1f} kB ({len(briefs)} letters)"
    )
    took = []
    for brief in briefs:
        began = time.perf_counter()
        size = len(compose_whole(brief).as_bytes())
        took.append(time.perf_counter() - began)
    say(f"a draft with its letter: median {statistics.median(took) * 1000:.1f} ms; {size / 1000:.1f} kB")


def a_run(folder: Path, drafts: int) -> None:
    """Time a run that answers *drafts* operators, and one that finds nothing new."""
    names = [f"exemple-{number}" for number in range(drafts)]
    keys = [DkimKey.ed25519(f"{name}.example") for name in names]
    records = [RECORD.format(name=name, number=number) for number, name in enumerate(names)]
    registry = Registry.of([read_operator(text, name) for text, name in zip(records, names, strict=True)], [])
    for number, key in enumerate(keys):
        raw = key.sign(bill(f"Exemple {number} <noreply@{key.domain}>", number=number))
        deliver(folder / "Maildir", f"1763{number:06}.M1P1.host", raw)
    settings = parse(
        {
            "timezone": "Europe/Paris",
            "identity": {"name": "Anne Martin", "address": ["12 rue des Lilas", "17000 La Rochelle"]},
            "accounts": [{"name": "perso", "address": "anne@example.org", "path": str(folder / "Maildir")}],
            "drafting": {"per_run": drafts, "pending_total": drafts},
        }
    )
    for title in (f"a run with {drafts} drafts", "a run with nothing new"):
        began = time.perf_counter()
        with ExitStack() as things:
            saved = run(settings, folder, registry, Zone.of(*keys), things)
        say(f"{title}: {time.perf_counter() - began:.2f} s; {saved} saved")


def deliver(maildir: Path, name: str, raw: bytes) -> None:
    """Put a message into a Maildir."""
    for box in ("", ".Brouillons", ".Envoy&AOk-s"):
        for part in ("cur", "new", "tmp"):
            (maildir / box / part).mkdir(parents=True, exist_ok=True)
    (maildir / "new" / name).write_bytes(raw.replace(b"\r\n", b"\n"))


def run(settings: Settings, folder: Path, registry: Registry, zone: Zone, things: ExitStack) -> int:
    """Do what ``run`` does; give how many messages have a draft."""
    answered: list[Entry] = []
    worker = things.enter_context(Worker())
    status = run_accounts(
        Equipment(
            settings=settings,
            state=things.enter_context(State.open(folder / "state.sqlite3")),
            open_registry=lambda: registry,
            tools=Workbench(worker, zone, seconds=settings.limits.message_seconds),
            open_store=lambda account, remaining: open_store(account, settings, {}, remaining),
            clock=lambda: NOW,
            stop=things.enter_context(Interruption()),
            say=lambda what: answered.append(what) if isinstance(what, Entry) and what.draft else None,
        ),
        settings.accounts,
    )
    if status:
        say(f"status {status}")
    return len(answered)


if __name__ == "__main__":
    main()
