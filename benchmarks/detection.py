"""How often detection is right, over collections of real mail that lie beside the project; and how long it takes.

    python benchmarks/detection.py [FOLDER]

FOLDER holds ``addresses.tsv``, ``phrases.tsv``, ``mail/`` and ``phish/``, the last two with a ``manifest.tsv``; it is
read in place and is by default ``../shared/corpora``. Printed are precision, recall and F1 of "nobody reads an answer",
by set and language; what each label was judged; every miss; and milliseconds a message.
"""

import csv
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from noreply_analyzer.address import Address
from noreply_analyzer.detection import Answerability, Verdict, judge
from noreply_analyzer.errors import AddressError, MessageError
from noreply_analyzer.message import Mailbox, Message
from noreply_analyzer.notices import read

FOLDER = Path(__file__).parents[2] / "shared" / "corpora"
BLANK = Message(key="", message_id=None, date=None, author=None)
ONLY_ELSEWHERE = "only the body/Reply-To says so"
NEVER_ANSWERED = ("bounce", "autoreply")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of a collection, and what we said of it."""

    of: str
    language: str
    label: str
    counted: bool
    """Whether its label is one to measure by; else it is only listed."""
    constructed: bool = False
    what: str
    said: str
    why: str

    @property
    def right(self) -> bool:
        """Whether we said what its label says; a bounce or an automatic answer must be called automatic."""
        if self.label in NEVER_ANSWERED:
            return self.said == Answerability.AUTOMATIC
        return (self.label == "noreply") == (self.said == Answerability.UNANSWERABLE)


@dataclass(frozen=True, kw_only=True)
class Score:
    """How many were found, and how many of those found were meant."""

    cases: int
    meant: int
    found: int
    both: int

    @classmethod
    def over(cls, cases: Iterable[Case]) -> "Score":
        """Count the cases whose label can be argued with by nobody."""
        counted = [case for case in cases if case.counted]
        meant = [case for case in counted if case.label == "noreply"]
        found = [case for case in counted if case.said == Answerability.UNANSWERABLE]
        both = sum(case in meant for case in found)
        return cls(cases=len(counted), meant=len(meant), found=len(found), both=both)

    @property
    def precision(self) -> float:
        """The part of what was found that was meant; 1 where nothing was found."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The part of what was meant that was found; 1 where nothing was meant."""
        return self.both / self.meant if self.meant else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


# Reading the collections


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Give the rows of a table with a heading, its cells set apart by tabs."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def messages(folder: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Give the rows of a folder's manifest, each with its message."""
    for row in rows(folder / "manifest.tsv"):
        yield row, (folder / row["file"]).read_bytes()


def judged(raw: bytes) -> Verdict:
    """Judge a message from its bytes; of one that cannot be read nothing is clear."""
    try:
        return judge(Message.from_bytes(raw))
    except MessageError:
        return Verdict(answerability=Answerability.UNCLEAR)


def why(verdict: Verdict) -> str:
    """Give the evidence on one line."""
    return "; ".join(f"{each.rule} {each.where}: {each.found[:80]}" for each in verdict.evidence)


def addresses(folder: Path) -> Iterator[Case]:
    """Judge each address as the author of a message that says nothing else."""
    for row in rows(folder / "addresses.tsv"):
        try:
            author = Mailbox(address=Address.parse(row["address"]), name=row["display_name"])
            verdict = judge(replace(BLANK, author=author))
        except AddressError as error:
            verdict = Verdict(answerability=Answerability.UNCLEAR)
            sys.stderr.write(f"{row['address']}: {error}\n")
        yield Case(
            of="addresses",
            language=row["language"],
            label=row["label"],
            counted=not row["note"].startswith(ONLY_ELSEWHERE),
            constructed=row["origin"] == "constructed",
            what=f"{row['display_name']} <{row['address']}>",
            said=verdict.answerability,
            why=why(verdict),
        )


def phrases(folder: Path) -> Iterator[Case]:
    """Read each sentence alone."""
    for row in rows(folder / "phrases.tsv"):
        notice = read(row["text"]).notice
        yield Case(
            of="phrases",
            language=row["language"],
            label=row["label"],
            counted=row["label"] != "ambiguous",
            what=row["text"],
            said=Answerability.UNANSWERABLE if notice else Answerability.ANSWERABLE,
            why=notice,
        )


