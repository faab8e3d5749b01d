"""What a message names the customer's matter by: found with its label, never guessed, never a secret."""

import time

import pytest
from builders import a_message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noreply_analyzer.figures import AMOUNT, DAY, NUMBER, PHONE, is_secret
from noreply_analyzer.mentions import Kind, Mention, mentions_in

READ = 16 * 1024


def found(text: str, subject: str = "") -> dict[str, str]:
    """Give what is found, by kind."""
    return {mention.kind.value: mention.value for mention in mentions_in(a_message(subject=subject, text=text))}


# What is found ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("N° client : 1234567890", "customer_number", "1234567890"),
        ("Votre numéro de client est le 4455 77.", "customer_number", "4455 77"),
        ("Référence client\n1234567890\nMerci", "customer_number", "1234567890"),
        ("Voici votre facture\nN° client : 1234567890", "customer_number", "1234567890"),
        ("Suivez votre commande\nNuméro de suivi : 6A04829131555", "parcel_number", "6A04829131555"),
        ("Voici votre numéro de\nclient : 1234567890", "customer_number", "1234567890"),
        ("Voici votre facture\nn° 20261112-0042", "invoice_number", "20261112-0042"),
        ("Référence client :\n\n1234567890\n\nMerci", "customer_number", "1234567890"),
        ("RÉFÉRENCE CLIENT = AB-1234", "customer_number", "AB-1234"),
        ("Cliente n° 445577, bonjour", "customer_number", "445577"),
        ("Votre code client : 739204", "customer_number", "739204"),
        ("Your customer number is 445577", "customer_number", "445577"),
        ("contrat n° AB 12", "contract_number", "AB 12"),
        ("Contrat no 77 1042.", "contract_number", "77 1042"),
        ("Contrat : 771042", "contract_number", "771042"),
        ("Contract no. 77-1042", "contract_number", "77-1042"),
        ("votre ligne 06 39 98 00 12", "line_number", "06 39 98 00 12"),
        ("Votre ligne mobile : +33 6 39 98 00 12", "line_number", "+33 6 39 98 00 12"),
        ("Ligne concernée\n01.99.00.12.34\n", "line_number", "01.99.00.12.34"),
        ("the mobile number 0199001234", "line_number", "0199001234"),
        ("N° de compte client : 77-1042", "account_number", "77-1042"),
        ("Account number\n\n771042\n", "account_number", "771042"),
        ("votre facture n° 20261112-0042 du 12 novembre", "invoice_number", "20261112-0042"),
        ("Invoice INV-2026-1187", "invoice_number", "INV-2026-1187"),
        ("votre commande 40551", "order_number", "40551"),
        ("Order #403-5550199", "order_number", "403-5550199"),
        ("Your order 40551 is on its way", "order_number", "40551"),
        ("Your order #205-2169302-5352337", "order_number", "205-2169302-5352337"),
        ("Tracking number: 92748931508577307776690000", "parcel_number", "92748931508577307776690000"),
        ("Dossier sinistre n° 4409-21", "file_number", "4409-21"),
        ("Votre demande n° 20261/77", "file_number", "20261/77"),
        ("Case number: 00041187", "file_number", "00041187"),
        ("PDL : 12 345 678 901 234", "meter_number", "12 345 678 901 234"),
        ("Référence client : 55 66 77 AB.", "customer_number", "55 66 77 AB"),
        ("Point de livraison (PRM)\n12345678901234\n", "meter_number", "12345678901234"),
        ("Numéro de PCE GI123456", "meter_number", "GI123456"),
        ("Colis XX123456789FR", "parcel_number", "XX123456789FR"),
        ("Numéro de suivi : 6A04829131555", "parcel_number", "6A04829131555"),
        ("Tracking number: XX123456789GB", "parcel_number", "XX123456789GB"),
        ("police d’assurance n° 77/1042", "policy_number", "77/1042"),
        ("Nos références : 2026-AB-77", "reference", "2026-AB-77"),
        ("N° d’allocataire : 1234567", "reference", "1234567"),
        ("Montant total TTC : 1\u202f234,56\u00a0€", "amount", "1\u202f234,56\u00a0€"),
        ("Montant HT : 10,00 €\nMontant TTC : 12,00 €", "amount", "12,00 €"),
        ("Amount due: £86.20", "amount", "£86.20"),
        ("Votre facture de 29,99 € est disponible.", "amount", "29,99 €"),
        ("Elle sera prélevée le 25 novembre.", "due_date", "25 novembre"),
        ("Date limite de paiement : 10/12/2026", "due_date", "10/12/2026"),
        ("votre facture n° 482913 du 1er novembre 2026", "invoice_date", "1er novembre 2026"),
        ("Votre rendez-vous du jeudi 3 décembre", "appointment_date", "3 décembre"),
    ],
)
def test_what_a_label_names_is_found(text: str, kind: str, value: str) -> None:
    """As it is written, whether it stands behind its label, after a verb, or on the next line."""
    assert found(text).get(kind) == value


