"""A draft in a real mail program: it is opened as one, edited, put back or sent, and there is never a second one.

Here it is NeoMutt, in a terminal; docs/mail-programs.md says what others did, and how to see it again.
"""

import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from mail_programs import SENTENCE, Account, Started, neomutt
from program import require_installed
from screen import Terminal
from servers.outgoing import Outgoing
from world import ANNE, COLIS, NOTICE, TELECOM, OperatorFixture, World, mail

pytestmark = [pytest.mark.dovecot, pytest.mark.mailprogram]


@pytest.fixture
def outgoing() -> Iterator[Outgoing]:
    """Give a server that keeps what is sent."""
    with Outgoing() as server:
        yield server


@pytest.fixture
def started(world: World, plain_port: int, outgoing: Outgoing, tmp_path: Path) -> Started:
    """Give NeoMutt as Anne has it."""
    require_installed("neomutt", package="neomutt")
    account = Account(world=world, plain_port=plain_port, outgoing_port=outgoing.port)
    return neomutt(account, tmp_path)


def draft_to(operator: OperatorFixture, world: World) -> EmailMessage:
    """Have *operator* write, and a run save its draft."""
    text = f"Bonjour,\nà l’été, « votre facture » n° F-2026-1112 de 42,99 € sera prélevée.\n{NOTICE}"
    subject = "Votre facture n° F-2026-1112 « été »"
    message_id = f"<{'a-long-name.' * 8}1@{operator.domain}>"
    raw = mail(operator.author, subject, text, date=world.now, message_id=message_id)
    world.deliver(raw, key=operator.key)
    done = world.run()
    assert (done.returncode, done.stderr) == (0, "")
    (draft,) = world.drafts()
    return draft


def opened(terminal: Terminal) -> str:
    """Have the one draft opened again, and give the screen from which it is put back or sent."""
    terminal.wait_for("NeoMutt: +INBOX")
    terminal.type("m")
    terminal.wait_for("Recall postponed message?")
    terminal.type("y")
    return terminal.wait_for("-- NeoMutt: Compose")


def edited(world: World, mailbox: str) -> EmailMessage:
    """Wait for the message to lie in *mailbox* alone, with the sentence that was added to it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = [message for _uid, _flags, message in world.fetch_all(mailbox)]
        if len(found) == 1 and SENTENCE in text_of(found[0]):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"the edited draft never came to {mailbox}")


def text_of(message: EmailMessage) -> str:
    """Give its text."""
    part = message.get_body()
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


def thread_of(message: EmailMessage) -> tuple[str, list[str]]:
    """Give what it answers."""
    return message["In-Reply-To"], message["References"].split()


def assert_nothing_more_is_drafted(world: World) -> None:
    """A run that remembers nothing finds that everything has its answer, and drafts nothing."""
    drafts = len(world.drafts())
    world.state.unlink()

    done = world.run()

    assert (done.returncode, done.stderr) == (0, "")
    assert "there is an answer to it in" in done.stdout
    assert len(world.drafts()) == drafts


def test_a_letter_is_edited_and_put_back(world: World, started: Started) -> None:
    """It opens as a draft to Anne herself; put back, it is one draft as before, with its thread, text and file."""
    draft = draft_to(TELECOM, world)

    with Terminal(started.command, started.environment) as terminal:
        screen = opened(terminal)
        terminal.type("P")
        saved = edited(world, "Brouillons")

    assert f"To: Anne Martin <{ANNE}>" in screen
    assert f"Subject: {draft['Subject']}" in screen
    assert "lettre-telecom-exemple.pdf" in screen
    assert thread_of(saved) == thread_of(draft)
    assert saved["Subject"] == draft["Subject"]
    assert text_of(saved) == text_of(draft) + SENTENCE + "\n"
    (file,), kept = draft.iter_attachments(), saved.iter_attachments()
    assert [each.get_content() for each in kept] == [file.get_content()]
    assert_nothing_more_is_drafted(world)


def test_an_email_is_edited_and_sent(world: World, started: Started, outgoing: Outgoing) -> None:
    """What reaches the operator is the text of the draft in the thread of its message; and that was all."""
    draft = draft_to(COLIS, world)

    with Terminal(started.command, started.environment) as terminal:
        screen = opened(terminal)
        terminal.type("y")
        kept = edited(world, "&AMk-l&AOk-ments envoy&AOk-s")

    (raw,) = outgoing.taken
    sent = message_from_bytes(raw, policy=default)
    assert f"To: Colis Exemple <{COLIS.email}>" in screen
    for message in (kept, sent):
        assert (message["From"], message["To"]) == (f"Anne Martin <{ANNE}>", f"Colis Exemple <{COLIS.email}>")
        assert message["Subject"] == draft["Subject"]
        assert thread_of(message) == thread_of(draft)
        assert text_of(message) == text_of(draft) + SENTENCE + "\n"
    assert world.drafts() == []
    assert_nothing_more_is_drafted(world)
