"""Telephone numbers: what kind a French one is, what a call costs as far as the number tells, how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noreply_analyzer.phones import Category, Tariff, category, tariff, written
from noreply_analyzer.prose import words


@pytest.mark.parametrize(
    ("number", "kind", "price"),
    [
        ("01 99 00 12 34", Category.GEOGRAPHIC, Tariff.ORDINARY),
        ("+33 1 99 00 12 34", Category.GEOGRAPHIC, Tariff.ORDINARY),
        ("0033199001234", Category.GEOGRAPHIC, Tariff.ORDINARY),
        ("+33 (0)5.36.49.12.34", Category.GEOGRAPHIC, Tariff.ORDINARY),
        ("06 39 98 00 12", Category.MOBILE, Tariff.ORDINARY),
        ("07 39 98 00 12", Category.MOBILE, Tariff.ORDINARY),
        ("07 00 98 00 12", Category.UNKNOWN, Tariff.UNKNOWN),
        ("09 69 00 12 34", Category.ANYWHERE, Tariff.ORDINARY),
        ("01 62 00 12 34", Category.CANVASSING, Tariff.UNKNOWN),
        ("09 48 00 12 34", Category.CANVASSING, Tariff.UNKNOWN),
        ("09 47 50 12 34", Category.CANVASSING, Tariff.UNKNOWN),
        ("09 39 00 12 34", Category.PLATFORM, Tariff.UNKNOWN),
        ("0 800 12 34 56", Category.FREE, Tariff.FREE),
        ("0 805 12 34 56", Category.FREE, Tariff.FREE),
        ("0 806 12 34 56", Category.ORDINARY, Tariff.ORDINARY),
        ("0 809 12 34 56", Category.ORDINARY, Tariff.ORDINARY),
        ("0 810 12 34 56", Category.SURCHARGED, Tariff.SURCHARGED),
        ("0 825 12 34 56", Category.SURCHARGED, Tariff.SURCHARGED),
        ("0 892 12 34 56", Category.SURCHARGED, Tariff.SURCHARGED),
        ("118 712", Category.SURCHARGED, Tariff.SURCHARGED),
        ("3000", Category.FREE, Tariff.FREE),
        ("3103", Category.FREE, Tariff.FREE),
        ("3008", Category.SHORT, Tariff.DEPENDS),
        ("3179", Category.SHORT, Tariff.DEPENDS),
        ("3639", Category.SHORT, Tariff.DEPENDS),
        ("39 00", Category.SHORT, Tariff.DEPENDS),
        ("1064", Category.ASSISTANCE, Tariff.DEPENDS),
        ("10 23", Category.ASSISTANCE, Tariff.DEPENDS),
        ("112", Category.EMERGENCY, Tariff.FREE),
        ("116 006", Category.FREE, Tariff.FREE),
        ("33700", Category.FREE, Tariff.FREE),
        ("38000", Category.MESSAGES, Tariff.UNKNOWN),
        ("+44 20 7946 0000", Category.UNKNOWN, Tariff.UNKNOWN),
        ("7726", Category.UNKNOWN, Tariff.UNKNOWN),
        ("0199", Category.UNKNOWN, Tariff.UNKNOWN),
        ("", Category.UNKNOWN, Tariff.UNKNOWN),
    ],
)
def test_the_kind_of_a_french_number_and_its_price(number: str, kind: Category, price: Tariff) -> None:
    """By the numbering plan; never "premium" where the number alone does not say so."""
    assert category(number) is kind
    assert tariff(number, "FR") is price


def test_elsewhere_a_number_tells_nothing() -> None:
    """Other countries have other plans."""
    assert tariff("0 800 12 34 56", "BE") is Tariff.UNKNOWN


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_price_has_its_words(language: str) -> None:
    """But the one that nobody knows."""
    assert set(words(language).tariff) == set(Tariff) - {Tariff.UNKNOWN}


@pytest.mark.parametrize(
    ("number", "country", "shown"),
    [
        ("+33199001234", "FR", "01 99 00 12 34"),
        ("0800123456", "FR", "0 800 12 34 56"),
        ("+33199001234", "BE", "+33 1 99 00 12 34"),
        ("3900", "FR", "3900"),
        ("by appointment", "FR", "by appointment"),
    ],
)
def test_a_number_is_written_as_its_readers_write_it(number: str, country: str, shown: str) -> None:
    """With the country only where it is another; what is no number as it stands."""
    assert written(number, country) == shown


@given(st.text())
def test_any_text(text: str) -> None:
    """Is of some kind, and is written somehow."""
    assert category(text) in Category
    assert isinstance(written(text, "FR"), str)
