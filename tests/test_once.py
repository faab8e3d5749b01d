"""Exactly one draft, on a real server, whatever happens to the run, to the state and to the mailbox."""

import re
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import product

import pytest
from servers.cutting import CuttingWire, Where
from servers.dovecot import Dovecot
from world import ANNE, BANQUE, COLIS, NOTICE, TELECOM, OperatorFixture, World, mail, text_of

from noreply_analyzer.state import State

pytestmark = pytest.mark.dovecot


def bill(world: World, *, days: float = 1, number: str = "1", operator: OperatorFixture = TELECOM) -> bytes:
    """Write a bill that takes no answer."""
    return mail(
        operator.author,
        f"Votre facture n° {number}",
        f"Bonjour,\nvotre facture n° {number} d'un montant de 42,99 € est disponible.\n{NOTICE}",
        date=world.now - timedelta(days=days),
        message_id=f"<bill-{number}@{operator.domain}>",
    )


def deliver_bill(world: World, **about: object) -> None:
    """Have a signed bill arrive."""
    operator = about.get("operator", TELECOM)
    assert isinstance(operator, OperatorFixture)
    world.deliver(bill(world, **about), key=operator.key)  # type: ignore[arg-type]


def edited(draft: EmailMessage) -> bytes:
    """Give a draft as Thunderbird and Alpine save it after a change: only the thread survives."""
    header = {name: str(draft[name]) for name in ("From", "To", "Date", "In-Reply-To", "References")}
    header |= {"Message-ID": "<edited@mail-program.example>", "Content-Type": "text/plain; charset=utf-8"}
    lines = [f"{name}: {value}".replace("> <", ">\r\n <") for name, value in header.items()]
    body = text_of(draft) + "\nUne phrase de plus.\n"
    return "\r\n".join([*lines, "Content-Transfer-Encoding: 8bit", "", body]).encode()


def as_saved(draft: EmailMessage) -> bytes:
    """Give a draft byte for byte: the library would write long lines of References anew."""
    return draft.as_bytes(policy=SMTP.clone(refold_source="none"))


def test_a_signed_bill_becomes_one_draft(world: World) -> None:
    """One signed no-reply mail becomes one draft in the drafts mailbox; a second run does and says nothing."""
    deliver_bill(world)

    first, second = world.run(), world.run()

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.count("\n") == 1
    assert "Télécom Exemple" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    ((_uid, flags, draft),) = world.fetch_all("Brouillons")
    assert r"\Draft" in flags
    assert draft["In-Reply-To"] == "<bill-1@telecom.example>"
    assert draft["References"].split()[-1] == "<bill-1@telecom.example>"


def test_source_mailboxes_are_left_as_they_were(world: World) -> None:
    r"""A run leaves no trace on what it reads: no \Seen, nothing moved, nothing gone."""
    deliver_bill(world)
    before = [(uid, re.sub(r"^\d+ ", "", flags)) for uid, flags, _message in world.fetch_all("INBOX")]

    world.run()

    assert [(uid, re.sub(r"^\d+ ", "", flags)) for uid, flags, _message in world.fetch_all("INBOX")] == before
    assert r"\Seen" not in before[0][1]


def test_a_dry_run_writes_nothing(world: World) -> None:
    """``--dry-run`` says what it would save; no draft, no state, and the real run finds everything still to do."""
    deliver_bill(world)

    done = world.run("--dry-run")

    assert done.returncode == 0
    assert "Télécom Exemple" in done.stdout
    assert world.drafts() == []
    assert not world.state.exists()
    assert "Télécom Exemple" in world.run().stdout
    assert len(world.drafts()) == 1


@pytest.mark.parametrize("where", ["after-intent", "after-append"])
def test_kill_9_leaves_one_draft_after_the_next_run(world: World, where: str) -> None:
    """Killed between intent and APPEND, or between APPEND and record: one draft after the next run."""
    deliver_bill(world)

    killed = world.run(dying=where)
    left_behind = len(world.drafts())
    after = world.run()
    again = world.run()

    assert killed.returncode == -signal.SIGKILL
    assert left_behind == (1 if where == "after-append" else 0)
    assert after.returncode == 0, after.stderr
    assert (again.returncode, again.stdout) == (0, "")
    assert len(world.drafts()) == 1


