"""Whether what a channel says stands in a text: the same however it is written, and nothing that only looks like it."""

import time

import pytest
from builders import a_channel
from hypothesis import given
from hypothesis import strategies as st

from noreply_analyzer.records import Channel, Medium
from noreply_analyzer.standing import Reading, postal_words, stands

CITY = ("Télécom Exemple", "Service Clients", "TSA 00000", "00009 VILLE CEDEX 9")
STREET = ("Télécom Exemple", "12 BOULEVARD DE L'ECLUSE", "00017 SAINT EXEMPLE")
OWN_CODE = ("Télécom Exemple Service Clients", "00033 VILLE CEDEX 9")
ABROAD = ("Exemple Ltd", "8 EXAMPLE QUAY", "DUBLIN 2", "IRLANDE")


def said(medium: Medium, value: str | tuple[str, ...]) -> Channel:
    """Make a channel that says *value*."""
    if isinstance(value, tuple):
        return a_channel(medium=medium, lines=value, target="")
    return a_channel(medium=medium, target=value, lines=())


@pytest.mark.parametrize(
    ("target", "text", "found"),
    [
        ("contact@telecom.example", "Écrivez à Contact@Telecom.Example.", True),
        ("contact@telecom.example", "[nous écrire](mailto:contact@telecom.example)", True),
        ("contact@telecom.example", "à _contact@telecom.example_, ou par courrier", True),
        ("contact@telecom.example", "à l'adresse «contact@telecom.example»", True),
        ("contact@telecom.example", "pro.contact@telecom.example", False),
        ("contact@telecom.example", "pro_contact@telecom.example", False),
        ("contact@telecom.example", "contact@telecom.example.org", False),
        ("contact@telecom.example", "contact@telecom-example", False),
        ("contact@telecom.example", "contact at telecom.example", False),
        ("a.b@telecom.example", "axb@telecom.example", False),
    ],
)
def test_addresses(target: str, text: str, *, found: bool) -> None:
    """Whole, whatever its capitals and whatever Markdown puts around it."""
    assert stands(said(Medium.EMAIL, target), Reading(text)) is found


@pytest.mark.parametrize(
    ("target", "text", "found"),
    [
        ("01 99 00 12 34", "appelez le 01.99.00.12.34 (appel non surtaxé)", True),
        ("01 99 00 12 34", "+33 (0)1 99 00 12 34", True),
        ("01 99 00 12 34", "0033 1 99 00 12 34", True),
        ("01 99 00 12 34", "tél. 01\u00a099\u202f00\u00a012\u202f34", True),
        ("01 99 00 12 34", "01-99-00-12-34 7j/7", True),
        ("+33 1 99 00 12 34", "0199001234", True),
        ("0 800 99 00 12", "0800 990 012", True),
        ("+353 1 533 0000", "+353-1-533-0000", True),
        ("+353 1 533 0000", "01 533 0000", False),
        ("01 99 00 12 34", "01 99 00 12 35", False),
        ("01 99 00 12 34", "SIRET 101 99 00 12 34", False),
        ("01 99 00 12 34", "2019 9001 234", False),
        ("01 99 00 12 34", "01 99 00 12 345", False),
        ("3900", "appelez le 3900 (prix d'un appel)", True),
        ("3900", "au 39 00, 7j/7", True),
        ("3900", "composez le **3900**.", True),
        ("3900", "13900", False),
        ("3900", "01 39 00 12 34", False),
        ("3900", "3900 €", False),
        ("3900", "3900,50", False),
        ("3900", "0,3900", False),
        ("3900", "l'article 3900 du code", False),
        ("3900", "3900-3901", False),
        ("12", "12", False),
    ],
)
def test_numbers(target: str, text: str, *, found: bool) -> None:
    """By their digits, at home or with the country's code; a short one only where it is a number by itself."""
    assert stands(said(Medium.PHONE, target), Reading(text.casefold())) is found


@pytest.mark.parametrize(
    ("target", "text", "found"),
    [
        ("https://www.telecom.example/contact", "voir telecom.example/contact.", True),
        ("https://telecom.example/contact", "(http://WWW.telecom.example/contact/)", True),
        ("https://telecom.example/contact", "https://telecom.example/contact-pro", False),
        ("https://telecom.example/contact", "https://telecom.example/contact/pro", False),
        ("https://telecom.example/contact", "https://not-telecom.example/contact", False),
        ("https://telecom.example", "contact@telecom.example", False),
        ("https://telecom.example", "https://telecom.example.org", False),
        ("https://", "https://", False),
    ],
)
def test_pages(target: str, text: str, *, found: bool) -> None:
    """Without protocol, www. and the last slash; another page of the same site is another page."""
    assert stands(said(Medium.WEBFORM, target), Reading(text)) is found


