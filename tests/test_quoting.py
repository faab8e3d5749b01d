"""What of a message is quoted in a draft: words, and nothing that opens, pays or names somebody else."""

import re
import unicodedata
from dataclasses import replace
from typing import Final

import pytest
from drafting_cases import BILL, LETTER, MAIL, QUESTION, body, shown
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from noreply_analyzer.drafting import Answered, compose
from noreply_analyzer.quoting import quoted

KNOWN: Final = ("noreply@telecom.example", "anne@example.org")
IBAN: Final = "FR7630006000011234567890189"
CARD: Final = "4970101234567890"  # with a wrong check digit; `carded` mends it


def checked_iban(country: str, bban: str) -> str:
    """Give an account number with the check digits that ISO 13616 wants."""
    number = int("".join(str(int(one, 36)) for one in f"{bban}{country}00"))
    return f"{country}{98 - number % 97:02}{bban}"


def carded(digits: str) -> str:
    """Give a card number with the check digit that ISO/IEC 7812 wants."""
    total = sum(
        sum(divmod(2 * int(one), 10)) if index % 2 == 0 else int(one) for index, one in enumerate(reversed(digits))
    )
    return f"{digits}{-total % 10}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Prélèvement sur {IBAN} le 12", "Prélèvement sur … le 12"),
        ("Votre RIB FR76 3000 6000 0112 3456 7890 189 est modifié", "Votre RIB … est modifié"),
        ("Votre RIB fr76-3000-6000-0112-3456-7890-189.", "Votre RIB …."),
        ("IBAN : DE89 3704 0044 0532 0130 00 merci", "IBAN : … merci"),
        ("IBAN BE68539007547034", "IBAN …"),
        ("IBAN FR76 **** **** 189", "IBAN FR76 **** **** 189"),  # nothing is given away
        ("Dossier FR12 ABCD 3456 EFGH 7890 IJ", "Dossier FR12 ABCD 3456 EFGH 7890 IJ"),  # no check digits
        ("Carte 4539 1488 0343 6467 débitée", "Carte … débitée"),
        ("Carte 4539148803436467", "Carte …"),
        ("Carte 4539-1488-0343-6467.", "Carte …."),
        ("Carte ４５３９１４８８０３４３６４６７", "Carte …"),
        ("Dossier de l'assuré 2 84 05 17 300 123 45", "Dossier de l'assuré …"),
        ("Assuré 184052A300123 : remboursement", "Assuré … : remboursement"),
        ("Facture 2 84 15 17 300 123", "Facture 2 84 15 17 300 123"),  # no month
        ("Facture 4539148803436468", "Facture 4539148803436468"),  # no check digit
        ("Facture 1234567890 du 12/11/2026", "Facture 1234567890 du 12/11/2026"),
        ("Voir https://telecom.example/reset?token=abc123 ici", "Voir https://telecom.example/… ici"),
        ("Voir http://user:secret@telecom.example/x", "Voir http://telecom.example/…"),
        ("Voir www.telecom.example/u/8f3a", "Voir www.telecom.example/…"),
        ("Voir https://telecom.example/", "Voir https://telecom.example"),
        ("Voir telecom.example/reset?token=abc123 ici", "Voir telecom.example/… ici"),
        ("Voir (go.telecom.example?c=8f3a)", "Voir (go.telecom.example/…"),
        ("Voir telecom.example, 24h/24 et 7j/7", "Voir telecom.example, 24h/24 et 7j/7"),
        ("Débit de 1.5 Go/s, 2.5Mo/s, M./Mme et S.N.C.F/RATP", "Débit de 1.5 Go/s, 2.5Mo/s, M./Mme et S.N.C.F/RATP"),
        ("javascript:alert(1) data:text/html,x", "… …"),
        ("Message de Paul Durand <paul.durand@client.example>", "Message de Paul Durand <…>"),
        ("Écrivez à noreply@telecom.example", "Écrivez à noreply@telecom.example"),
        ("Compte Anne@example.org créé", "Compte Anne@example.org créé"),
        ("Ajout de x@y et de é@bücher.example.", "Ajout de … et de …."),
        ("fac\u202eture\u2066 \x00\x1b[31m\u200b12", "facture [31m12"),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("Bonjour 👋 שלום 漢字", "Bonjour 👋 שלום 漢字"),
    ],
)
def test_what_is_left_out(text: str, expected: str) -> None:
    """Each secret is marked by three points; what only looks like one stands."""
    assert quoted(text, 200, known=KNOWN) == expected