def test_killed_and_then_deleted_by_the_user_is_not_made_again(world: World) -> None:
    """Where a draft may have been saved and deleted since, none is made again, and the run says so once."""
    deliver_bill(world)
    world.run(dying="after-append")
    world.delete("Brouillons", [uid for uid, _flags, _draft in world.fetch_all("Brouillons")])

    after, again = world.run(), world.run()

    assert after.returncode == 1
    assert "telecom-exemple" in after.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert world.drafts() == []


@pytest.mark.parametrize("mailbox", ["Brouillons", "Éléments envoyés"])
@pytest.mark.parametrize("by_the_user", [False, True], ids=["as saved", "edited"])
def test_a_lost_state_file_makes_no_second_draft(world: World, mailbox: str, by_the_user: bool) -> None:  # noqa: FBT001
    """With the state file gone, a draft that still lies in Drafts or Sent, edited or not, is found there."""
    deliver_bill(world)
    world.run()
    ((uid, _flags, draft),) = world.fetch_all("Brouillons")
    world.delete("Brouillons", [uid])
    utf7 = "&AMk-l&AOk-ments envoy&AOk-s" if mailbox != "Brouillons" else mailbox
    world.deliver(edited(draft) if by_the_user else draft.as_bytes(), mailbox=utf7, flags=r"(\Draft)")
    world.state.unlink()

    again = world.run()

    assert again.returncode == 0
    assert len(world.drafts()) == (1 if mailbox == "Brouillons" else 0)
    assert mailbox in again.stdout


@pytest.mark.parametrize("where", ["before", "within", "after"])
def test_a_connection_lost_in_append_leaves_one_draft(world: World, dovecot: Dovecot, where: Where) -> None:
    """Lost before the draft, half-way through it, or with the answer to it: 75, and one draft after the next run."""
    deliver_bill(world)
    world.security, world.ca, world.port = "none", None, dovecot.port
    with CuttingWire(dovecot.host, dovecot.port, where) as wire:
        world.port = wire.port
        world.write_config()
        lost = world.run()
    world.port = dovecot.port
    world.write_config()
    left_behind = len(world.drafts())
    after, again = world.run(), world.run()

    assert wire.cut
    assert lost.returncode == 75, lost.stderr
    assert left_behind == (1 if where == "after" else 0)
    assert after.returncode == 0, after.stderr
    assert (again.returncode, again.stdout) == (0, "")
    assert len(world.drafts()) == 1


def test_a_draft_that_the_user_deleted_is_not_made_again(world: World) -> None:
    """The user's mail program decides: a deleted draft stays deleted."""
    deliver_bill(world)
    world.run()
    world.delete("Brouillons", [uid for uid, _flags, _draft in world.fetch_all("Brouillons")])

    again = world.run()

    assert (again.returncode, again.stdout) == (0, "")
    assert world.drafts() == []


def test_a_moved_or_copied_message_is_the_same_message(world: World) -> None:
    """The same mail in another mailbox, or twice in one, is answered once."""
    world.account = {"mailboxes": ["INBOX", "Factures"]}
    world.write_config()
    with world.connected() as client:
        client.create("Factures")
    raw = TELECOM.key.sign(bill(world))
    world.deliver(raw)
    world.run()

    world.deliver(b"Received: from elsewhere.example by mx.example.org; today\r\n" + raw, mailbox="Factures")
    world.deliver(raw)
    again = world.run()

    assert (again.returncode, again.stdout) == (0, "")
    assert len(world.drafts()) == 1


def test_a_new_uidvalidity_brings_nothing_twice(world: World) -> None:
    """A mailbox that was made anew, with new UIDs for the same mail, is read again and answered no second time."""
    world.account = {"mailboxes": ["Factures"]}
    world.write_config()
    raw = TELECOM.key.sign(bill(world))
    with world.connected() as client:
        client.create("Factures")
    world.deliver(raw, mailbox="Factures")
    world.run()

    with world.connected() as client:
        client.delete("Factures")
        client.create("Factures")
    world.deliver(raw, mailbox="Factures")
    again = world.run()

    assert (again.returncode, again.stdout) == (0, "")
    assert len(world.drafts()) == 1