@pytest.mark.parametrize(
    ("lines", "text", "found"),
    [
        (CITY, "Télécom Exemple, Service Clients, TSA 00000, 00009 Ville Cedex 09", True),
        (CITY, "Service clients\nTSA00000\n00009 VILLE CEDEX 9", True),
        (CITY, "T.S.A. 00 000 - 00009 Ville Cedex", True),
        (CITY, "TSA 00000, 00009 Ville", True),
        (CITY, "TSA 00000, 00009 Ville Cedex 8", False),
        (CITY, "TSA 00001, 00009 Ville Cedex 9", False),
        (CITY, "TSA 00000, 00008 Ville Cedex 9", False),
        (CITY, "TSA 00000, 00009 Autreville Cedex 9", False),
        (CITY, "TSA 00000 00075 Paris. Les professionnels : TSA 00007 00009 Ville Cedex 9", False),
        (CITY, "TSA 00000 " + "mot " * 40 + "00009 Ville Cedex 9", False),
        (STREET, "12, bd de l’Écluse – 00017 St-Exemple", True),
        (STREET, "12 boulevard de l'écluse (bâtiment B) 00017 Saint Exemple", True),
        (STREET, "112 boulevard de l'écluse 00017 Saint Exemple", False),
        (STREET, "12 rue de l'écluse 00017 Saint Exemple", False),
        (OWN_CODE, "Télécom Exemple – Service clients\n00033 Ville Cedex 9", True),
        (OWN_CODE, "Télécom Exemple – Service presse\n00033 Ville Cedex 9", False),
        (ABROAD, "Exemple Ltd., 8 Example Quay, Dublin 2, Ireland", True),
        (ABROAD, "Exemple Ltd., 9 Example Quay, Dublin 2, Ireland", False),
        (("Télécom Exemple",), "Télécom Exemple", False),
    ],
)
def test_postal_addresses(lines: tuple[str, ...], text: str, *, found: bool) -> None:
    """Post code, town and the lines that lead to the door, close together, with no other post code between."""
    assert stands(said(Medium.POST, lines), Reading(text)) is found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CS 70 222", ("cs", "70222")),
        ("BP90200", ("bp", "90200")),
        ("Cœur", ("coeur",)),
        ("CEDEX 09", ("cedex", "9")),
        ("12 bis, av. de l'Été", ("12", "bis", "avenue", "de", "l", "ete")),
        ("TSA 00000 12345", ("tsa", "00000", "12345")),
        ("", ()),
    ],
)
def test_the_words_of_an_address(text: str, words: tuple[str, ...]) -> None:
    """One form for each way to write it."""
    assert postal_words(text) == words


MEDIA = st.sampled_from([Medium.EMAIL, Medium.PHONE, Medium.WEBFORM, Medium.POST, Medium.CHAT])


@given(MEDIA, st.text(max_size=60), st.lists(st.text(max_size=40), max_size=6), st.text(max_size=500))
def test_no_text_and_no_value_is_too_odd(medium: Medium, target: str, lines: list[str], text: str) -> None:
    """The answer is yes or no."""
    channel = a_channel(medium=medium, target=target, lines=tuple(lines))

    assert stands(channel, Reading(text)) in {True, False}


@given(st.text("0123456789 .", min_size=4, max_size=20), st.text(max_size=100), st.text(max_size=100))
def test_a_number_is_never_found_in_a_text_without_its_digits(number: str, before: str, after: str) -> None:
    """Nothing is found that is not there."""
    text = "".join(letter for letter in f"{before} {after}" if not letter.isnumeric())

    assert not stands(said(Medium.PHONE, number), Reading(text))


@pytest.mark.parametrize("piece", ["0 1 9 ", "+33 (0) ", "tsa 0 ", "39.00-", "a@telecom.example_", "00009 ville "])
def test_no_text_takes_long(piece: str) -> None:
    """Whoever wrote it may have meant it to."""
    reading = Reading(piece * (1_000_000 // len(piece)))
    begun = time.monotonic()
    for medium, value in (
        (Medium.PHONE, "01 99 00 12 34"),
        (Medium.PHONE, "3900"),
        (Medium.EMAIL, "x@telecom.example"),
        (Medium.POST, CITY),
    ):
        stands(said(medium, value), reading)

    assert time.monotonic() - begun < 10
