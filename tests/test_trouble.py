"""What goes wrong around a run: each ends in its own exit status and a sentence, and costs no more than it must."""

import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from schema import objects
from servers.dnsd import Answer, Bad, DnsServer, Txt
from world import NOTICE, TELECOM, MaildirWorld, World, mail

from noreply_analyzer.testing import DkimKey

pytestmark = pytest.mark.dovecot


def bill(world: World, number: str = "1") -> bytes:
    """Write a bill that takes no answer, signed."""
    text = f"Votre facture n° {number} est disponible.\n{NOTICE}"
    date = world.now - timedelta(hours=3)
    return TELECOM.key.sign(
        mail(TELECOM.author, f"Votre facture n° {number}", text, date=date, message_id=f"<b{number}@telecom.example>")
    )


def wrong_password(world: World) -> None:
    """Somebody changed the password."""
    (world.folder / "secret").write_text("wrong\n")


def nobody_there(world: World) -> None:
    """The server is down."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        world.port = listener.getsockname()[1]
    world.write_config()


def broken_config(world: World) -> None:
    """Two mistakes in the configuration."""
    text = world.config.read_text().replace("[drafting]", '[drafting]\nper_run = "many"\ntopic = []')
    world.config.write_text(text)


def no_state(world: World) -> None:
    """The state file is no state file."""
    world.state.parent.mkdir(parents=True)
    world.state.write_bytes(b"not a database, but long enough to look at\n" * 30)


def readable_secret(world: World) -> None:
    """Others may read the password."""
    (world.folder / "secret").chmod(0o644)


def no_certificate(world: World) -> None:
    """The server's certificate is signed by nobody we know."""
    world.ca = None
    world.write_config()


@pytest.mark.parametrize(
    ("break_it", "status", "words"),
    [
        (wrong_password, 77, ["password"]),
        (nobody_there, 75, ["localhost", "nobody listens there", "check `host` and `port`"]),
        (broken_config, 78, ["drafting.per_run", "drafting.topic", "did you mean"]),
        (no_state, 74, ["state.sqlite3", "you may move it away"]),
        (readable_secret, 78, ["chmod 600"]),
        (no_certificate, 69, ["tls_ca"]),
    ],
)
def test_each_trouble_has_its_status_and_its_sentence(
    world: World, break_it: Callable[[World], None], status: int, words: list[str]
) -> None:
    """Exit status and sentence tell what is wrong; no traceback, and no draft."""
    world.deliver(bill(world))
    break_it(world)

    done = world.run()

    assert done.returncode == status, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_folder_in_the_place_of_the_state_writes_no_draft(world: World) -> None:
    """Where nothing can be remembered, nothing is drafted: 74."""
    world.deliver(bill(world))
    world.state.mkdir(parents=True)  # nobody, root neither, can write a file there

    done = world.run()

    assert done.returncode == 74, done.stderr
    assert world.drafts() == []


@pytest.mark.parametrize("kilobytes", [0, 8, 32, 48])
def test_a_full_disk_writes_no_draft_that_is_not_written_down(world: World, kilobytes: int) -> None:
    """No file may grow past some size, as on a full disk: 74, and one draft after the next run, which has room.

    Up to 32 there is no room for the intent, and no draft; at 48 there is, and none for the outcome.
    """
    world.deliver(*(bill(world, str(number)) for number in range(3)))
    command = f'ulimit -f {kilobytes}; exec "$0" -m noreply_analyzer --config "$1" run'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, str(world.config)],
        capture_output=True,
        encoding="utf-8",
        env=world.environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        timeout=60,
    )
    saved = len(world.drafts())
    after = world.run()

    assert done.returncode == 74, done.stderr
    assert saved == 0 or kilobytes == 48
    assert "Traceback" not in done.stderr
    assert str(world.state) in done.stderr
    assert (after.returncode, len(world.drafts())) == (0, 1), after.stderr


def test_a_message_over_a_limit_costs_itself_only(world: World) -> None:
    """A message that is too large, or takes too long, is named and skipped; the others are handled; 1, and then 0."""
    world.limits = {"message_bytes": 200_000}
    world.write_config()
    too_large = bill(world, "2") + b"x" * 300_000
    world.deliver(bill(world, "1"), too_large)

    done, again = world.run(), world.run()

    assert done.returncode == 1
    assert "larger than 200000 bytes (limits.message_bytes)" in done.stderr
    assert "perso/INBOX:2" in done.stderr
    assert len(world.drafts()) == 1
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_mail_that_hangs_the_verifier_costs_itself_only(world: World) -> None:
    """A body that keeps a DKIM verifier busy for minutes is skipped or left unproven; the bill beside it is drafted."""
    raw = bill(world, "1").replace(b"\r\n\r\n", b"\r\n\r\nx" + b" " * 400_000 + b"y\r\n", 1)
    world.deliver(raw.replace(b"<b1@", b"<hang@"), bill(world, "3"))

    done = world.run()

    assert done.returncode in {0, 1}
    assert [draft["In-Reply-To"] for draft in world.drafts()] == ["<b3@telecom.example>"]


