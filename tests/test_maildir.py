"""An account without a server: a Maildir is read in place, and drafts are put into it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from schema import messages, objects
from servers.dnsd import Bad, DnsServer
from servers.dovecot import Dovecot
from test_cut_off import bill, unknown
from world import BANQUE, COLIS, TELECOM, MaildirWorld, World, text_of

from noreply_analyzer import maildir
from noreply_analyzer.errors import ConfigError, MessageError, ServerRefusedError, StateError
from noreply_analyzer.mailnames import decoded
from noreply_analyzer.source import MessageRef, Position

BILL = b"From: noreply@telecom.example\nSubject: x\n\nMerci de ne pas repondre.\n"
LONG_AGO = date(1970, 1, 1)


def make(folder: Path, *names: str) -> Path:
    """Make a Maildir and mailboxes below it."""
    for name in ("", *names):
        for part in ("cur", "new", "tmp"):
            (folder / name / part).mkdir(parents=True, exist_ok=True)
    return folder


def opened(folder: Path) -> maildir.Store:
    """Open a Maildir as a run does."""
    return maildir.Store(folder, message_bytes=10_000)


# The whole run ------------------------------------------------------------------------------------------------------


def test_a_bill_in_new_becomes_one_draft_in_cur(maildir_world: MaildirWorld) -> None:
    r"""Flagged \Draft, with the line ends of a Maildir, readable by its owner alone; the bill stays where it was."""
    world = maildir_world
    world.deliver(bill(world, TELECOM))
    before = sorted(path.name for path in (world.maildir / "new").iterdir())

    ends = [world.run() for _ in range(3)]

    assert [done.returncode for done in ends] == [0, 0, 0], ends
    assert [bool(done.stdout) for done in ends] == [True, False, False]
    (draft,) = (world.maildir / ".Brouillons" / "cur").iterdir()
    assert draft.name.endswith(":2,D")
    assert b"\r" not in draft.read_bytes()
    assert draft.stat().st_mode & 0o777 == 0o600
    assert [message["In-Reply-To"] for message in world.drafts()] == ["<bill-1@telecom.example>"]
    assert sorted(path.name for path in (world.maildir / "new").iterdir()) == before
    assert list((world.maildir / ".Brouillons" / "tmp").iterdir()) == []


def test_a_dry_run_touches_nothing(maildir_world: MaildirWorld) -> None:
    """Neither the Maildir nor the state."""
    world = maildir_world
    world.deliver(bill(world, TELECOM))
    before = sorted(path for path in world.folder.rglob("*"))

    done = world.run("--dry-run")
    *_messages, summary = world.run_json("--dry-run")

    assert "would save a draft" in done.stdout
    assert (summary["drafts"], summary["dry_run"]) == (1, True)
    assert sorted(path for path in world.folder.rglob("*")) == before
    assert world.run_json()[-1]["dry_run"] is False


@pytest.mark.parametrize("where", ["after-intent", "maildir:Drafts.append", "maildir:_write"])
def test_a_run_that_is_killed_leaves_one_draft_after_the_next(maildir_world: MaildirWorld, where: str) -> None:
    """Before the draft is there, half-way, and before anybody wrote it down."""
    world = maildir_world
    world.deliver(bill(world, TELECOM), bill(world, COLIS))

    killed = world.run(dying=where)
    ends = [world.run() for _ in range(2)]

    assert killed.returncode == -signal.SIGKILL
    assert [done.returncode for done in ends] == [0, 0], ends
    assert len(world.drafts()) == 2


def test_a_message_that_is_read_flagged_or_moved_is_not_answered_again(maildir_world: MaildirWorld) -> None:
    """What the mail program does to it changes its name and its time, and it is still the same."""
    world = maildir_world
    world.deliver(bill(world, TELECOM), bill(world, COLIS))
    world.run()
    first, second = sorted((world.maildir / "new").iterdir())
    first.rename(world.maildir / "cur" / f"{first.name}:2,S")
    copy = world.maildir / ".Corbeille" / "cur" / "another.name"
    shutil.copy(second, copy)
    second.rename(world.maildir / "cur" / f"{second.name}:2,RS")
    copy.rename(world.maildir / "cur" / "9.back")

    done = world.run()

    assert (done.returncode, done.stdout) == (0, "")
    assert len(world.drafts()) == 2


def test_what_is_moved_into_the_mailbox_later_is_found_however_old_its_file(maildir_world: MaildirWorld) -> None:
    """A user sorts mail by hand; the time of a file is the day of its arrival."""
    world = maildir_world
    world.deliver(bill(world, COLIS))
    world.deliver(bill(world, TELECOM, days=10), mailbox="Corbeille", received=world.now - timedelta(days=10))
    world.run()
    (moved,) = (world.maildir / ".Corbeille" / "new").iterdir()
    moved.rename(world.maildir / "new" / moved.name)

    world.run()

    assert len(world.drafts()) == 2


@pytest.mark.parametrize("how", ["edited", "sent"])
def test_a_draft_that_lies_there_counts_without_any_state(maildir_world: MaildirWorld, how: str) -> None:
    """The state is lost, the draft was edited, or sent and filed: no second one."""
    world = maildir_world
    world.deliver(bill(world, TELECOM))
    world.run()
    (draft,) = (world.maildir / ".Brouillons" / "cur").iterdir()
    text = draft.read_bytes().split(b"Message-ID:")
    edited = text[0] + b"Message-ID: <edited@mua.example>\n" + text[1].partition(b"\n")[2]
    draft.unlink()
    target = ".Brouillons" if how == "edited" else ".Envoy&AOk-s"
    filed = world.maildir / target / "cur" / "1.edited:2,S"
    filed.write_bytes(edited)
    os.utime(filed, (world.now.timestamp(), world.now.timestamp()))
    world.state.unlink()

    done = world.run()

    assert done.returncode == 0
    assert len(world.drafts()) == (how == "edited")


@pytest.mark.parametrize("mailbox", ["Brouillons", "Envoy&AOk-s"])
def test_what_the_user_answers_while_a_run_is_at_work_is_seen(
    maildir_world: MaildirWorld, dns: DnsServer, mailbox: str
) -> None:
    """The run waits for the DNS, the user writes or sends an answer meanwhile: no draft is made beside it."""
    world = maildir_world
    world.deliver(bill(world, TELECOM), bill(world, COLIS))
    answer = b"Subject: Re: facture\nMessage-ID: <u@example.org>\nIn-Reply-To: <bill-1@telecom.example>\n\nx\n"
    dns.zone[COLIS.key.name] = Bad.SILENCE
    running = world.start()
    while COLIS.key.name not in dns.names_asked():
        time.sleep(0.02)
    world.deliver(answer, mailbox=mailbox, flags="S")

    out, err = running.communicate(timeout=60)

    assert (running.returncode, err) == (0, "")
    assert "there is an answer to it in" in out
    assert len(world.drafts()) == (1 if mailbox == "Brouillons" else 0)


def outline(draft: EmailMessage) -> tuple[str, ...]:
    """Give all that makes up a draft, but for the minute when it was written."""
    fields = ("From", "To", "Subject", "Message-ID", "In-Reply-To", "References")
    return (*(str(draft[name]) for name in fields), text_of(draft).replace("\r\n", "\n"))


@pytest.mark.dovecot
def test_the_same_run_on_a_maildir_and_on_dovecot_gives_the_same_drafts(
    make_world: Callable[..., World], dovecot: Dovecot, tmp_path: Path
) -> None:
    """The very files of the server, copied: same drafts, same lines."""
    world = make_world()
    world.deliver(
        *(bill(world, operator, str(n), days=n) for operator in (TELECOM, COLIS, BANQUE) for n in (1, 2)),
        *(unknown(world, str(n)) for n in range(3)),
        bill(world, TELECOM, "old", days=60),
    )
    for mailbox in ("INBOX", "Brouillons"):
        world.fetch_all(mailbox)
    copy = tmp_path / "copy"
    real = {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}
    subprocess.run(["cp", "-a", str(dovecot.folder_of(world.user)), str(copy)], check=True, env=real)

    by_server = world.run()
    drafts = sorted(outline(draft) for draft in world.drafts())
    world.state.unlink()
    text = world.config.read_text("utf-8")
    account = text[text.index("[[accounts]]") :]
    place = f'[[accounts]]\nname = "perso"\naddress = "anne@example.org"\npath = "{copy}"\n'
    world.config.write_text(text.replace(account, place), "utf-8")
    by_files = world.run()
    written = [path.read_bytes() for path in (copy / ".Brouillons" / "cur").iterdir()]

    assert (by_files.returncode, by_files.stderr) == (0, "")
    assert sorted(by_files.stdout.splitlines()) == sorted(by_server.stdout.splitlines())
    assert sorted(outline(message_from_bytes(raw, policy=default)) for raw in written) == drafts
    assert len(drafts) == 3


# One room at a time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        ((".Brouillons", ".Archives.2025"), {"INBOX", "Brouillons", "Archives/2025"}),
        (("INBOX.Sent", "work/Drafts", "work"), {"INBOX", "INBOX.Sent", "work", "work/Drafts"}),
        ((".&AMk-l&AOk-ments", ".A&-B", ".&broken", ".&AAA-"), {"INBOX", "Éléments", "A&B", "&broken", "&AAA-"}),
    ],
)
def test_mailboxes_by_their_names(tmp_path: Path, folders: tuple[str, ...], names: set[str]) -> None:
    """Maildir++ and folders in folders; what is no modified UTF-7 is taken as it stands."""
    assert {box.name for box in opened(make(tmp_path, *folders)).listed()} == names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Envoy&AOk-s", "Envoyés"),
        ("A&-B", "A&B"),
        ("&2D3cqQ-", "💩"),
        ("&AAo-", "&AAo-"),
        ("a&b", "a&b"),
        ("&AC8-", "&AC8-"),
    ],
)
def test_modified_utf_7(written: str, name: str) -> None:
    """Never a line end, never a slash that would be a level."""
    assert decoded(written) == name


def test_no_maildir_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    """It says what was looked for."""
    with pytest.raises(ConfigError, match="is no Maildir: it has no folders cur and new"):
        opened(tmp_path)


def test_no_drafts_mailbox_is_one_too(tmp_path: Path) -> None:
    """None is ever made."""
    with pytest.raises(ConfigError, match=r"set `drafts` to one of Archive$"):
        opened(make(tmp_path, ".Archive")).drafts()


def test_what_came_is_given_once_the_position_is_known(tmp_path: Path) -> None:
    """What came within the last two seconds is given twice: its neighbours may have come at the same instant."""
    folder = make(tmp_path)
    (folder / "new" / "1.a").write_bytes(BILL)
    came = (folder / "new" / "1.a").stat().st_ctime_ns
    store = maildir.Store(folder, message_bytes=10_000, nanoseconds=lambda: came + 10_000_000_000)
    reached = store.position("INBOX")
    hurried = maildir.Store(folder, message_bytes=10_000, nanoseconds=lambda: came + 1_000_000_000).position("INBOX")

    assert [found.ref.mailbox for found in store.messages("INBOX", after=None, since=LONG_AGO)] == ["INBOX"]
    assert list(store.messages("INBOX", after=reached, since=LONG_AGO)) == []
    assert len(list(store.messages("INBOX", after=hurried, since=LONG_AGO))) == 1


def test_a_position_of_a_clock_that_was_wrong_is_none(tmp_path: Path) -> None:
    """A clock that was ahead must not hide what comes until then."""
    folder = make(tmp_path)
    (folder / "new" / "1.a").write_bytes(BILL)
    ahead = Position(uid_validity=1, uid_next=2**62)

    assert len(list(opened(folder).messages("INBOX", after=ahead, since=LONG_AGO))) == 1


def test_fetching(tmp_path: Path) -> None:
    """Byte for byte; ``None`` if it is gone; a sentence if it is too large."""
    folder = make(tmp_path)
    (folder / "cur" / "1.a:2,S").write_bytes(BILL)
    (folder / "cur" / "2.b:2,").write_bytes(BILL + b"x" * 20_000)
    store = opened(folder)
    first, second = (found.ref for found in store.messages("INBOX", after=None, since=LONG_AGO))

    assert store.fetch(first) == BILL
    with pytest.raises(MessageError, match=r"larger than limits\.message_bytes"):
        store.fetch(second)
    assert store.fetch(MessageRef(mailbox="INBOX", uid_validity=1, uid=7)) is None
    assert store.fetch(MessageRef(mailbox="INBOX", uid_validity=2, uid=first.uid)) is None
    assert store.fetch(MessageRef(mailbox="Gone", uid_validity=1, uid=first.uid)) is None
    (folder / "cur" / "1.a:2,S").unlink()
    assert store.fetch(first) is None


def test_what_is_no_file_is_no_message(tmp_path: Path) -> None:
    """A FIFO, a folder, a link to nowhere: nobody waits for them."""
    folder = make(tmp_path)
    os.mkfifo(folder / "new" / "1.fifo")
    (folder / "new" / "2.folder").mkdir()
    (folder / "new" / "3.link").symlink_to("nowhere")

    assert maildir.entries(folder) == []


@pytest.mark.parametrize("why", ["empty", "unreadable"])
def test_a_file_that_cannot_be_read_is_no_file_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """It is given without a header, so that somebody asks for it and is told; in Drafts and Sent it is written down."""
    folder = make(tmp_path, ".Brouillons", ".Sent")
    for place in ("new", ".Brouillons/cur", ".Sent/cur"):
        (folder / place / "1.a").write_bytes(b"" if why == "empty" else BILL)

    def refused(*_arguments: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    if why == "unreadable":  # root reads everything
        monkeypatch.setattr(Path, "open", refused)
        monkeypatch.setattr(Path, "read_bytes", refused)
    store = opened(folder)
    (found,) = store.messages("INBOX", after=None, since=LONG_AGO)

    assert found.header == b""
    if why == "unreadable":
        with pytest.raises(MessageError, match="cannot be read: Permission denied"):
            store.fetch(found.ref)
    assert store.drafts().traces(since=LONG_AGO) == ()
    assert [ref.mailbox for ref in store.caution.unread] == ["Brouillons", "Sent"]


def test_only_the_newest_of_sent_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 2,000, however much somebody sends; of Drafts all."""
    assert maildir._SENT_AT_MOST == 2_000
    monkeypatch.setattr(maildir, "_SENT_AT_MOST", 2)
    folder = make(tmp_path, ".Brouillons", ".Sent")
    for number in range(4):
        for place, kind in ((".Brouillons", "d"), (".Sent", "s")):
            content = f"Message-ID: <{kind}{number}@x.example>\n\n".encode()
            (folder / place / "cur" / f"{9 + number}.a:2,S").write_bytes(content)  # the time is a number, and no word

    found = [trace.message_id for trace in opened(folder).drafts().traces(since=LONG_AGO)]

    assert found == [f"<{name}@x.example>" for name in ("d0", "d1", "d2", "d3", "s2", "s3")]


