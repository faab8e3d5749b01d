"""Messages out of an mbox, in each of the four dialects, whole, cut, and too large."""

import io
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noreply_analyzer.mbox import looks_like_mbox, pieces

FROM = b"From noreply@telecom.example Mon Nov 23 10:11:12 2026\n"
HEAD = b"From: noreply@telecom.example\nSubject: x\n\n"
TEXT = b"Bonjour,\n\nFrom now on all is well.\n>From me\n>>From him\nFrom a@b Mon Nov 23 10:11:12 2026\nSubject: y\n"
QUOTED_O = re.sub(rb"(?m)^From ", b">From ", TEXT)
QUOTED_RD = re.sub(rb"(?m)^(>*From )", rb">\1", TEXT)


def read(content: bytes, *, limit: int = 100_000, at_once: int = 1 << 20) -> list[bytes]:
    """Give what is read, the problem in the place of a message that has one."""
    found = pieces(Drip(content, at_once), limit=limit)
    return [piece.problem.encode() or piece.raw for piece in found]


class Drip(io.BytesIO):
    """A stream that gives little at a time, as a pipe does."""

    def __init__(self, content: bytes, at_once: int) -> None:
        super().__init__(content)
        self._at_once = at_once

    def read(self, count: int | None = -1) -> bytes:
        """Give less than was asked for."""
        return super().read(self._at_once if count is None or count < 0 else min(count, self._at_once))


def counted(text: bytes) -> bytes:
    """Write a message as mboxcl and mboxcl2 do."""
    return HEAD.replace(b"\n\n", b"\nContent-Length: %d\n\n" % len(text)) + text


@pytest.mark.parametrize("at_once", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(
    ("dialect", "stored", "meant"),
    [
        ("mboxo", HEAD + QUOTED_O, HEAD + TEXT.replace(b">>From", b">From").replace(b"\n>From me", b"\nFrom me")),
        ("mboxrd", HEAD + QUOTED_RD, HEAD + TEXT),
        ("mboxcl", counted(QUOTED_RD), counted(QUOTED_RD).replace(QUOTED_RD, TEXT)),
        ("mboxcl2", counted(TEXT), counted(TEXT)),
    ],
)
def test_the_four_dialects(dialect: str, stored: bytes, meant: bytes, at_once: int) -> None:
    """Each gives back what was put in; but for lines that began as ``>From`` in mboxo, which nobody can tell."""
    assert read((FROM + stored + b"\n") * 3, at_once=at_once) == [meant] * 3, dialect


def test_what_stands_unquoted_in_a_counted_text_shows_the_dialect_of_the_file() -> None:
    """In mboxcl2 a later ``>From`` is one that somebody wrote."""
    plain = counted(b">From here\n")

    assert read(FROM + counted(TEXT) + b"\n" + FROM + plain + b"\n") == [counted(TEXT), plain]
    assert read(FROM + plain + b"\n") == [plain.replace(b">From", b"From")]


@pytest.mark.parametrize("length", [0, 3, 10_000, 10**12 - 1])
def test_a_content_length_that_ends_nowhere_is_not_believed(length: int) -> None:
    """Somebody edited the message, or wrote the field to hide the next one."""
    lying = HEAD.replace(b"\n\n", b"\nContent-Length: %d\n\n" % length) + b"Bonjour\n"

    assert read(FROM + lying + b"\n" + FROM + HEAD + b"\n") == [lying, HEAD]


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        (b"From a@b Mon Nov 23 10:11:12 2026", True),
        (b"From a@b Mon Nov  3 10:11:12 2026", True),
        (b"From a@b Mon Nov 23 10:11 2026", True),
        (b"From a@b Mon Nov 23 10:11:12 +0100 2026", True),
        (b"From 1599@xxx Mon Nov 23 10:11:12 +0000 2026", True),
        (b"From a@b Mon Nov 23 10:11:12 MET 2026", True),
        (b"From - Mon Nov 23 10:11:12 2026", True),
        (b"From ???@??? Mon Nov 23 10:11:12 2026", True),
        (b"From MAILER-DAEMON Mon Nov 23 10:11:12 2026 remote from mx", True),
        (b"From a@b Mon, 23 Nov 2026 10:11:12", True),
        (b"From ", True),
        (b"From -", True),
        (b"From now on all is well.", False),
        (b"From 10 o'clock the line is down.", False),
        (b"From: a@b", False),
        (b"from a@b Mon Nov 23 10:11:12 2026", False),
        (b" From a@b Mon Nov 23 10:11:12 2026", False),
    ],
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_lines_that_begin_a_message(line: bytes, ends: bytes, *, begins: bool) -> None:
    """Who and when, in all the ways that programs write it; not a sentence."""
    following = ends + b"Subject: y" + ends + ends + b"b" + ends
    first = b"Subject: x" + ends + ends + b"a" + ends
    content = FROM + first + ends + line + following

    assert len(read(content)) == 1 + begins
    assert looks_like_mbox(line + following) is begins