def test_two_messages_with_one_message_id_are_two(world: World) -> None:
    """An operator that uses a Message-ID twice has written two messages; the second is told while the first waits."""
    deliver_bill(world, number="7")
    world.run()
    second = mail(
        TELECOM.author,
        "Votre facture n° 8",
        f"Votre facture n° 8 est disponible.\n{NOTICE}",
        date=world.now,
        message_id="<bill-7@telecom.example>",
    )
    world.deliver(second, key=TELECOM.key)

    (found, _summary) = world.run_json()

    assert found["decision"]["rule"] == "draft-waiting"
    assert len(world.drafts()) == 1


def test_no_echo(world: World) -> None:
    """Our own draft, sent to ourselves, is left alone; so is everything from the user's own addresses."""
    deliver_bill(world)
    world.run()
    (draft,) = world.drafts()
    world.deliver(draft.as_bytes())
    world.deliver(
        mail(
            ANNE, "Ne pas répondre : facture", f"Votre facture.\n{NOTICE}", date=world.now, message_id="<a@example.org>"
        )
    )

    again = world.run()

    assert (again.returncode, again.stdout) == (0, "")
    assert len(world.drafts()) == 1


@pytest.mark.parametrize(
    ("written", "arrived"),
    [(45, 0), (45, 45), (1, 45), (9, 9)],
    ids=["old by Date", "old", "old by arrival", "older than the first look"],
)
def test_old_mail_is_left_alone(world: World, written: int, arrived: int) -> None:
    """What is old by Date or by arrival is left alone, however new its UID."""
    raw = TELECOM.key.sign(bill(world, days=written))
    world.deliver(raw, received=world.now - timedelta(days=arrived))

    done = world.run()

    assert (done.returncode, done.stdout) == (0, "")
    assert world.drafts() == []


def test_one_letter_not_ten(world: World) -> None:
    """What one operator wrote on one topic shares a draft: the newest is answered, all are named, oldest first."""
    for number, days in (("2", 2.0), ("3", 0.5), ("1", 3.0)):
        deliver_bill(world, number=number, days=days)

    found = world.run_json()

    (draft,) = world.drafts()
    names = [f"<bill-{number}@telecom.example>" for number in "123"]
    assert draft["In-Reply-To"] == names[-1]
    assert draft["References"].split()[1:] == names
    text = text_of(draft)
    assert text.index("n° 1") < text.index("n° 2") < text.index("n° 3")
    assert {item["draft"]["message_id"] for item in found[:-1]} == {draft["Message-ID"]}


def test_while_a_draft_waits_what_comes_is_told(world: World) -> None:
    """While a draft to an operator on a topic waits in Drafts, what comes is told; once it is sent, drafted again."""
    deliver_bill(world, number="1")
    world.run()
    deliver_bill(world, number="2")
    (told, _summary) = world.run_json()
    world.delete("Brouillons", [uid for uid, _flags, _draft in world.fetch_all("Brouillons")])
    deliver_bill(world, number="3")
    (drafted, _summary) = world.run_json()

    assert (told["decision"]["action"], told["decision"]["rule"]) == ("tell", "draft-waiting")
    assert drafted["decision"]["action"] == "draft"
    assert len(world.drafts()) == 1


def test_what_found_no_room_is_drafted_when_there_is_some(make_world: Callable[..., World]) -> None:
    """As many drafts wait as may: the rest is named once, and drafted when the user has sent one."""
    world = make_world(drafting={"pending_total": 1})
    deliver_bill(world, number="1")
    world.run()
    world.deliver(
        mail(COLIS.author, "Votre colis", f"Votre colis est en route.\n{NOTICE}", date=world.now), key=COLIS.key
    )
    told, again = world.run(), world.run()
    world.delete("Brouillons", [uid for uid, _flags, _draft in world.fetch_all("Brouillons")])
    drafted = world.run()

    assert "1 draft waits in your drafts mailbox already" in told.stdout
    assert (again.returncode, again.stdout) == (0, "")
    assert drafted.stdout.count("a draft to Colis Exemple") == 1
    assert [draft["To"] for draft in world.drafts()] == ["Colis Exemple <service@colis.example>"]