def test_an_empty_file_is_named_once(maildir_world: MaildirWorld) -> None:
    """It is no message; the bill beside it is drafted."""
    world = maildir_world
    world.deliver(b"", bill(world, TELECOM))

    first, second = world.run(), world.run()

    assert (first.returncode, first.stderr.count("skipped")) == (1, 1)
    assert (second.returncode, second.stderr) == (0, "")
    assert len(world.drafts()) == 1


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft was not saved, and no half of it lies there."""
    drafts = opened(make(tmp_path, ".Brouillons")).drafts()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="Brouillons cannot be read or written: No space left"):
        drafts.append(BILL, when=datetime.now(UTC))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_may_not_be_written_is_69(tmp_path: Path) -> None:
    """Something stands where tmp/ should be."""
    drafts = opened(make(tmp_path, ".Brouillons")).drafts()
    (tmp_path / ".Brouillons" / "tmp").rmdir()
    (tmp_path / ".Brouillons" / "tmp").write_bytes(b"")

    with pytest.raises(ServerRefusedError, match="Brouillons cannot be read or written"):
        drafts.append(BILL, when=datetime.now(UTC))


@pytest.mark.dovecot
def test_every_place_gives_the_same_lines(world: World, dovecot: Dovecot, tmp_path: Path) -> None:
    """`scan` of a Maildir and of the server that keeps it: the same but for ``source``."""
    world.deliver(bill(world, TELECOM), unknown(world), bill(world, COLIS, days=400))
    world.fetch_all("INBOX")
    copy = tmp_path / "copy"
    shutil.copytree(dovecot.folder_of(world.user), copy)

    lines = {}
    for place in ("perso", "perso/INBOX", str(copy)):
        done = world.type("scan", "--json", place)
        assert done.returncode == 0, done.stderr
        lines[place] = [found | {"source": None} for found in messages(objects(done.stdout))]

    assert len(lines["perso"]) == 3
    assert lines["perso"] == lines["perso/INBOX"] == lines[str(copy)]
