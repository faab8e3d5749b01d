"""Messages that lie in files: which are found, and which are named and skipped."""

import io
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noreply_analyzer.errors import DataError
from noreply_analyzer.files import messages_in, messages_of
from noreply_analyzer.source import InFile, Stored, Unreadable

RAW = b"From: noreply@telecom.example\r\n\r\nBonjour\r\n"


def names_in(folder: Path, *patterns: str) -> list[str]:
    """Name what was read in a folder, by path, and by number in an mbox."""
    found = [str(item.where) for item in messages_in(folder, limit=1000, patterns=patterns)]
    return [name.removeprefix(f"{folder}/") for name in found]


def maildir(folder: Path, **messages: bytes) -> None:
    """Make a Maildir with messages that were not looked at yet."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for name, raw in messages.items():
        (folder / "new" / name).write_bytes(raw)


def test_a_file_is_one_message(tmp_path: Path) -> None:
    """Whatever it is called, byte for byte: signatures cover these bytes."""
    path = tmp_path / "message"
    path.write_bytes(RAW + b"\xff\x00\n\r")

    assert list(messages_in(path, limit=1000)) == [Stored(where=InFile(path=str(path)), raw=RAW + b"\xff\x00\n\r")]


def test_a_folder_is_every_eml_below_it_by_name(tmp_path: Path) -> None:
    """In upper case, too; what is called otherwise is somebody else's."""
    names = ["b.eml", "a.EML", "c/d/e.eml", "c/a.eml", "notes.txt", "c/eml", "z.eml.bak"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(RAW)

    assert names_in(tmp_path) == ["a.EML", "b.eml", "c/a.eml", "c/d/e.eml"]


def test_a_folder_without_mail_is_an_error(tmp_path: Path) -> None:
    """Somebody meant another one: status 65, and what was looked for."""
    (tmp_path / "notes.txt").write_bytes(b"From here it is not far.\n")

    with pytest.raises(DataError, match="no mail was found in this folder"):
        list(messages_in(tmp_path, limit=1000))


def test_what_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """Somebody mistyped it: status 65, before anything is looked at."""
    with pytest.raises(DataError, match="there is no such file or folder"):
        list(messages_in(tmp_path / "missing", limit=1000))


@pytest.mark.parametrize(("limit", "read"), [(len(RAW), True), (len(RAW) - 1, False)])
def test_a_message_over_the_limit_is_named(tmp_path: Path, limit: int, *, read: bool) -> None:
    """With the key that would let it in; the others are read."""
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "b.eml").write_bytes(b"")
    first, second = messages_in(tmp_path, limit=limit)

    assert isinstance(first, Stored) is read
    if isinstance(first, Unreadable):
        assert f"a.eml: is larger than {limit} bytes (limits.message_bytes)" in first.sentence
    assert isinstance(second, Stored)


def test_a_pipe_is_named_and_never_waited_for(tmp_path: Path) -> None:
    """A FIFO without a writer would keep the program for ever."""
    os.mkfifo(tmp_path / "a.eml")
    (tmp_path / "b.eml").write_bytes(RAW)
    first, second = messages_in(tmp_path, limit=1000)

    assert isinstance(first, Unreadable)
    assert "a.eml: is not a regular file" in first.sentence
    assert isinstance(second, Stored)


def test_a_link_leads_to_its_message_and_a_broken_one_is_named(tmp_path: Path) -> None:
    """Mail archives are full of links."""
    (tmp_path / "real").write_bytes(RAW)
    (tmp_path / "a.eml").symlink_to(tmp_path / "real")
    (tmp_path / "b.eml").symlink_to(tmp_path / "gone")
    first, second = messages_in(tmp_path, limit=1000)

    assert first == Stored(where=InFile(path=str(tmp_path / "a.eml")), raw=RAW)
    assert isinstance(second, Unreadable)


def test_a_folder_of_folders_that_goes_round_in_a_circle_ends(tmp_path: Path) -> None:
    """Links to folders are not followed."""
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "again").symlink_to(tmp_path)

    assert names_in(tmp_path) == ["a.eml"]


def test_a_folder_called_like_a_message_is_looked_into(tmp_path: Path) -> None:
    """Some mail programs store one message in a folder of its parts."""
    (tmp_path / "x.eml").mkdir()
    (tmp_path / "x.eml" / "y.eml").write_bytes(RAW)

    assert names_in(tmp_path) == ["x.eml/y.eml"]


# Trees of mailboxes -------------------------------------------------------------------------------------------------

MBOX = b"From a@b Mon Nov 23 10:11:12 2026\n" + RAW + b"\n"


