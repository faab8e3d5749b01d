"""What looks like a code, and what is left of a sentence without it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.codes import INSTEAD
from noreply_analyzer.message import MAX_TEXT
from noreply_analyzer.topic import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Votre code est 482913, merci", "Votre code est …, merci"),
        ("482913", "…"),
        ("** 482 913 **", "** … **"),
        ("Code 4829 ou 482-913", "Code … ou …"),
        ("482913 est votre code, Anne", "… est votre code, Anne"),
        ("Code : ４８２\u200b９１３.", "Code : …."),
        ("cœur, œuvre, ﬁn : code 482913 et la suite", "cœur, œuvre, ﬁn : code … et la suite"),
        ("Votre mot de passe provisoire : Xy12abCD.", "Votre mot de passe provisoire : …."),
        ("Your code is 482913 (valid for 10 minutes)", "Your code is … (valid for 10 minutes)"),
        ("Facture n° 482913, code 7392", "Facture n° 482913, code …"),
        ("Votre code de retrait 4829", "Votre code de retrait …"),
        ("4829 est votre code de retrait", "… est votre code de retrait"),
        ("Code à présenter au livreur : 4829", "Code à présenter au livreur : …"),
        ("Pick-up code: 4829, order 482913", "Pick-up code: …, order 482913"),
        ("Zeigen Sie den Abholcode 739204.", "Zeigen Sie den Abholcode …."),
        ("Toon de afhaalcode: 739204", "Toon de afhaalcode: …"),
        ("Visa hämtkod 739204", "Visa hämtkod …"),
        ("Muestre el código de recogida 739204.", "Muestre el código de recogida …."),
        ("Mostre o código de levantamento 739204.", "Mostre o código de levantamento …."),
        ("Mostra il codice di ritiro 739204.", "Mostra il codice di ritiro …."),
        ("Pokaż kod odbioru 739204 w punkcie.", "Pokaż kod odbioru … w punkcie."),
        ("Mostra el codi de recollida 739204.", "Mostra el codi de recollida …."),
    ],
)
def test_a_code_is_masked(text: str, shown: str) -> None:
    """In whatever letters it is written, and nothing but it."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Votre facture n° 482913",
        "Votre facture 482913 du 12 novembre 2026 : 4829 €",
        "Contrat 4829131, client n° 482913",
        "Votre colis 4829131 arrive demain",
        "Code client 482913 : votre facture",
        "Suppression de votre train 8342",
        "Votre code promo 48291",
        "Your bill no. 482913 of 12/11/2026",
        "Appelez le 3900 ou le 01 23 45 67 89",
        "Bilan 2026",
        "",
        "  deux  blancs\tet  plus ",
    ],
)
def test_what_an_operator_numbers_stays(text: str) -> None:
    """A customer needs it to know which bill is meant."""
    assert masked(text) == text


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_only_codes_go(text: str) -> None:
    """Whatever is written: what is left is what was there, in its order, and has no code any more."""
    kept = iter(text)
    assert all(piece in kept for piece in masked(text).replace(INSTEAD, ""))


@settings(max_examples=200)
@given(
    code=st.from_regex(r"[0-9]{4,8}|[0-9]{3}[ -][0-9]{3}", fullmatch=True),
    around=st.sampled_from(
        ["Votre code : {}", "{} est votre code", "Your PIN is {}.", "Ton code est le\n\n{}\n", "Code {}"]
    ),
)
def test_any_figures_beside_the_word_go(code: str, around: str) -> None:
    """Years too, where the word stands right before them."""
    if code[:2] in {"19", "20"} and around.startswith("{}"):
        return
    assert code not in masked(around.format(code))


@pytest.mark.parametrize(
    "part", ["4829 ", "code code code ", "code 482913 ", " ", "1", "mot de passe : a1b2c3 ", "n° 4829 "]
)
def test_the_time_is_in_proportion(part: str) -> None:
    """64 KB cost no more than eight times what 8 KB cost, with room for a busy machine."""
    text = (part * MAX_TEXT)[:MAX_TEXT]
    began = time.perf_counter()
    masked(text[: MAX_TEXT // 8])
    short = time.perf_counter() - began
    began = time.perf_counter()
    masked(text)
    assert time.perf_counter() - began < 40 * short + 0.5
