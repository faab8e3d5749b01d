"""`setup`: three answers and a configuration that works; on a real terminal, against real servers."""

import stat
import tomllib
from pathlib import Path

import pytest
from program import typed
from servers.dnsd import DnsServer, Srv
from terminal import Terminal
from world import World

from noreply_analyzer.config import load

CONFIG = Path(".config/noreply-analyzer/config.toml")


def mode_of(path: Path) -> int:
    """Give the rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home with nothing in it."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def says_where(home: Path, dns: DnsServer) -> Path:
    """Write a configuration that says whom to ask, and nothing else."""
    path = home / CONFIG
    path.parent.mkdir(parents=True)
    path.write_text(f'[dns]\nservers = ["{dns.address}"]\n', "utf-8")
    return path


def leave_blank(terminal: Terminal) -> None:
    """Give neither name nor address."""
    terminal.answer("Your name")
    terminal.answer("Line 1")


@pytest.mark.dovecot
def test_three_answers(world: World, home: Path) -> None:
    """An address, a password, a name; what was found is confirmed; the next command works as it stands."""
    server = f"localhost:{world.port}"
    with Terminal(home, "setup") as terminal:
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.answer("May the DNS be asked", "n")
        terminal.answer("Server", server)
        terminal.answer_unseen("Password", world.password)
        terminal.answer("with its authority", str(world.ca))
        terminal.wait_for("drafts      example: Brouillons (the server marks it)")
        terminal.answer("Your name", "Anne Martin")
        terminal.answer("Line 1", "12, rue des Lilas")
        terminal.answer("Line 2", "17000 La Rochelle")
        terminal.answer("Line 3")
        status = terminal.end()

    assert status == 0, terminal.said
    secret = home / CONFIG.parent / "example.password"
    assert tomllib.loads((home / CONFIG).read_text("utf-8")) == {
        "identity": {"name": "Anne Martin", "address": ["12, rue des Lilas", "17000 La Rochelle"]},
        "accounts": [
            {
                "name": "example",
                "address": "anne@example.org",
                "host": "localhost",
                "port": world.port,
                "security": "tls",
                "tls_ca": str(world.ca),
                "password_file": str(secret),
            }
        ],
    }
    assert secret.read_text("utf-8") == f"{world.password}\n"
    assert [mode_of(home / CONFIG), mode_of(secret), mode_of(secret.parent)] == [0o600, 0o600, 0o700]
    assert world.password not in terminal.said.replace("secret-tool", "")
    assert "*/30 * * * *  " in terminal.said
    assert "run --dry-run" in terminal.said
    assert typed(home, "run", "--dry-run").returncode == 0


@pytest.mark.dovecot
def test_the_dns_is_asked_only_if_it_may_be(world: World, home: Path, dns: DnsServer) -> None:
    """What it says is shown, and confirmed before a password goes there."""
    says_where(home, dns)
    dns.zone["_imaps._tcp.example.org"] = Srv((("localhost", world.port, 10), ("elsewhere.example", 993, 20)))
    with Terminal(home, "setup") as terminal:
        terminal.answer("Add an account", "add")
        terminal.answer("Your e-mail address", "anne@example.org")
        terminal.wait_for("May the DNS be asked")
        assert dns.questions == []
        terminal.type(b"\n")
        terminal.answer(f"Server [localhost:{world.port}]")
        terminal.answer_unseen("Password", world.password)
        terminal.answer("with its authority", str(world.ca))
        leave_blank(terminal)
        assert terminal.end() == 0, terminal.said

    assert {name for name, _kind, _how in dns.questions} == {"_imaps._tcp.example.org", "_imap._tcp.example.org"}
    (account,) = load(home / CONFIG).accounts
    assert (account.host, account.port) == ("localhost", world.port)
