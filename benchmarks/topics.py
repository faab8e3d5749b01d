"""What the labelled messages of the tests are taken for, and what it costs: a table of topics, and milliseconds.

    python benchmarks/topics.py [FOLDER]

The messages are those of tests/topics.toml and tests/security.toml. The times are those of the messages (.eml) in a
folder, if one is named: from the bytes to all that is read out of them, and its parts.
"""

import statistics
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from noreply_analyzer.detection import Overrides, judge
from noreply_analyzer.mentions import mentions_in
from noreply_analyzer.message import Message
from noreply_analyzer.policy import read, warm_up
from noreply_analyzer.topic import Topic, classify

TESTS = Path(__file__).parents[1] / "tests"
BULK = (("list-unsubscribe", "<mailto:x@boutique.example>"),)


def tables(name: str) -> dict[str, Any]:
    """Read one of the tests' tables."""
    return tomllib.loads((TESTS / name).read_text("utf-8"))


def taken_for(subject: str, text: str, *, bulk: bool = False, sector: str = "") -> Topic:
    """Say what a message is taken for."""
    fields = BULK if bulk else ()
    message = Message(key="k", message_id=None, date=None, author=None, subject=subject, text=text, fields=fields)
    return classify(message).in_sector(sector).topic


def confusion() -> Iterable[str]:
    """Give the table: a row for what a message is, a column for what it is taken for."""
    seen: Counter[tuple[str, str]] = Counter()
    for each in tables("topics.toml")["message"]:
        topic = taken_for(
            each["subject"], each["text"].strip(), bulk=each.get("bulk", False), sector=each.get("sector", "")
        )
        seen[each["topic"], topic] += 1
    yield " " * 12 + "".join(f"{topic[:6]:>8}" for topic in Topic)
    for topic in Topic:
        yield f"{topic:12}" + "".join(f"{seen[topic, other] or '.':>8}" for other in Topic)
    yield f"{sum(seen[topic, topic] for topic in Topic)} of {seen.total()}"


def security() -> Iterable[str]:
    """Give, of each language, how many security messages are known, and how many others are left alone."""
    for language, lists in tables("security.toml").items():
        counts = {
            answer: sum((taken_for(subject, text) is Topic.SECURITY) is (answer == "yes") for subject, text in rows)
            for answer, rows in lists.items()
        }
        yield f"{language}  " + ", ".join(f"{answer}: {counts[answer]} of {len(lists[answer])}" for answer in lists)


def timed(name: str, work: Callable[[Any], object], items: list[Any]) -> str:
    """Give how long each of *items* takes."""
    taken = []
    for item in items:
        began = time.perf_counter()
        work(item)
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    figures = {"median": statistics.median(taken), "p90": taken[len(taken) * 9 // 10], "max": taken[-1]}
    return f"{name:20}" + "".join(f"{which:>8} {figure:6.2f}" for which, figure in figures.items())


def main() -> None:
    """Print the tables, and the times of a folder."""
    lines = [*confusion(), "", *security()]
    if sys.argv[1:]:
        warm_up()
        raw = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.eml"))]
        messages = [Message.from_bytes(each) for each in raw]
        lines += [
            "",
            f"{len(raw)} messages, milliseconds",
            timed("from the bytes", lambda each: read(each, Overrides()), raw),
            timed("parsed", Message.from_bytes, raw),
            timed("answerable?", judge, messages),
            timed("topic", classify, messages),
            timed("references", mentions_in, messages),
        ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