def test_ten_hanging_checks_in_a_row_end_checking_for_the_run(world: World) -> None:
    """Each costs itself; after ten the rest waits, the run says so, and the next one takes it up."""
    world.limits = {"message_seconds": 1.5}
    world.write_config()
    hanging = [b"X-Hang: yes\r\n" + bill(world, f"1{number}") for number in range(10)]
    world.deliver(*hanging, bill(world, "3"), bill(world, "4"))

    done = world.run("--json", program="hanging.py")
    *found, error, _summary = objects(done.stdout)
    again = world.run()

    assert [one["decision"]["rule"] for one in found] == ["unproven"] * 10 + ["dns-later"] * 2
    assert "not checked: it took longer than 1.5 seconds" in found[0]["decision"]["reason"]
    assert "no more signatures were checked after 10 messages in a row" in error["message"]
    assert done.returncode == 1
    assert again.returncode == 0
    assert [draft["In-Reply-To"] for draft in world.drafts()] == ["<b4@telecom.example>"]


def test_a_check_that_is_made_begins_the_count_anew(world: World) -> None:
    """Nine that hang or break down, a good one, and nine more: every one is checked or told."""
    world.limits = {"message_seconds": 1.5}
    world.write_config()
    broken = [b"X-Break: yes\r\n" + bill(world, f"1{number}") for number in range(18)]
    world.deliver(*broken[:9], bill(world, "3"), *broken[9:])

    done = world.run("--json", program="hanging.py")
    *found, summary = objects(done.stdout)

    assert Counter(one["decision"]["rule"] for one in found) == {"unproven": 18, "unanswerable-proven": 1}
    assert "not checked: the program that read it broke down" in found[0]["decision"]["reason"]
    assert (done.returncode, summary["errors"]) == (0, 0)


def test_one_sender_with_a_broken_dns_is_later(world: World, dns: DnsServer) -> None:
    """SERVFAIL for one sender's key: told once, exit status 0, drafted when the DNS answers again."""
    world.deliver(bill(world))
    key = dns.zone[TELECOM.key.name]
    dns.zone[TELECOM.key.name] = Bad.SERVFAIL

    first, second = world.run(), world.run()
    dns.zone[TELECOM.key.name] = key
    third = world.run()

    assert (first.returncode, first.stdout.count("\n")) == (0, 1)
    assert (second.returncode, second.stdout) == (0, "")
    assert third.returncode == 0
    assert len(world.drafts()) == 1


