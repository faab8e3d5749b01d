"""Messages that lie in files: which are found, and which are named and skipped."""

import os
from pathlib import Path

import pytest

from noreply_analyzer.errors import DataError
from noreply_analyzer.files import StoredMessage, Unreadable, messages_in

RAW = b"From: noreply@telecom.example\r\n\r\nBonjour\r\n"


def test_a_file_is_one_message(tmp_path: Path) -> None:
    """Whatever it is called, byte for byte: signatures cover these bytes."""
    path = tmp_path / "message"
    path.write_bytes(RAW + b"\xff\x00\n\r")

    assert list(messages_in(path, limit=1000)) == [StoredMessage(path=path, index=0, raw=RAW + b"\xff\x00\n\r")]


def test_a_folder_is_every_eml_below_it_by_name(tmp_path: Path) -> None:
    """In upper case, too; what is called otherwise is somebody else's."""
    names = ["b.eml", "a.EML", "c/d/e.eml", "c/a.eml", "notes.txt", "c/eml", "z.eml.bak"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(RAW)

    found = [entry.path.relative_to(tmp_path).as_posix() for entry in messages_in(tmp_path, limit=1000)]
    assert found == ["a.EML", "b.eml", "c/a.eml", "c/d/e.eml"]


def test_an_empty_folder_has_no_messages(tmp_path: Path) -> None:
    """That is no error."""
    assert list(messages_in(tmp_path, limit=1000)) == []


def test_what_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """Somebody mistyped it: status 65, before anything is looked at."""
    with pytest.raises(DataError, match="there is no such file or folder"):
        list(messages_in(tmp_path / "missing", limit=1000))


@pytest.mark.parametrize(("limit", "read"), [(len(RAW), True), (len(RAW) - 1, False)])
def test_a_message_over_the_limit_is_named(tmp_path: Path, limit: int, *, read: bool) -> None:
    """With its size and the key that would let it in; the others are read."""
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "b.eml").write_bytes(b"")
    first, second = messages_in(tmp_path, limit=limit)

    assert isinstance(first, StoredMessage) is read
    if isinstance(first, Unreadable):
        assert f"a.eml: {len(RAW)} bytes is larger than limits.message_bytes" in first.sentence
    assert isinstance(second, StoredMessage)


def test_a_pipe_is_named_and_never_waited_for(tmp_path: Path) -> None:
    """A FIFO without a writer would keep the program for ever."""
    os.mkfifo(tmp_path / "a.eml")
    (tmp_path / "b.eml").write_bytes(RAW)
    first, second = messages_in(tmp_path, limit=1000)

    assert isinstance(first, Unreadable)
    assert first.sentence.endswith("a.eml: is not a regular file")
    assert isinstance(second, StoredMessage)


def test_a_link_leads_to_its_message_and_a_broken_one_is_named(tmp_path: Path) -> None:
    """Mail archives are full of links."""
    (tmp_path / "real").write_bytes(RAW)
    (tmp_path / "a.eml").symlink_to(tmp_path / "real")
    (tmp_path / "b.eml").symlink_to(tmp_path / "gone")
    first, second = messages_in(tmp_path, limit=1000)

    assert first == StoredMessage(path=tmp_path / "a.eml", index=0, raw=RAW)
    assert isinstance(second, Unreadable)


def test_a_folder_of_folders_that_goes_round_in_a_circle_ends(tmp_path: Path) -> None:
    """Links to folders are not followed."""
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "again").symlink_to(tmp_path)

    assert [entry.path.name for entry in messages_in(tmp_path, limit=1000)] == ["a.eml"]


def test_a_folder_called_like_a_message_is_looked_into(tmp_path: Path) -> None:
    """Some mail programs store one message in a folder of its parts."""
    (tmp_path / "x.eml").mkdir()
    (tmp_path / "x.eml" / "y.eml").write_bytes(RAW)

    assert [entry.path.name for entry in messages_in(tmp_path, limit=1000)] == ["y.eml"]