WORDS: Final = st.text(st.characters(codec="utf-8", exclude_categories=["N", "C", "Z", "P", "S", "M"]), max_size=20)
BBAN: Final = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=11, max_size=30)
COUNTRY: Final = st.sampled_from(["FR", "DE", "NO", "MT"])
CARDS: Final = st.text("0123456789", min_size=12, max_size=18).map(carded)
TOKEN: Final = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=40)


def grouped(text: str, separator: str) -> str:
    """Give *text* in groups of four."""
    return separator.join(text[index : index + 4] for index in range(0, len(text), 4))


@given(before=WORDS, after=WORDS, country=COUNTRY, bban=BBAN, separator=st.sampled_from(["", " ", "-", "."]))
def test_no_account_number_is_quoted(before: str, after: str, country: str, bban: str, separator: str) -> None:
    """Whatever stands around it, and however it is grouped."""
    number = checked_iban(country, bban)
    assume(bban not in re.sub(r"[ .-]", "", f"{before} {after}"))
    said = quoted(f"{before} {grouped(number, separator)} {after}", 300)

    assert number[4:] not in re.sub(r"[ .-]", "", said)


@given(before=WORDS, after=WORDS, number=CARDS, separator=st.sampled_from(["", " ", "-", "."]))
def test_no_card_number_is_quoted(before: str, after: str, number: str, separator: str) -> None:
    """Likewise."""
    said = quoted(f"{before} {grouped(number, separator)} {after}", 300)

    assert number not in re.sub(r"[ .-]", "", said)


@given(before=WORDS, token=TOKEN, after=WORDS)
@settings(max_examples=50, deadline=None)
def test_no_link_and_no_third_party_is_quoted_in_any_draft(before: str, token: str, after: str) -> None:
    """In the subject and in the notice, in both shapes of a draft."""
    said = f"{before} https://telecom.example/mdp/{token}?u={token} {after} {token}@client.example"
    answered = (Answered(message=replace(BILL, subject=said), notice=said),)
    for brief in (LETTER, replace(QUESTION, channel=MAIL)):
        text = re.sub(r"\s", "", shown(compose(replace(brief, answered=answered))))

        assert f"mdp/{token}" not in text
        assert f"{token}@client" not in text


@given(st.text(max_size=400), st.integers(min_value=1, max_value=200))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_in(text: str, limit: int) -> None:
    """What goes out is one visible line, short enough, without a pile of marks, and no more is left out of it."""
    said = quoted(text, limit)

    assert len(said) <= limit
    assert said.isprintable()
    assert not any(unicodedata.bidirectional(character) in {"RLO", "LRO", "RLI", "LRI", "PDF"} for character in said)
    assert not re.search(r"(?:[\u0300-\u036f]){3}", said)


def test_the_draft_quotes_what_is_harmless() -> None:
    """The rest of the subject is there, so that the operator knows which message it was."""
    subject = f"Votre prélèvement sur {IBAN} : https://telecom.example/p/123 – 👍"
    text = body(compose(replace(LETTER, answered=(Answered(message=replace(BILL, subject=subject)),))))

    assert "« Votre prélèvement sur … : https://telecom.example/… – 👍 »" in " ".join(
        text.replace("\u00a0", " ").split()
    )