def test_a_one_time_code_is_never_drafted_to_nor_quoted(world: World) -> None:
    """One-time codes are left alone and appear nowhere."""
    raw = mail(
        TELECOM.author,
        "Votre code de vérification est 482913",
        f"Votre code de vérification est 482913.\n{NOTICE}",
        date=world.now,
        message_id="<code@telecom.example>",
    )
    world.deliver(raw, key=TELECOM.key)

    done = world.run("--json")

    assert done.returncode == 0
    assert "482913" not in done.stdout + done.stderr
    assert world.drafts() == []


def test_no_shape_of_a_code_or_a_password_comes_into_a_draft(world: World) -> None:
    """Each from a proven operator, each of the words of a bill or an account; a true bill among them has its draft."""
    sent = [
        (
            "Votre code de paiement : facture 12",
            "Votre code de paiement 3-D Secure est 482913, pour régler la facture.",
        ),
        ("Votre clé d'activation : 482913", "Votre facture vous attend."),
        ("Vos identifiants", "Votre mot de passe provisoire est Xy482913."),
        ("Votre facture", "Bonjour,\n\n482913\n\nValable dix minutes."),
        ("Votre facture n° 73920415", "Votre facture est disponible."),
    ]
    for number, (subject, text) in enumerate(sent):
        id_ = f"<shape-{number}@telecom.example>"
        raw = mail(TELECOM.author, subject, f"{text}\n{NOTICE}", date=world.now, message_id=id_)
        world.deliver(raw, key=TELECOM.key)

    done = world.run("--json")

    (draft,) = world.drafts()
    assert done.returncode == 0
    assert "482913" not in done.stdout + done.stderr + draft.as_string()
    assert draft["In-Reply-To"] == "<shape-4@telecom.example>"
    assert "73920415" in text_of(draft)


def test_runs_at_one_time_make_one_draft(world: World) -> None:
    """Of runs that are started at one time each does all or nothing: one draft."""
    deliver_bill(world)
    runs = [world.start() for _ in range(3)]
    ends = [(run.communicate(timeout=60), run.returncode)[1] for run in runs]

    assert set(ends) <= {0, 75}
    assert 0 in ends
    assert len(world.drafts()) == 1


def test_an_overlapping_run_leaves_it_to_the_first(world: World) -> None:
    """While one run is at work the next ends with 75, says so, and does nothing."""
    deliver_bill(world)
    with State.open(world.state):
        second = world.run()

    assert second.returncode == 75
    assert "another" in second.stderr
    assert world.drafts() == []
    assert world.run().returncode == 0
    assert len(world.drafts()) == 1


@pytest.mark.parametrize("after", [0.0, 0.2, 0.4])
def test_sigterm_ends_with_130_and_the_next_run_goes_on(world: World, after: float) -> None:
    """SIGTERM ends a run where it stands; what is left to do is done by the next."""
    for operator, number in product((TELECOM, COLIS, BANQUE), "123456"):
        deliver_bill(world, number=number, operator=operator)
    running = world.start()
    while not world.state.exists():  # from then on it listens to signals
        time.sleep(0.01)
    time.sleep(after)
    running.send_signal(signal.SIGTERM)
    _out, err = running.communicate(timeout=30)
    world.run()

    assert running.returncode in ({0, 130} if after else {130}), err  # a fast machine may be done by then
    assert "Traceback" not in err
    assert len(world.drafts()) == 3


def test_two_drafts_for_the_same_are_named_once(world: World) -> None:
    """Two machines at one instant can leave one draft too many; the next run names it, once, and touches neither."""
    deliver_bill(world)
    world.run()
    ((_uid, _flags, draft),) = world.fetch_all("Brouillons")
    world.deliver(edited(draft), mailbox="Brouillons", flags=r"(\Draft)")

    first, second = world.run(), world.run()

    assert first.returncode == 1
    assert "Brouillons" in first.stderr
    assert (second.returncode, second.stderr) == (0, "")
    assert len(world.drafts()) == 2


