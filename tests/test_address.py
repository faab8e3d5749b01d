"""Domains and addresses: one canonical form, and nothing but AddressError for the rest."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noreply_analyzer.address import (
    Address,
    Domain,
    canonicalize_domain,
    is_public_suffix,
    is_within,
    organizational_domain,
)
from noreply_analyzer.errors import AddressError

LABEL_63 = "a" * 63


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("telecom.example", "telecom.example"),
        ("TELECOM.Example", "telecom.example"),
        ("télécom.example", "xn--tlcom-bsab.example"),
        ("TÉLÉCOM.example", "xn--tlcom-bsab.example"),
        ("xn--tlcom-bsab.example", "xn--tlcom-bsab.example"),
        ("ｔelecom.example", "telecom.example"),
        ("telecom。example", "telecom.example"),
        ("straße.example", "strasse.example"),
        ("s1._domainkey.telecom.example", "s1._domainkey.telecom.example"),
        ("1.2.3.example", "1.2.3.example"),
        ("telecom.4x", "telecom.4x"),
        ("localhost", "localhost"),
        ("a-b.example", "a-b.example"),
        (f"{LABEL_63}.example", f"{LABEL_63}.example"),
        (".".join(["a"] * 127), ".".join(["a"] * 127)),
    ],
)
def test_a_domain_has_one_canonical_form(text: str, canonical: str) -> None:
    """Case, full-width letters and dots, and the two spellings of an international name make no difference."""
    assert canonicalize_domain(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "telecom.example.",
        "télécom.example.",
        ".telecom.example",
        "telecom..example",
        "télécom..example",
        "192.0.2.1",
        "telecom.123",
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "-telecom.example",
        "telecom-.example",
        "tele com.example",
        "telecom.example\n",
        "telecom.example\r\nBcc: eve@attacker.example",
        "telecom.example,attacker.example",
        "telecom.example/attacker",
        "telecom@example",
        "telecom\x00.example",
        "\u00ad.example",
        "\ud800.example",
        f"a{LABEL_63}.example",
        "é" * 64 + ".example",
        ".".join(["a"] * 128),
        "é" * 100_000,
    ],
)
def test_what_no_dns_can_hold_is_no_domain(text: str) -> None:
    """Literals, empty labels, long labels, a numeric top level, a final dot: all are refused in a sentence."""
    with pytest.raises(AddressError, match="is not a domain name"):
        canonicalize_domain(text)


@settings(max_examples=300)
@given(st.text(st.characters(exclude_categories=()), max_size=80))
@example("a\u3002\u0301")
def test_canonicalizing_twice_changes_nothing(text: str) -> None:
    """The canonical form of a canonical form is itself, and nothing but AddressError is ever raised."""
    try:
        domain = canonicalize_domain(text)
    except AddressError:
        return

    assert canonicalize_domain(domain) == domain
    assert domain.isascii()
    assert domain == domain.lower()
    assert len(domain) <= 253


@pytest.mark.parametrize(
    ("text", "local_part", "domain"),
    [
        ("noreply@telecom.example", "noreply", "telecom.example"),
        ("No.Reply+Tag@TELECOM.example", "No.Reply+Tag", "telecom.example"),
        ("ne-pas-répondre@télécom.example", "ne-pas-répondre", "xn--tlcom-bsab.example"),
        ("o'neil=x@telecom.example", "o'neil=x", "telecom.example"),
        ('"service client"@telecom.example', '"service client"', "telecom.example"),
        ('"a@b"@telecom.example', '"a@b"', "telecom.example"),
        (r'"a\"b"@telecom.example', r'"a\"b"', "telecom.example"),
        ('""@telecom.example', '""', "telecom.example"),
        ("a" * 64 + "@telecom.example", "a" * 64, "telecom.example"),
    ],
)
def test_an_address_is_taken_apart_at_the_last_unquoted_at_sign(text: str, local_part: str, domain: str) -> None:
    """The local part stays as it was written, the domain becomes canonical."""
    address = Address.parse(text)

    assert (address.local_part, address.domain) == (local_part, domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "noreply",
        "@telecom.example",
        "noreply@",
        "noreply@telecom.example.",
        "noreply@[192.0.2.1]",
        ".noreply@telecom.example",
        "noreply.@telecom.example",
        "no..reply@telecom.example",
        "no reply@telecom.example",
        "no\u00a0reply@telecom.example",
        "no\u2028reply@telecom.example",
        "no\x00reply@telecom.example",
        "noreply@telecom.example\n",
        "noreply\n@telecom.example",
        "noreply@telecom.example\r\nBcc: eve@attacker.example",
        "a@b@telecom.example",
        '"a"b@telecom.example',
        'a"b@telecom.example',
        '"a\r\nb"@telecom.example',
        "<noreply@telecom.example>",
        "Orange <noreply@telecom.example>",
        "noreply(comment)@telecom.example",
        "a,b@telecom.example",
        "a" * 65 + "@telecom.example",
        "no\ud800reply@telecom.example",
        "no\x9breply@telecom.example",
        "no\u202ereply@telecom.example",
        '"no\u202ereply"@telecom.example',
        '"no\u2028reply"@telecom.example',
    ],
)
def test_anything_else_is_no_address(text: str) -> None:
    """Names, comments, brackets, line ends, and letters that cannot be seen or stored have no place in an address."""
    with pytest.raises(AddressError):
        Address.parse(text)


@settings(max_examples=300)
@given(st.text(st.sampled_from('ab.@"\\ \r\n\x00<>é\u202e\ud800-_[]1'), max_size=30) | st.text(max_size=80))
def test_an_address_reads_back_as_itself(text: str) -> None:
    """What was accepted can be written and read again, and encodes as UTF-8; the rest is an AddressError."""
    try:
        address = Address.parse(text)
    except AddressError:
        return

    assert Address.parse(str(address)) == address
    assert str(address).encode("utf-8").decode("utf-8").splitlines() == [str(address)]


def test_addresses_compare_by_their_keys() -> None:
    """Upper and lower case are one address, in the local part and in the domain."""
    assert Address.parse("Anne.MARTIN@Example.org").key == Address.parse("anne.martin@example.ORG").key
    assert Address.parse("anne.martin@example.org").key != Address.parse("annemartin@example.org").key


@pytest.mark.parametrize(
    ("domain", "organizational"),
    [
        ("mail.telecom.example", "telecom.example"),
        ("a.b.telecom.example", "telecom.example"),
        ("telecom.example", "telecom.example"),
        ("mail.operateur.fr", "operateur.fr"),
        ("mail.operateur.gouv.fr", "operateur.gouv.fr"),
        ("mail.operator.co.uk", "operator.co.uk"),
        ("user.github.io", "user.github.io"),
        ("www.user.github.io", "user.github.io"),
        ("localhost", "localhost"),
    ],
)
def test_the_organizational_domain_is_one_label_below_a_public_suffix(domain: str, organizational: str) -> None:
    """The list knows national second levels, and platforms whose customers are strangers to each other."""
    assert organizational_domain(Domain(domain)) == organizational
    assert organizational_domain(organizational_domain(Domain(domain))) == organizational


@pytest.mark.parametrize(
    ("domain", "belongs_to_no_one"),
    [
        ("fr", True),
        ("gouv.fr", True),
        ("co.uk", True),
        ("github.io", True),
        ("example", True),
        ("impots.gouv.fr", False),
        ("operator.co.uk", False),
        ("user.github.io", False),
        ("telecom.example", False),
    ],
)
def test_a_public_suffix_belongs_to_no_one(domain: str, *, belongs_to_no_one: bool) -> None:
    """A suffix is its own organizational domain, so that nothing is ever within it."""
    assert is_public_suffix(Domain(domain)) is belongs_to_no_one
    if belongs_to_no_one:
        assert organizational_domain(Domain(domain)) == domain


@pytest.mark.parametrize(
    ("domain", "parent", "within"),
    [
        ("telecom.example", "telecom.example", True),
        ("mail.telecom.example", "telecom.example", True),
        ("faketelecom.example", "telecom.example", False),
        ("telecom.example.attacker.example", "telecom.example", False),
        ("example", "telecom.example", False),
    ],
)
def test_a_domain_is_within_another_by_labels_never_by_letters(domain: str, parent: str, *, within: bool) -> None:
    """The end of a name proves nothing unless it begins at a dot."""
    assert is_within(Domain(domain), Domain(parent)) is within