def test_a_label_is_quoted_with_its_place() -> None:
    """So that `explain` can show why; the order is that of the kinds."""
    message = a_message(subject="Votre facture n° 482913", text="Le 12 novembre.\nN° de client :\n445577\n")

    assert mentions_in(message) == (
        Mention(kind=Kind.CUSTOMER_NUMBER, label="N° de client", value="445577", where="text"),
        Mention(kind=Kind.INVOICE_NUMBER, label="facture n°", value="482913", where="Subject"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "N° de facture Date Montant\n\nF-2026-77 12/11/2026 39,99 €\n\nMerci",
            {"invoice_number": "F-2026-77", "amount": "39,99 €"},
        ),
        ("N° client | N° contrat\n445577 | 771042\n", {"customer_number": "445577", "contract_number": "771042"}),
        ("N° client N° contrat\n445577 771042 12\n", {}),
        ("N° client N° contrat\n445577\n", {}),
        ("N° client Libellé\n445577 Abonnement\n", {}),
        ("Voici N° client N° contrat\n445577 771042\n", {}),
    ],
)
def test_the_cells_of_a_table(text: str, expected: dict[str, str]) -> None:
    """Where a line of labels has as many values below it, and nothing else."""
    assert found(text) == expected


def test_cells_and_lists_of_html() -> None:
    """As they come through the parser."""
    from noreply_analyzer.message import Message

    html = (
        "<table><tr><td>N° client</td><td><b>445577</b></td></tr></table><dl><dt>Contrat n°</dt><dd>771042</dd></dl>"
        "<table><tr><th>N° de facture</th><th>Date</th><th>Montant</th></tr>"
        "<tr><td>F-2026-77</td><td>12/11/2026</td><td>39,99 &euro;</td></tr></table>"
    )
    raw = f"From: noreply@telecom.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()

    assert {mention.kind.value: mention.value for mention in mentions_in(Message.from_bytes(raw))} == {
        "customer_number": "445577",
        "contract_number": "771042",
        "invoice_number": "F-2026-77",
        "amount": "39,99 €",
    }


# What is left out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        # Named in two ways.
        "N° client : 12345 et N° client : 67890",
        "Montant : 10,00 €\nTotal : 12,00 €",
        # Masked.
        "votre ligne 06 ** ** ** 12",
        "N° client : 1234****",
        "N° client : ****1234",
        "N° client : 123 ***",
        # What it is not.
        "facture 2026",
        "commande du 12/11/2026",
        "Votre commande de 12 articles, 40000 points",
        "Contrat 12345 mois",
        "Ligne 12345",
        "Service client : 0 800 12 34 56",
        "N° client 01 99 00 12 34",
        "Référence client : 55 66 77 A bientôt",
        "Votre ligne 0 892 70 12 34",
        "Total : €12 369",
        "Votre ligne 08 92 70 12 34",
        "Colis de 12345 km",
        "Nos références : 12",
        "Référence article : 123456",
        "N° de TVA : 12345678901",
        # Secrets.
        "Votre code : 482913",
        "Référence : votre code est 482913",
        "Code de retrait de votre colis : 482913",
        "Mot de passe client n° : Xy12abCD",
        "N° de compte client : FR7630006000011234567890189",
        "N° de compte client : FR76 3000 6000 0112 3456 7890 189",
        "Votre commande 4111111111111111",
        "N° client : 4111 1111 1111 1111",
        "Référence : 184127645108946",
        "N° de sécurité sociale : 1 84 12 76 451 089 46",
        "N° de carte : 771042",
        "N° client : 123456@autre.example",
        "N° client : paul@autre.example",
        "https://telecom.example/?commande=40551",
        "",
        "Bonjour",
    ],
)
def test_what_is_not_certain_is_left_out(text: str) -> None:
    """Two values, a masked one, an amount, a day, a telephone number of the operator's, a secret, an address."""
    assert found(text) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("N° client : 445577", "client n° 44 55 77"),
        ("Ligne 06 39 98 00 12", "votre ligne +33639980012"),
        ("Montant : 1 234,00 €", "Total : 1234 €"),
        ("prélevée le 25/11/2026", "sera prélevé le 25 novembre"),
    ],
)
def test_one_thing_written_in_two_ways_is_one(one: str, other: str) -> None:
    """It is no contradiction; the first way of writing it is kept."""
    alone = found(f"{one}.\n")
    assert len(alone) == 1
    assert found(f"{one}.\n{other}.\n") == alone