@pytest.mark.parametrize(
    ("between", "count"),
    [
        (b"\n" + FROM, 2),
        (FROM, 2),  # no blank line before, but the day in full: a file that was put together by hand
        (b"\nFrom - \n", 2),
        (b"From - \n", 1),
        (b"\n" + FROM + FROM, 2),
    ],
)
def test_where_no_blank_line_was_left(between: bytes, count: int) -> None:
    """Then only a line that says when can begin a message; two such lines begin one."""
    assert len(read(FROM + HEAD + b"a\n" + between + HEAD + b"b\n")) == count


def test_a_line_that_no_header_follows_begins_nothing() -> None:
    """A piece of an mbox that somebody quotes in a text, without quoting it."""
    text = b"See:\n\nFrom a@b Mon Nov 23 10:11:12 2026\nwhich is how it begins\n"

    assert read(FROM + HEAD + text) == [HEAD + text]


@pytest.mark.parametrize(
    ("line", "when"),
    [
        (b"From a@b Mon Nov 23 10:11:12 2026", datetime(2026, 11, 23, 10, 11, 12, tzinfo=UTC)),
        (
            b"From a@b Mon Nov 23 10:11:12 +0130 2026",
            datetime(2026, 11, 23, 10, 11, 12, tzinfo=timezone(timedelta(minutes=90))),
        ),
        (b"From a@b Mon Nov 23 10:11 2026 -0500", datetime(2026, 11, 23, 15, 11, tzinfo=UTC)),
        (b"From a@b Mon Nov 31 10:11:12 2026", None),
        (b"From a@b Mon Nov 23 25:11:12 2026", None),
        (b"From a@b Mon Foo 23 10:11:12 2026", None),
        (b"From -", None),
    ],
)
def test_when_it_arrived(line: bytes, when: datetime | None) -> None:
    """As the first line says; nothing where it says nothing."""
    (piece,) = pieces(io.BytesIO(line + b"\n" + HEAD), limit=1000)

    assert piece.received == when


@pytest.mark.parametrize("at_once", [100, 1 << 20])
def test_a_message_over_the_limit_costs_itself(at_once: int) -> None:
    """It is passed over without being held, and named with its size."""
    large = HEAD + b"x" * 79 + b"\n" + b"y" * 900_000 + b"\n"
    found = read(FROM + HEAD + b"\n" + FROM + large + b"\n" + FROM + HEAD, limit=1000, at_once=at_once)

    assert found[0] == found[2] == HEAD
    assert found[1] == f"{len(large) + 1} bytes is larger than limits.message_bytes".encode()


def test_memory_is_that_of_one_message() -> None:
    """However large the file: the window never grows past the limit and a few blocks."""
    import tracemalloc

    class Endless:
        """An archive of 200 megabytes, made as it is read."""

        def __init__(self) -> None:
            self._message = FROM + HEAD + b"bla bla bla\n" * 5_000 + b"\n"
            self._left = 200_000_000 // len(self._message)
            self._rest = b""

        def read(self, count: int, /) -> bytes:
            """Give some."""
            while len(self._rest) < count and self._left:
                self._rest += self._message
                self._left -= 1
            given, self._rest = self._rest[:count], self._rest[count:]
            return given

    tracemalloc.start()
    count = sum(1 for _ in pieces(Endless(), limit=1_000_000))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 200_000_000 // len(FROM + HEAD + b"bla bla bla\n" * 5_000 + b"\n")
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        (FROM + HEAD + b"Bonjour\n\n", False),
        (FROM + HEAD + b"Bonjour\n", False),
        (FROM + HEAD + b"Bonj", True),
        (FROM + b"From: noreply@tele", True),
        (FROM + counted(b"x" * 500 + b"\n")[:300] + b"\n", True),
        (FROM + HEAD + b"\n" + FROM, False),
        (FROM, False),
    ],
)
def test_a_file_that_was_cut_off(content: bytes, *, cut: bool) -> None:
    """It ends within a line, or before the announced length; what there is is given all the same."""
    assert any(piece.cut_off for piece in pieces(io.BytesIO(content), limit=1000)) is cut


@given(
    st.lists(
        st.sampled_from([FROM, HEAD, TEXT, b"\n", b"\r\n", b"From ", b">From ", b"x" * 50, b"Content-Length: 9\n"])
    )
)
def test_whatever_it_is_made_of(parts: list[bytes]) -> None:
    """It ends, gives nothing that was not there, and the size of the blocks changes nothing."""
    content = FROM + b"".join(parts)
    whole = read(content, limit=300)

    assert whole == read(content, limit=300, at_once=3)
    assert sum(map(len, whole)) <= len(content) + 60 * len(whole)


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """Nothing but pieces comes out."""
    assert all(len(piece) <= 300 for piece in read(FROM + content))


@given(st.lists(st.text(st.sampled_from("From >\nab: "), max_size=60).map(str.encode), min_size=1, max_size=5))
def test_what_was_written_as_mboxrd_comes_back(texts: list[bytes]) -> None:
    """Whatever the texts look like, if each ends with a line end."""
    messages = [HEAD + text + b"\n" for text in texts]
    stored = b"".join(FROM + HEAD + re.sub(rb"(?m)^(>*From )", rb">\1", text + b"\n") + b"\n" for text in texts)

    assert read(stored) == messages