def test_a_dead_dns_costs_seconds_and_not_minutes(world: World) -> None:
    """Twenty messages to prove and nobody to ask: found out once, not for each."""
    world.deliver(*(bill(world, str(number)) for number in range(20)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        world.dns_port = silent.getsockname()[1]
        world.write_config()
        started = time.monotonic()
        done = world.run()

    assert done.returncode == 75
    assert time.monotonic() - started < 20
    assert done.stderr.count("no DNS server answers") == 1


def test_no_dns_server_at_all_is_75(world: World) -> None:
    """No DNS server answers: 75, nothing drafted, and drafted when one does."""
    world.deliver(bill(world))
    answering = world.dns_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        world.dns_port = silent.getsockname()[1]
        world.write_config()
        first = world.run()
    world.dns_port = answering
    world.write_config()
    second = world.run()

    assert first.returncode == 75, first.stderr
    assert second.returncode == 0
    assert len(world.drafts()) == 1


def rotate(world: World, dns: DnsServer, answer: Answer) -> None:
    """Have the operator change its key, and what the DNS said of it expire."""
    dns.zone[TELECOM.key.name] = answer
    with closing(sqlite3.connect(world.state)) as database, database:
        assert database.execute("UPDATE keys SET expires = '2000-01-01T00:00:00+00:00'").rowcount == 1


@pytest.mark.parametrize(
    ("answer", "hours", "rule"),
    [
        (Bad.NXDOMAIN, 2, "unanswerable-proven"),
        (Txt(DkimKey.ed25519(TELECOM.domain).record), 2, "unanswerable-proven"),
        (Bad.NXDOMAIN, -0.5, "unproven"),
        (Txt(b"v=DKIM1; k=ed25519; p="), 2, "unproven"),
    ],
    ids=["gone", "changed", "it came later", "revoked"],
)
def test_a_changed_key_proves_what_came_while_it_was_there(
    world: World, dns: DnsServer, answer: Answer, hours: float, rule: str
) -> None:
    """By INTERNALDATE; seen by one run, and gone by the next."""
    world.deliver(bill(world, "1"))
    world.run()
    rotate(world, dns, answer)
    second = bill(world, "2").replace(b"facture n", b"commande n")
    late = TELECOM.key.sign(second[second.index(b"From:") :])
    world.deliver(late, received=world.now - timedelta(hours=hours))

    (found, _summary) = world.run_json()

    assert found["decision"]["rule"] in {rule, "draft-waiting" if rule == "unanswerable-proven" else rule}
    assert (found["authentication"]["key_seen_on"] is not None) is (rule == "unanswerable-proven")


def test_what_a_run_knows_of_keys_is_known_to_who_asks_by_hand(world: World, dns: DnsServer) -> None:
    """The same bill, explained when its key is gone; nothing of that is written down."""
    world.deliver(bill(world))
    world.run()
    rotate(world, dns, Bad.NXDOMAIN)
    before = world.state.read_bytes()

    done = world.type("explain", "perso/INBOX:1", "--json")

    (found, *_summary) = objects(done.stdout)
    assert found["authentication"]["standing"] == "proven"
    assert found["authentication"]["key_seen_on"] is not None
    assert world.state.read_bytes() == before


def test_an_unsigned_message_is_told_and_not_drafted(world: World) -> None:
    """Not proven is not forged: without a signature the run says so, and writes nothing."""
    raw = bill(world)
    world.deliver(raw[raw.index(b"From:") :])

    (found, _summary) = world.run_json()

    assert (found["decision"]["action"], found["decision"]["rule"]) == ("tell", "unproven")
    assert found["operator"] is None
    assert found["authentication"]["standing"] == "not-established"
    assert world.drafts() == []


# As JSON ----------------------------------------------------------------------------------------------------------


def only_errors(lines: str) -> list[str]:
    """Give the sentences of a command that came to nothing; the summary counts them."""
    *errors, summary = objects(lines)
    assert {found["type"] for found in errors} == {"error"}
    assert (summary["errors"], summary["messages"]) == (len(errors), 0)
    return [found["message"] for found in errors]


@pytest.mark.parametrize("words", [("run",), ("scan", "perso"), ("explain", "perso/INBOX:1")], ids=" ".join)
def test_a_broken_configuration_in_json(maildir_world: MaildirWorld, words: tuple[str, ...]) -> None:
    """What keeps a command from beginning is an object too, each problem its own; on standard error as ever."""
    broken_config(maildir_world)
    done = maildir_world.type(*words, "--json")

    found = only_errors(done.stdout)
    assert done.returncode == 78
    assert len(found) == 2
    assert [f"noreply-analyzer: {sentence}" for sentence in found] == done.stderr.splitlines()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("run", "pero"), 78),
        (("scan", "nothing.eml"), 65),
        (("scan", "perso", "--since", "tomorrow or so"), 64),
        (("explain", "nothing.eml"), 65),
        (("explain", "perso"), 64),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_was_typed_and_is_not_there_in_json(
    maildir_world: MaildirWorld, words: tuple[str, ...], status: int
) -> None:
    """An account, a file or a day that makes no sense: what we find out, and not click."""
    done = maildir_world.type(*words, "--json")

    assert done.returncode == status, done.stderr
    assert len(only_errors(done.stdout)) == 1


@pytest.mark.parametrize("words", [(), ("--dry-run",)], ids=str)
def test_no_configuration_in_json(maildir_world: MaildirWorld, words: tuple[str, ...]) -> None:
    """A run without one; that it was a dry run is said all the same."""
    maildir_world.config.unlink()
    done = maildir_world.run("--json", *words)

    assert done.returncode == 78
    assert len(only_errors(done.stdout)) == 1
    assert objects(done.stdout)[-1]["dry_run"] is bool(words)


def test_no_dns_server_in_json(world: World) -> None:
    """The sentence of the run as a whole, beside the messages that wait for it."""
    world.deliver(bill(world))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        world.dns_port = silent.getsockname()[1]
        world.write_config()
        done = world.run("--json")

    message, error, summary = objects(done.stdout)
    assert done.returncode == 75
    assert (message["type"], message["decision"]["rule"]) == ("message", "dns-later")
    assert (error["type"], error["source"]) == ("error", {})
    assert "no DNS server answers" in error["message"]
    assert summary["errors"] == 1


def test_a_mistake_of_the_program_in_json(maildir_world: MaildirWorld) -> None:
    """Even that is an object, and the summary follows."""
    maildir_world.deliver(bill(maildir_world))
    done = maildir_world.type("run", "--json", program="mistaken.py")

    assert done.returncode == 70
    assert "a mistake in the program" in only_errors(done.stdout)[0]
    assert "a mistake in the program" in done.stderr