def test_the_subject_contradicts_the_text_too() -> None:
    """Nobody can tell which of the two is meant."""
    assert found("Facture n° 482913", "Votre facture n° 482914") == {}
    assert found("Facture n° 482913", "Votre facture n° 482913") == {"invoice_number": "482913"}


@pytest.mark.parametrize(
    ("number", "secret"),
    [
        ("FR7630006000011234567890189", True),
        ("FR7630006000011234567890188", False),
        ("30006000011234567890189", True),
        ("4111 1111 1111 1111", True),
        ("4111 1111 1111 1112", False),
        ("4111-1111-1111-1111", True),
        ("3782 822463 10005", True),
        ("205-2169302-5352337", False),
        ("5500005555555559", True),
        ("184127645108946", True),
        ("1841276451089", True),
        ("184997645108946", True),
        ("384127645108946", False),
        ("1234567890", False),
        ("AB-1234", False),
    ],
)
def test_secrets_are_known_by_their_check_digits(number: str, secret: bool) -> None:  # noqa: FBT001 - a column of a table
    """Bank accounts, cards, and the number of a person's life."""
    assert is_secret(number) is secret


# Any text -----------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "N° client",
        "facture n°",
        " : ",
        "\n",
        "12",
        "482913",
        "AB-77",
        "06 39 98 00 12",
        "39,99 €",
        "12 novembre",
        " ",
        "¹²",
        "٣٤٥٦",
    ]
)


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join)))
@example("Facture n° ٣٤٥٦٧٨ du ٣ mai")
@example("Montant : ٣٤,٥٦ €")
def test_any_text(text: str) -> None:
    """Nothing raises, there is one of a kind at most, and whatever is found stands so in the text, label and value."""
    mentions = mentions_in(a_message(subject=text[:100], text=text))

    assert len({mention.kind for mention in mentions}) == len(mentions)
    for mention in mentions:
        given_text = text[:100] if mention.where == "Subject" else text
        assert mention.value in given_text
        assert mention.label in " ".join(given_text.split())


@settings(max_examples=100)
@given(value=st.from_regex(r"[A-Z]{0,2}[0-9]{5,12}", fullmatch=True))
def test_a_named_number_is_found_or_a_secret(value: str) -> None:
    """Any number that a customer may have."""
    assert found(f"Votre n° client : {value}.") in ({"customer_number": value}, {})
    assert (found(f"Votre n° client : {value}.") == {}) is is_secret(value)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "part",
    [
        *(
            "N° client : 445577\n",
            "N° client ",
            "facture n° ",
            "12 ",
            "1",
            "A1",
            "A1.",
            "12 34 ",
            " ",
            "\n",
            "- ",
            "est ",
            "€1,000",
        ),
        *(
            "Montant : 1 234,56 € ",
            "N° client\n",
            "N° client | ",
            "code 4829 N° client : 4829 ",
            "06 39 98 00 12 ",
            "1 janvier ",
        ),
    ],
)
def test_the_time_is_in_proportion(part: str) -> None:
    """Sixteen times the text costs no more than sixteen times the time, with room for a busy machine."""
    text = (part * READ)[:READ]
    began = time.perf_counter()
    found(text[: READ // 16])
    short = time.perf_counter() - began
    began = time.perf_counter()
    found(text, text[:1000])
    assert time.perf_counter() - began < 80 * short + 0.5


@pytest.mark.parametrize("shape", [NUMBER, PHONE, AMOUNT, DAY])
@pytest.mark.parametrize("part", ["1", "1 ", "A", "1.", "1,000", "12/", " ", "GI"])
def test_no_shape_takes_long(shape: object, part: str) -> None:
    """Of what it begins with, a hundred thousand characters."""
    from noreply_analyzer.figures import Shape

    assert isinstance(shape, Shape)
    began = time.perf_counter()
    shape.pattern.match(part * 100_000)
    assert time.perf_counter() - began < 0.5
