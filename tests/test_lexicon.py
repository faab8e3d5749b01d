"""Wordings found in a text: written as people write them, the longest first, in time proportional to the text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.lexicon import Lexicon, expand, words_of

LEXICON = Lexicon(
    [
        ("factur*", "bill"),
        ("mise à jour {de,du} {,votre }compte", "account"),
        ("jusqu'à # %", "sale"),
        ("livraison", "delivery"),
        ("livraison {gratuite,offerte}*", "sale"),
        ("n° _ client", "number"),
        ("plan", "contract"),
        ("plan", "map"),
    ]
)


def found(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Give what is found, as it is written."""
    words = words_of(text)
    return [(words.written(each), each.means) for each in LEXICON.find(words)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Votre FACTURE", [("FACTURE", ("bill",))]),
        ("refacturer", []),
        ("facturation, factures", [("facturation", ("bill",)), ("factures", ("bill",))]),
        ("facturabcdefghijklmnop", []),
        ("Mise à\njour  du compte", [("Mise à jour du compte", ("account",))]),
        ("mise a\u0300 jour de votre compte", [("mise a\u0300 jour de votre compte", ("account",))]),
        ("mise à jour du profil", []),
        ("livraison", [("livraison", ("delivery",))]),
        ("Livraison offerte !", [("Livraison offerte", ("sale",))]),
        ("livraison de livraison gratuites", [("livraison", ("delivery",)), ("livraison gratuites", ("sale",))]),
        ("jusqu’à -50 % !", [("jusqu’à -50 %", ("sale",))]),
        ("jusqu'à demain", []),
        ("n° de client", [("n° de client", ("number",))]),
        ("n° client", []),
        ("plan", [("plan", ("contract", "map"))]),
        ("fac\u200bture", [("fac\u200bture", ("bill",))]),
        ("", []),
    ],
)
def test_wordings_are_found(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """Whatever accents, capitals, breaks and punctuation it is written with; the longest at a place counts alone."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("wording", "all_of_them"),
    [
        ("a", ["a"]),
        ("a {b,c d}", ["a b", "a c d"]),
        ("{a,}b{c,d}", ["abc", "abd", "bc", "bd"]),
        ("{a,b {c,d}}", ["a", "b c", "a", "b d"]),
        ("a {b", ["a {b"]),
    ],
)
def test_alternatives(wording: str, all_of_them: list[str]) -> None:
    """As a shell would."""
    assert sorted(expand(wording)) == sorted(all_of_them)


@settings(max_examples=200)
@given(st.text())
def test_places_are_places(text: str) -> None:
    """Of any text: words stand where they are said to stand, in order, none over another."""
    words = words_of(text)
    ends = [0]
    for start, end in words.places:
        assert ends[-1] <= start < end <= len(text)
        ends.append(end)
    assert len(words.folded) == len(words.places)
    assert [each.first for each in LEXICON.find(words)] == sorted(each.first for each in LEXICON.find(words))


@pytest.mark.parametrize(
    "part", ["mise a jour de votre ", "a", "facture ", "n° x ", " ", "\u0301", "a\u0301", "jusqu'a 5 "]
)
def test_the_time_is_in_proportion(part: str) -> None:
    """Eight times the text costs no more than eight times the time, with room for a busy machine."""
    text = (part * 64_000)[:64_000]
    began = time.perf_counter()
    found(text[:8000])
    short = time.perf_counter() - began
    began = time.perf_counter()
    found(text)
    assert time.perf_counter() - began < 40 * short + 0.5