@pytest.mark.parametrize("first", ["1", "12"])
def test_drafts_of_two_machines_that_overlap_are_named_once(world: World, first: str) -> None:
    """One machine has seen one bill more than the other: they share one, whichever draft came first."""
    folder = world.state.parent
    written = []
    for numbers in (first, {"1": "12", "12": "1"}[first]):  # each machine with a state and a mailbox of its own
        for number in numbers:
            deliver_bill(world, number=number, days=int(number))
        world.run()
        ((uid, _flags, draft),) = world.fetch_all("Brouillons")
        written.append(as_saved(draft))
        world.delete("Brouillons", [uid])
        world.delete("INBOX", [uid for uid, _flags, _bill in world.fetch_all("INBOX")])
        folder.rename(world.folder / f"state of {len(written)}")
    world.deliver(*written, mailbox="Brouillons", flags=r"(\Draft)")

    ends = [world.run() for _ in range(2)]

    assert [done.returncode for done in ends] == [1, 0]
    assert "two drafts to telecom-exemple in Brouillons" in ends[0].stderr
    assert ends[1].stderr == ""
    assert len(world.drafts()) == 2


def test_drafts_to_two_messages_of_one_message_id_are_no_duplicates(make_world: Callable[..., World]) -> None:
    """An operator that uses a Message-ID twice is answered twice, where as many drafts may wait."""
    world = make_world(drafting={"pending_per_operator": 2})
    deliver_bill(world, number="7")
    world.run()
    (draft,) = world.drafts()
    text = f"Votre facture n° 8 est disponible.\n{NOTICE}"
    second = mail(TELECOM.author, "Votre facture n° 8", text, date=world.now, message_id="<bill-7@telecom.example>")
    world.deliver(second, key=TELECOM.key)

    ends = [world.run() for _ in range(2)]

    assert [(done.returncode, done.stderr) for done in ends] == [(0, ""), (0, "")]
    assert {found["In-Reply-To"] for found in world.drafts()} == {draft["In-Reply-To"]}
    assert len(world.drafts()) == 2


@pytest.mark.parametrize("by_the_user", [False, True], ids=["as saved", "edited"])
def test_a_draft_in_another_drafts_mailbox_waits_too(world: World, by_the_user: bool) -> None:  # noqa: FBT001
    """A mail program of the user's keeps drafts in a mailbox of its own: what was moved there still waits."""
    deliver_bill(world, number="1")
    world.run()
    with world.connected() as client:
        client.create("Drafts")
    ((uid, _flags, draft),) = world.fetch_all("Brouillons")
    world.delete("Brouillons", [uid])
    world.deliver(edited(draft) if by_the_user else as_saved(draft), mailbox="Drafts", flags=r"(\Draft)")
    deliver_bill(world, number="2")
    (told, _summary) = world.run_json()
    world.deliver(edited(draft), mailbox="Brouillons", flags=r"(\Draft)")

    twice = world.run()

    assert told["decision"]["rule"] == "draft-waiting"
    assert twice.returncode == 1
    assert "Brouillons, Drafts" in twice.stderr


def test_nothing_personal_is_logged_unless_asked_for(world: World) -> None:
    """Addresses and subjects are logged at -v only, bodies never."""
    deliver_bill(world, number="77")

    quiet = world.run("--dry-run")
    verbose = world.run("--dry-run", before=("-v",))

    assert quiet.stderr == ""
    assert "noreply@telecom.example" in verbose.stderr
    assert "n° 77" in verbose.stderr
    assert "42,99" not in verbose.stderr


def test_a_run_that_finds_nothing_new_loads_no_heavy_library(world: World) -> None:
    """Most runs find nothing: they read no record and import nothing that only a message needs."""
    deliver_bill(world)
    world.run()

    idle = world.run(program="modules_of_a_run.py")

    assert idle.returncode == 0
    loaded = set(idle.stderr.split())
    assert {"imapclient", "noreply_analyzer.run"} <= loaded
    heavy = {"dkim", "jinja2", "mailparser", "rich", "selectolax", "publicsuffixlist", "phonenumbers", "pymap", "nacl"}
    assert not heavy & loaded
    assert "noreply_analyzer.drafting" not in loaded
    assert "dns.resolver" not in loaded