def test_a_maildir_is_read_in_place(tmp_path: Path) -> None:
    """What is new and what was read, in the order of delivery; flags and arrival as the mail program left them."""
    maildir(tmp_path, **{"1700000002.a.host": RAW})
    (tmp_path / "cur" / "1700000001.b.host:2,DS").write_bytes(RAW)
    (tmp_path / "tmp" / "1700000000.c.host").write_bytes(RAW)
    (tmp_path / "new" / ".hidden").write_bytes(RAW)
    os.utime(tmp_path / "cur" / "1700000001.b.host:2,DS", (0, 1_700_000_000))
    first, second = messages_in(tmp_path, limit=1000)

    assert isinstance(first, Stored)
    assert first.flags == {"\\Draft", "\\Seen"}
    assert first.received == datetime.fromtimestamp(1_700_000_000, UTC)
    assert str(second.where).endswith("new/1700000002.a.host")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [".hidden", "1700000002.a.host"]


def test_a_tree_of_mailboxes_is_read_without_drafts_sent_junk_and_trash(tmp_path: Path) -> None:
    """Maildir++, folders in folders, mboxes of a mail program: by what they are called."""
    maildir(tmp_path / "m", a=RAW)
    for name in (".Archives.2025", ".Brouillons", ".&AMk-l&AOk-ments envoy&AOk-s", ".Trash.old"):
        maildir(tmp_path / "m" / name, b=RAW)
    maildir(tmp_path / "t" / "INBOX", c=RAW)
    maildir(tmp_path / "t" / "Sent", d=RAW)
    maildir(tmp_path / "t" / "Archives" / "2024", e=RAW)
    for name in ("p/Inbox", "p/Inbox.msf", "p/Trash", "p/Archives.sbd/2023", "p/x.mbox"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(MBOX if not name.endswith("msf") else b"// <!-- <mdb:mork:z")

    assert names_in(tmp_path / "m") == ["new/a", ".Archives.2025/new/b"]
    assert names_in(tmp_path / "t") == ["INBOX/new/c", "Archives/2024/new/e"]
    assert names_in(tmp_path / "p") == ["Archives.sbd/2023", "Inbox", "x.mbox"]
    assert names_in(tmp_path / "m", "Archives/*") == [".Archives.2025/new/b"]
    assert names_in(tmp_path / "m", "Brouillons") == [".Brouillons/new/b"]
    assert names_in(tmp_path / "m" / ".Brouillons") == ["new/b"]
    assert names_in(tmp_path / "p", "Archives/2023", "Trash") == ["Archives.sbd/2023", "Trash"]
    with pytest.raises(DataError, match=r"no mailbox is called Nope; there are Archives/2025, Brouillons, INBOX"):
        names_in(tmp_path / "m", "Nope")


def test_a_message_that_is_moved_meanwhile_is_found_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    """A mail program is at work in the same Maildir."""
    maildir(tmp_path, **{"1.a": RAW, "2.b": RAW, "3.c": RAW})
    reading = messages_in(tmp_path, limit=1000)
    found = [next(reading)]
    (tmp_path / "new" / "2.b").rename(tmp_path / "cur" / "2.b:2,S")
    (tmp_path / "new" / "3.c").unlink()
    found += reading

    assert [str(item.where).rpartition("/")[2] for item in found] == ["1.a", "2.b"]


def test_a_folder_of_mh_is_known_by_its_mark(tmp_path: Path) -> None:
    """Elsewhere a file called 1 is anybody's."""
    (tmp_path / "inbox").mkdir()
    for name in ("1", "2", ".mh_sequences", "draft.txt"):
        (tmp_path / "inbox" / name).write_bytes(RAW)

    assert names_in(tmp_path) == ["inbox/1", "inbox/2"]


def test_a_folder_of_very_many_files_is_looked_through_once(tmp_path: Path) -> None:
    """What is no mail is not named, and ten times as many files take about ten times as long, not a hundred times."""

    def seconds(count: int) -> float:
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.dat").touch()
        (folder / "a.eml").write_bytes(RAW)
        began = time.process_time()
        assert names_in(folder) == ["a.eml"]
        return time.process_time() - began

    assert seconds(10_000) < 40 * max(seconds(1_000), 0.005)


def test_what_comes_by_a_pipe_is_one_message_or_an_mbox() -> None:
    """It cannot be read twice, so its beginning decides."""
    one = list(messages_of(io.BytesIO(RAW), limit=1000))
    many = list(messages_of(io.BytesIO(MBOX * 3), limit=1000))
    large = list(messages_of(io.BytesIO(RAW * 100), limit=1000))

    assert one == [Stored(where=InFile(path="-"), raw=RAW)]
    assert [str(item.where) for item in many] == ["-", "-:1", "-:2"]
    assert [type(item) for item in large] == [Unreadable]
