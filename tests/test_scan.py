"""The one-off look: every message of a file or a folder, however old, and nothing written."""

import itertools
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, PROVEN, UNSIGNED, an_operator

from noreply_analyzer.authentication import Authentication
from noreply_analyzer.detection import Overrides
from noreply_analyzer.errors import DataError, MessageError
from noreply_analyzer.files import messages_in
from noreply_analyzer.message import Message
from noreply_analyzer.period import Period
from noreply_analyzer.policy import Preferences, Reading, read
from noreply_analyzer.registry import Registry
from noreply_analyzer.scan import Examiner, Scanned, scan
from noreply_analyzer.source import InFile, Unreadable

BILL = (
    "From: Télécom Exemple <noreply@telecom.example>\r\nTo: anne@example.org\r\n"
    "Date: Mon, 02 Mar 2015 08:00:00 +0100\r\n"
    "Message-ID: <facture@telecom.example>\r\nSubject: Votre facture\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "Votre facture de 42,99 € est disponible. Merci de ne pas répondre à ce message.\r\n"
).encode()


class Bench:
    """Tools that read for real, and believe or doubt every author."""

    def __init__(self, answer: Authentication) -> None:
        self.answer = answer

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Read, without a deadline; one message takes too long."""
        if b"X-Slow" in raw:
            raise MessageError("it takes too long")
        return read(raw, overrides)

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Give the answer."""
        del raw, message, at, arrived, every
        return self.answer


def scanned(*places: Path, answer: Authentication = PROVEN, period: Period | None = None) -> list[Scanned | Unreadable]:
    """Scan *places* for a user without a configuration."""
    examiner = Examiner(
        preferences=Preferences(), registry=Registry.of([an_operator()]), tools=Bench(answer), clock=lambda: NOW
    )
    found = itertools.chain.from_iterable(messages_in(place, limit=10_000) for place in places)
    return list(scan(found, examiner=examiner, period=period))


@pytest.mark.parametrize(("answer", "rule"), [(PROVEN, "unanswerable-proven"), (UNSIGNED, "unproven")])
def test_an_archive_is_judged_however_old_it_is(tmp_path: Path, answer: Authentication, rule: str) -> None:
    """A bill of 2015 is what a run would leave alone and a scan is for."""
    (tmp_path / "a.eml").write_bytes(BILL)
    (found,) = scanned(tmp_path, answer=answer)

    assert isinstance(found, Scanned)
    assert found.where == InFile(path=str(tmp_path / "a.eml"))
    assert found.analysis.decision.rule == rule


def test_what_cannot_be_read_is_named_and_costs_no_other(tmp_path: Path) -> None:
    """Too large, too slow, no message at all: each a sentence with its path; the rest is judged."""
    (tmp_path / "a.eml").write_bytes(BILL + b"x" * 10_000)
    (tmp_path / "b.eml").write_bytes(b"X-Slow: yes\r\n" + BILL)
    (tmp_path / "c.eml").write_bytes(b"")
    (tmp_path / "d.eml").write_bytes(BILL)
    *skipped, last = scanned(tmp_path)

    assert isinstance(last, Scanned)
    assert [type(item) for item in skipped] == [Unreadable] * 3
    assert all(item.sentence.startswith(f"{item.where}: ") for item in skipped if isinstance(item, Unreadable))


def test_places_are_looked_at_in_the_order_given(tmp_path: Path) -> None:
    """Each by itself; one that does not exist ends it."""
    (tmp_path / "b").write_bytes(BILL)
    (tmp_path / "a").write_bytes(BILL)

    assert [str(item.where)[-1] for item in scanned(tmp_path / "b", tmp_path / "a")] == ["b", "a"]
    with pytest.raises(DataError, match="no such file"):
        scanned(tmp_path / "a", tmp_path / "missing")


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [
        ("2015-03-02", "", True),
        ("2015-03-03", "", False),
        ("", "2015-03-02", True),
        ("", "2015-03-01", False),
        ("2015-03-01", "2015-03-02", True),
        ("90d", "", False),
    ],
)
def test_a_message_in_a_file_is_dated_by_itself(tmp_path: Path, since: str, until: str, *, inside: bool) -> None:
    """A file says nothing of arrival; the Date field has to do."""
    (tmp_path / "a.eml").write_bytes(BILL)
    period = Period.of(since, until, now=NOW, zone=ZoneInfo("Europe/Paris"))

    assert len(scanned(tmp_path, period=period)) == inside


def test_a_scan_changes_nothing(tmp_path: Path) -> None:
    """Not a byte, not a file more."""
    (tmp_path / "a.eml").write_bytes(BILL)
    scanned(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.eml": BILL}
