"""Local: a run speaks to the mail server and the DNS, writes down what it did, and nothing and nobody else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from servers.dnsd import DnsServer
from terminal import Terminal
from world import NOTICE, TELECOM, World, compiled_records, text_of

from noreply_analyzer.mailserver import MailServer

WATCHING = Path(__file__).with_name("watching")
ROOT = Path(__file__).parent.parent
TALK = {"socket.connect", "socket.sendto"}
"""Events that are about the address of somebody spoken to."""
RESOLUTION = {"socket.getaddrinfo", "socket.gethostbyname"}
PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "webbrowser.open"}
WORD = "Zanzibar"
"""Stands in the body of the trap and nowhere else."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A process that ended, and what it and those that it started did meanwhile."""

    done: subprocess.CompletedProcess[str]
    events: tuple[tuple[str, object], ...]

    def about(self, kinds: Iterable[str]) -> list[object]:
        """Give what the events of some kinds were about."""
        return [about for event, about in self.events if event in set(kinds)]

    @property
    def ports(self) -> set[int]:
        """The ports of this machine that it spoke to; anything else than a port of this machine is an error."""
        found = set()
        for address in self.about(TALK):
            assert isinstance(address, list), address
            assert address[0] in {"127.0.0.1", "::1"}, address
            found.add(int(address[1]))
        return found


def watch(command: list[str], notes: Path, environment: dict[str, str], folder: Path = ROOT) -> Watched:
    """Run *command* and write down what it does (see watching/sitecustomize.py)."""
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env=environment | {"PYTHONPATH": f"{WATCHING}:{ROOT}", "WATCHED": str(notes), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        timeout=100,
        cwd=folder,
    )
    lines = notes.read_text("utf-8").splitlines()
    return Watched(done=done, events=tuple((event, about) for event, about in map(json.loads, lines)))


def program(world: World, *words: str) -> Watched:
    """Run the program as Anne would, watched."""
    command = [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), *words]
    return watch(command, world.folder / "notes", world.environment())