def mail(folder: Path) -> Iterator[Case]:
    """Judge each message of ``mail/`` from its bytes."""
    for row, raw in messages(folder / "mail"):
        verdict = judged(raw)
        yield Case(
            of="mail",
            language=row["language"],
            label=row["label"],
            counted=row["ambiguous"] != "yes",
            what=f"{row['file']} {row['from']} | {row['reply_to']} | {row['subject'][:60]} | {row['reason']}",
            said=verdict.answerability,
            why=why(verdict),
        )


def phish(folder: Path) -> Iterator[Case]:
    """Judge each message of ``phish/``; nobody has labelled these, so they are only counted."""
    for row, raw in messages(folder / "phish"):
        verdict = judged(raw)
        yield Case(
            of="phish",
            language=row["language"],
            label="not labelled",
            counted=False,
            what=f"{row['file']} {row['from_raw']}",
            said=verdict.answerability,
            why=why(verdict),
        )


# Printing


def scores(cases: list[Case]) -> Iterator[tuple[str, str, Score]]:
    """Give the set, the part of it and the score, for each part with something in it."""
    for of in ("addresses", "phrases", "mail"):
        here = [case for case in cases if case.of == of]
        yield of, "all", Score.over(here)
        if any(case.constructed for case in here):
            yield of, "real", Score.over(case for case in here if not case.constructed)
        common = Counter(case.language for case in here if case.counted)
        for language, _count in common.most_common():
            yield of, language, Score.over(case for case in here if case.language == language)


def print_tables(cases: list[Case], write: Callable[[str], object]) -> None:
    """Print the scores, and what each label was judged."""
    write(f"{'set':12}{'part':8}{'rows':>6}{'meant':>7}{'found':>7}{'precision':>11}{'recall':>8}{'F1':>7}\n")
    for of, part, score in scores(cases):
        figures = f"{score.precision:11.3f}{score.recall:8.3f}{score.f1:7.3f}"
        write(f"{of:12}{part:8}{score.cases:6}{score.meant:7}{score.found:7}{figures}\n")
    said = list(Answerability)
    write(f"\n{'set':12}{'label':14}" + "".join(f"{each:>14}" for each in said) + "\n")
    kinds = Counter((case.of, case.label if case.counted else f"({case.label})") for case in cases)
    counts = Counter((case.of, case.label if case.counted else f"({case.label})", case.said) for case in cases)
    for of, label in sorted(kinds):
        write(f"{of:12}{label:14}" + "".join(f"{counts[of, label, each]:14}" for each in said) + "\n")
    write("Labels in brackets are not measured by: ambiguous, told by nothing that we were given, or nobody's.\n")


def print_misses(cases: list[Case], write: Callable[[str], object]) -> None:
    """Print each case that was judged otherwise than its label says."""
    write("\nmisses\n")
    for case in cases:
        if case.counted and not case.right:
            write(f"{case.of} {case.language} {case.label}, judged {case.said}: {case.what!r}\n    {case.why!r}\n")
    drafted = [case for case in cases if case.label in NEVER_ANSWERED and case.said == Answerability.UNANSWERABLE]
    write(f"bounces and automatic answers that would be drafted to: {len(drafted)}\n")


def milliseconds(work: Callable[[], object]) -> float:
    """Give the shortest of three times, for a machine has other things to do."""
    taken = []
    for _time in range(3):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return min(taken)


def print_times(folder: Path, write: Callable[[str], object]) -> None:
    """Print how long the rules over the header take, and the whole way from bytes to a verdict."""
    raws = [raw for part in ("mail", "phish") for _row, raw in messages(folder / part)]
    parsed = [Message.from_bytes(raw) for raw in raws]
    headers = [replace(message, text="") for message in parsed]
    for name, times in (
        ("header rules, fields given", [milliseconds(lambda m=message: judge(m)) for message in headers]),  # type: ignore[misc]
        ("all rules, message given", [milliseconds(lambda m=message: judge(m)) for message in parsed]),  # type: ignore[misc]
        ("from bytes to the verdict", [milliseconds(lambda r=raw: judged(r)) for raw in raws]),  # type: ignore[misc]
    ):
        tenths = statistics.quantiles(times, n=10)
        figures = f"median {statistics.median(times):8.3f}   nine in ten {tenths[-1]:8.3f}   worst {max(times):8.3f}"
        write(f"{name:28}{figures} ms\n")


def main() -> int:
    """Print everything; say so where there is nothing to measure by."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    if not folder.is_dir():
        sys.stderr.write(f"no collection of real mail at {folder}\n")
        return 1
    cases = [case for part in (addresses, phrases, mail, phish) for case in part(folder)]
    print_tables(cases, sys.stdout.write)
    print_misses(cases, sys.stdout.write)
    sys.stdout.write("\n")
    print_times(folder, sys.stdout.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
