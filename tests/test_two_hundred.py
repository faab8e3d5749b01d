"""Two hundred mixed messages give exactly the drafts of a table written before the run, over three runs and a kill."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from world import ANNE, NOTICE, OperatorFixture, World, mail

from noreply_analyzer.ids import read_marker

OPERATORS = tuple(
    OperatorFixture(
        slug=f"operator-{letter}",
        name=f"Opérateur {letter.upper()}",
        domain=f"operator-{letter}.example",
        email=f"service@operator-{letter}.example" if letter in "abc" else "",
    )
    for letter in "abcdef"
)
TOPICS = {
    "billing": ("Votre facture n° {n}", "Votre facture n° {n} d'un montant de 12,{n:02} € est disponible."),
    "incident": ("Incident sur votre ligne", "Un incident perturbe votre ligne depuis ce matin (dossier {n})."),
    "delivery": ("Votre colis {n} est en route", "Votre colis n° {n} est en cours de livraison."),
}
EXPECTED = {(operator.slug, topic): 3 for operator in OPERATORS for topic in TOPICS}
"""The table: eighteen letters, each about three messages. Nothing else of the two hundred may lead to a draft."""


def signed_notices(world: World) -> Iterator[bytes]:
    """Give what is to be answered: 54 messages, three for each operator and topic."""
    n = 0
    for operator in OPERATORS:
        for subject, text in TOPICS.values():
            for _time in range(3):
                n += 1
                raw = mail(
                    operator.author,
                    subject.format(n=n),
                    f"Bonjour,\n{text.format(n=n)}\n{NOTICE}",
                    date=world.now - timedelta(hours=n),
                    message_id=f"<{n}@{operator.domain}>",
                )
                yield operator.key.sign(raw)


def everything_else(world: World) -> Iterator[bytes]:
    """Give 146 messages that lead to no draft, each kind for another reason."""
    operator = OPERATORS[0]
    bill, bill_text = "Votre facture n° {n}", f"Votre facture est disponible.\n{NOTICE}"
    kinds = [
        # author, subject, text, days old, signed, further fields
        (operator.author, "Votre code de vérification : {n}", f"Votre code est {{n}}.\n{NOTICE}", 1, True, {}),
        (operator.author, bill, bill_text, 60, True, {}),
        (operator.author, bill, bill_text, 1, False, {}),
        (
            operator.author,
            "Nos offres de la semaine : -30 %",
            f"Profitez de nos offres promotionnelles exclusives.\n{NOTICE}",
            1,
            True,
            {"List-Unsubscribe": "<https://operator-a.example/u>", "Precedence": "bulk"},
        ),
        (operator.author, bill, bill_text, 1, True, {"Reply-To": "service.client@operator-a.example"}),
        ("Opérateur A <noreply@evil.example>", bill, bill_text, 1, False, {}),
        ("Paul <paul@friend.example>", "Vacances {n}", "On se voit samedi ?\n", 1, False, {}),
        (ANNE, "Note {n}", "Penser au rendez-vous.\n", 1, False, {}),
        (
            "Mail Delivery System <MAILER-DAEMON@mx.example>",
            "Undelivered Mail Returned to Sender {n}",
            "I'm sorry to have to inform you that your message could not be delivered.\n",
            1,
            False,
            {"Auto-Submitted": "auto-replied", "Return-Path": "<>"},
        ),
        (
            "Jean <jean@friend.example>",
            "Réponse automatique : absent {n}",
            "Je suis absent jusqu'à lundi.\n",
            1,
            False,
            {"Auto-Submitted": "auto-replied"},
        ),
        (
            "List <list@lists.example>",
            "[list] message {n}",
            "A post.\n",
            1,
            False,
            {"List-Id": "<list.lists.example>", "List-Post": "<mailto:list@lists.example>"},
        ),
        ("Boutique <noreply@unknown.example>", "Bonjour {n}", f"Bonjour.\n{NOTICE}", 1, False, {}),
    ]
    for n in range(146):
        author, subject, text, days, signed, fields = kinds[n % len(kinds)]
        raw = mail(
            author,
            subject.format(n=1000 + n),
            text.format(n=100_000 + n),
            date=world.now - timedelta(days=days, minutes=n),
            message_id=f"<other-{n}@mail.example>",
            fields=fields,
        )
        yield operator.key.sign(raw) if signed else raw


@pytest.mark.dovecot
@pytest.mark.timeout(300)
def test_two_hundred_messages_give_the_drafts_of_the_table(make_world: Callable[..., World]) -> None:
    """Three runs, the second killed with -9 after its third draft: every letter of the table once, and no other."""
    world = make_world(operators=OPERATORS, drafting={"per_run": 8, "pending_total": 50})
    notices = list(signed_notices(world))
    others = list(everything_else(world))
    assert len(notices) + len(others) == 200
    world.deliver(*(raw for pair in zip(notices, others, strict=False) for raw in pair), *others[len(notices) :])

    first = world.run()
    second = world.run(dying="after-append", nth=3)
    after_the_kill = len(world.drafts())
    third = world.run()

    assert first.returncode == 0, first.stderr
    assert second.returncode == -signal.SIGKILL
    assert after_the_kill == 11
    assert third.returncode == 0, third.stderr
    found: Counter[tuple[str, str]] = Counter()
    for draft in world.drafts():
        marker, *names = draft["References"].split()
        read = read_marker(marker)
        assert read is not None
        found[read.operator, read.topic] += len(names)
    assert dict(found) == EXPECTED
    assert len(world.drafts()) == len(EXPECTED)