def trap(world: World, port: int) -> bytes:
    """Write a proven bill with everything in it that a mail program might open, load, answer or confirm."""
    place = f"http://127.0.0.1:{port}"
    html = (
        f'<html><head><link rel="stylesheet" href="{place}/style.css"><meta http-equiv="refresh" content="0;{place}/">'
        f'</head><body background="{place}/back.png"><img src="{place}/pixel.gif" onload="fetch(\'{place}\')">'
        f'<script src="{place}/script.js"></script><iframe src="{place}/frame"></iframe>'
        f'<p>{WORD} : votre facture de 42,99 € est disponible. <a href="{place}/bill">Ouvrir</a></p>'
        f"<p>{NOTICE}</p></body></html>"
    )
    date = (world.now - timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = (
        f"From: {TELECOM.slug} <noreply@{TELECOM.domain}>\r\nTo: anne@example.org\r\nSubject: Votre facture n. 1\r\n"
        f"Date: {date}\r\nMessage-ID: <trap@{TELECOM.domain}>\r\nMIME-Version: 1.0\r\n"
        f"List-Unsubscribe: <{place}/unsubscribe>, <mailto:leave@evil.example>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "Disposition-Notification-To: receipts@evil.example\r\nReturn-Receipt-To: receipts@evil.example\r\n"
        f"X-Image-Url: {place}/face.png\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    parts = (
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Location: {place}/\r\n\r\n{html}\r\n"
        f'--b\r\nContent-Type: message/external-body; access-type=URL; URL="{place}/rest"\r\n\r\n'
        "Content-Type: text/plain\r\n\r\n\r\n"
        '--b\r\nContent-Type: application/x-sh; name="../../.profile"\r\n'
        'Content-Disposition: attachment; filename="../../.profile"\r\n\r\ntouch owned\r\n--b--\r\n'
    )
    return TELECOM.key.sign((head + parts).encode())


def files_below(folder: Path) -> set[str]:
    """Name every file below *folder*."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.dovecot
def test_a_run_speaks_to_the_mail_server_and_the_dns_only(world: World, dns: DnsServer) -> None:
    """No picture is loaded, no link followed, no receipt sent, no unsubscribing; one process is started, our own."""
    world.deliver(trap(world, port=dns.port + 1))

    watched = program(world, "run")

    assert watched.done.returncode == 0, watched.done.stderr
    assert len(world.drafts()) == 1
    assert watched.ports == {world.port, dns.port}
    assert set(watched.about(RESOLUTION)) <= {"localhost", "127.0.0.1"}
    (started,) = watched.about(PROCESSES)
    assert isinstance(started, list)
    assert started[0] == sys.executable
    assert "noreply_analyzer.worker" in started[3]


@pytest.mark.dovecot
def test_a_run_writes_its_state_and_nothing_else(world: World, dns: DnsServer) -> None:
    """No attachment is unpacked, no temporary file is left, nothing of the user's is renamed or removed."""
    world.deliver(trap(world, port=dns.port + 1))
    before = files_below(world.folder)

    watched = program(world, "run")

    written = {Path(str(path)) for path in watched.about({"open", "os.mkdir", "os.rename", "os.remove"})}
    cache = compiled_records()  # the operators' records, and nothing of the user's mail
    allowed = {Path(os.devnull), world.state.parent, world.state.parent.parent}
    ours = {world.state.parent, cache}
    assert {path for path in written if path not in allowed and ours.isdisjoint(path.parents)} == set()
    assert world.state in written
    after = {name for name in files_below(world.folder) - before if not name.startswith("notes")}
    assert after
    assert all(name.startswith("state/noreply-analyzer/state.sqlite3") for name in after), after


@pytest.mark.dovecot
def test_nothing_of_a_message_is_in_the_state(world: World, dns: DnsServer) -> None:
    """Neither subject nor text nor who wrote it: hashes, ids, places, and the names of the keys that were looked up."""
    world.deliver(trap(world, port=dns.port + 1))
    assert world.run().returncode == 0

    kept = b"".join(path.read_bytes() for path in sorted(world.state.parent.iterdir()))

    for word in (WORD, "facture", "noreply@", "trap@", "42,99", "Anne Martin", "rue des Lilas", world.password):
        assert word.encode() not in kept, word
    for word in ("anne@example.org", TELECOM.slug, TELECOM.key.name, "Brouillons", "billing"):
        assert word.encode() in kept, word


@pytest.mark.dovecot
def test_bodies_and_passwords_are_never_logged(world: World, dns: DnsServer) -> None:
    """Not even with -vv, which does name authors and subjects; without -v a quiet run logs nothing at all."""
    world.deliver(trap(world, port=dns.port + 1))
    wordy = program(world, "-vv", "run", "--dry-run")
    quiet = program(world, "run", "--dry-run")

    said = wordy.done.stdout + wordy.done.stderr
    assert wordy.done.returncode == 0, wordy.done.stderr
    for word in (WORD, "42,99", world.password):
        assert word not in said, word
    assert "Votre facture n. 1" in wordy.done.stderr
    assert quiet.done.stderr == ""


@pytest.mark.dovecot
@pytest.mark.parametrize("words", [(), ("-v",), ("-vv",)], ids=str)
def test_nothing_personal_is_logged_while_a_draft_is_saved(
    world: World, dns: DnsServer, words: tuple[str, ...]
) -> None:
    """Neither what the message says nor what the draft does; who wrote and about what at -v only."""
    world.deliver(trap(world, port=dns.port + 1))

    done = program(world, *words, "run").done

    assert done.returncode == 0, done.stderr
    (draft,) = world.drafts()
    assert "rue des Lilas" in text_of(draft)
    for word in (WORD, "42,99", world.password, "rue des Lilas", "Madame, Monsieur", "Anne Martin", "TSA 00000"):
        assert word not in done.stdout + done.stderr, word
    for word in ("Votre facture n. 1", f"noreply@{TELECOM.domain}"):
        assert (word in done.stderr) is bool(words), word
    assert words or done.stderr == ""


@pytest.mark.parametrize(("words", "asked"), [((), True), (("--no-dns",), False)], ids=["scan", "scan --no-dns"])
def test_a_scan_asks_the_dns_unless_it_is_told_not_to(
    tmp_path: Path, dns: DnsServer, words: tuple[str, ...], *, asked: bool
) -> None:
    """And speaks to nobody else, and writes nothing at all."""
    (tmp_path / "config.toml").write_text(f'[dns]\nservers = ["{dns.address}"]\n', "utf-8")
    message = (
        b"From: noreply@telecom.example\r\nSubject: Votre facture\r\nDate: Mon, 2 Nov 2026 09:00:00 +0100\r\n"
        b"List-Unsubscribe: <http://127.0.0.1:9/>\r\n\r\nMerci de ne pas repondre.\r\n"
    )
    (tmp_path / "mail.eml").write_bytes(TELECOM.key.sign(message))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-m", "noreply_analyzer", "--config", str(tmp_path / "config.toml")]

    watched = watch([*command, "scan", *words, str(tmp_path / "mail.eml")], tmp_path / "notes", environment)

    assert watched.done.returncode == 0, watched.done.stderr
    assert "telecom.example" in watched.done.stdout
    assert watched.ports == ({dns.port} if asked else set())
    assert dns.names_asked() == ([TELECOM.key.name] if asked else [])
    assert set(watched.about({"open", "os.mkdir", "os.rename", "os.remove"})) <= {os.devnull}
    assert files_below(tmp_path) == {"config.toml", "mail.eml", "notes"}


def test_setup_speaks_to_the_mail_server_and_writes_two_files(tmp_path: Path, dns: DnsServer) -> None:
    """The DNS is not asked where one says no; and no file is there before the last answer."""
    config, notes = tmp_path / "home" / "config.toml", tmp_path / "notes"
    config.parent.mkdir()
    watched = {"WATCHED": str(notes), "PYTHONPATH": f"{WATCHING}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        MailServer({"anne@example.org": WORD}) as server,
        Terminal(config.parent, "--config", str(config), "setup", more=watched) as terminal,
    ):
        server.create("anne@example.org", "Drafts")
        server.create("anne@example.org", "Sent")
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.answer("May the DNS be asked?", "n")
        terminal.answer("Server", f"{server.host}:{server.port} none")
        terminal.answer_unseen("Password", WORD)
        terminal.answer("Your name", "Anne")
        assert files_below(config.parent) == set()
        terminal.answer("Line 1")
        assert terminal.end() == 0, terminal.said

    events = [tuple(json.loads(line)) for line in notes.read_text("utf-8").splitlines()]
    assert {about[1] for event, about in events if event in TALK} == {server.port}
    assert dns.questions == []
    assert files_below(config.parent) == {"config.toml", "example.password"}
    assert WORD not in config.read_text("utf-8")


READING = """
import os, sys
from test_message import HOSTILE
from noreply_analyzer.detection import Overrides
from noreply_analyzer.errors import MessageError
from noreply_analyzer.policy import read
read(b"From: a@b.example\\r\\nContent-Type: text/html\\r\\n\\r\\n<p>Bonjour", Overrides())
os.write(int(sys.argv[1]), b"begin\\n")
for raw in HOSTILE.values():
    try:
        read(raw, Overrides())
    except MessageError:
        pass
print(len(HOSTILE))
"""


def test_reading_hostile_mail_touches_nothing(tmp_path: Path) -> None:
    """No file is opened for writing, no host is named, no process is started, whatever a message says."""
    notes = tmp_path / "notes"
    begin = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    environment = os.environ | {"PYTHONPATH": f"{WATCHING}:{ROOT}:{ROOT / 'tests'}", "WATCHED": str(notes)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", READING, str(begin)],
            capture_output=True,
            encoding="utf-8",
            env=environment,
            check=False,
            timeout=100,
            cwd=tmp_path,
            pass_fds=[begin],
        )
    finally:
        os.close(begin)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
    _importing, mark, reading = notes.read_text("utf-8").partition("begin\n")
    assert mark
    assert reading == ""
    assert files_below(tmp_path) == {"notes"}


def test_the_watch_sees_what_it_is_there_for(tmp_path: Path) -> None:
    """So that its silence means something: a file, a socket, a name and a process."""
    deed = (
        "import os, socket, subprocess, sys\n"
        "open('written', 'w').close()\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "sock.sendto(b'x', ('127.0.0.1', 9))\n"
        "socket.getaddrinfo('localhost', 9)\n"
        "subprocess.run([sys.executable, '-c', \"open('child', 'w')\"])\n"
    )
    watched = watch([sys.executable, "-c", deed], tmp_path / "notes", dict(os.environ), folder=tmp_path)

    assert watched.ports == {9}
    assert {"written", "child"} <= set(map(str, watched.about({"open"})))
    assert watched.about(RESOLUTION) == ["localhost"]
    assert len(watched.about(PROCESSES)) == 1
