"""Whose name a stranger wears: what is noticed and what is left in peace, side by side."""

from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from builders import a_sender, an_operator
from hypothesis import given, settings
from hypothesis import strategies as st
from records import operator

from noreply_analyzer.address import Address, Domain, canonicalize_domain
from noreply_analyzer.errors import AddressError
from noreply_analyzer.guards import Guards
from noreply_analyzer.index import MemoryIndex
from noreply_analyzer.lookalike import (
    claim,
    domains_of,
    is_shared_with,
    literal_claims,
    may_wear,
    named_in,
    shown,
    undisguised,
)
from noreply_analyzer.message import Message
from noreply_analyzer.registrar import fold
from noreply_analyzer.registry import Registry
from noreply_analyzer.sieve import candidate

GUARDS = Guards(
    shared_domains=("provider.example",),
    common_words=("orange", "free"),
    people_names=("marcel", "boulanger"),
    trade_words=("service", "mobile", "facture", "client", "fr"),
)


def bearer(registry: Registry, name: str, author: str | None) -> str | None:
    """Give the slug of the operator whose name is worn."""
    found = claim(registry, name, Address.parse(author) if author else None)
    return found.operator.slug if found else None


@pytest.mark.parametrize(
    ("name", "author", "slug"),
    [
        ("Acmé Banque", "x@evil.example", "acme"),
        ("Service client ACME", "x@evil.example", "acme"),
        ("", "x@acme-security.example", "acme"),
        ("", "x@acme.evil.example", "acme"),
        ("Acmeist poetry", "x@evil.example", None),
        ("", "x@acmeist.example", None),
        ("Acme", "x@acme.test", None),  # its own address
        ("Orange", "x@evil.example", "orange"),
        ("ORANGE Service Client", "x@evil.example", "orange"),
        ("Orange pressée", "x@evil.example", None),
        ("Une orange", "x@evil.example", None),
        ("", "x@orange.evil.example", "orange"),
        ("", "x@orange-juice.example", None),
        ("Anne", "anne@provider.example", None),
        ("Orange", "anne@provider.example", "orange"),
        ("Orange Mobile", "x@evil.example", "orange-mobile"),  # the longest name wins
        ("Grand Magasin", "x@evil.example", "grand-magasin"),
        ("", "x@grandmagasin.example", "grand-magasin"),
        ("", "x@promo-grandmagasin.example", "grand-magasin"),
        ("Magasin grand", "x@evil.example", None),
        ("", None, None),
        ("Acme", None, "acme"),
    ],
)
def test_a_worn_name_is_noticed_and_a_word_of_every_day_is_not(name: str, author: str | None, slug: str | None) -> None:
    """A warning must be rare to be read."""
    registry = Registry.of(
        [
            operator("acme", name="Acme", websites=("acme.test",)),
            operator("orange", name="Orange"),
            operator("orange-mobile", name="Orange Mobile"),
            operator("grand-magasin", name="Grand Magasin"),
        ],
        guards=GUARDS,
    )
    assert bearer(registry, name, author) == slug


WORDS = st.sampled_from(["la", "poste", "laposte", "free", "mobile", "straße"])
NAMES = st.sampled_from(["La Poste", "Free", "Poste", "Free La", "la-poste mobile", "Straße"]) | st.text(max_size=4)
LABELS = st.lists(WORDS, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from("-_").map(lambda c: c.join(words))
)
SAID = st.lists(st.one_of(NAMES, st.text(max_size=5)), max_size=4).map(" ".join)


def claimed_by_all_names(registry: Registry, name: str, labels: list[str]) -> str | None:
    """Say whose name is worn by looking at every name there is, as if there were no index."""
    said = f" {fold(name)} "
    names = {(fold(n), one.slug) for one in registry.operators for n in (one.name, *one.brands) if fold(n)}
    for brand, slug in sorted(names, key=lambda pair: (-len(pair[0]), pair)):
        common, word = brand in registry.guards.common_words, brand.replace(" ", "")
        after = said.removeprefix(f" {brand} ")
        goes_on = after != said and (not after or after.split()[0] in registry.guards.trade_words)
        is_said = goes_on if common else f" {brand} " in said
        worn = [(label, f" {fold(label)} ") for label in labels]
        is_worn = any(
            label == word or (not common and (f" {brand} " in parts or f" {word} " in parts)) for label, parts in worn
        )
        if is_said or is_worn:
            return slug
    return None


@settings(max_examples=300)
@given(st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=2)), max_size=3), SAID, st.lists(LABELS, min_size=1))
def test_the_index_of_names_changes_no_answer(named: list[tuple[str, list[str]]], name: str, labels: list[str]) -> None:
    """Whatever operators are called and a stranger writes: as if every name had been looked at."""
    guards = Guards(common_words=("free", "free la"), trade_words=("mobile",))
    known = [
        operator(f"o{at}", name=one, brands=tuple(brands), websites=(f"o{at}.example",))
        for at, (one, brands) in enumerate(named)
    ]
    registry = Registry.of(known, guards=guards)
    found = next((slug for slug, _where in literal_claims(registry, name, labels)), None)
    assert found == claimed_by_all_names(registry, name, labels)


# In disguise --------------------------------------------------------------------------------------------------------

KNOWN = Registry.of(
    [
        operator("acme", name="Acme Banque", brands=("Acmebanque",), websites=("acme.test",)),
        operator("orange", name="Orange", websites=("orange.test",)),
        operator("la-poste", name="La Poste", senders=(a_sender("mail.laposte.test"),)),
        operator("amazon", name="Amazon", websites=("amazon.test", "amazon.co.uk")),
        operator("tresor", name="Direction des Trésors", websites=("www.tresorenligne.test",)),
        operator("access", name="Accès Direct", websites=("provider.example",)),
        operator("boulanger", name="Boulanger", websites=("boulanger.test",)),
        operator("marcel", name="Marcel", websites=("marcel.test",)),
    ],
    guards=GUARDS,
)

WORN = {
    "Cyrillic letters in the name": ("Оrangе", "x@evil.example", "orange"),
    "Greek letters in the name": ("Αmazοn", "x@evil.example", "amazon"),
    "letters of mathematics": ("\U0001d408'm not", "x@evil.example", None),
    "bold letters": ("\U0001d400\U0001d426\U0001d41a\U0001d433\U0001d428\U0001d427", "x@evil.example", "amazon"),
    "small capitals": ("ᴀᴍᴀᴢᴏɴ", "x@evil.example", "amazon"),
    "marks on every letter": ("A\u073fm\u073fa\u073fzon", "x@evil.example", "amazon"),
    "a zero for an o": ("Amaz0n", "x@evil.example", "amazon"),
    "a capital I for an l": ("La Poste CoIis", "x@evil.example", "la-poste"),
    "figures that are figures": ("Lot 0 1 3", "x@evil.example", None),
    "its address as the name": ("noreply@mail.laposte.test", "x@evil.example", "la-poste"),
    "its address within the name": ("La P. <colis@mail.laposte.test>", "x@evil.example", "la-poste"),
    "its domain as the name": ("amazon.test", "x@evil.example", "amazon"),
    "its website as the name": ("www.orange.test", "x@evil.example", "orange"),
    "a subscriber's address as the name": ("anne@provider.example", "x@evil.example", None),
    "a stranger's address as the name": ("anne@nobody.example", "x@evil.example", None),
    "added words, hyphens": ("", "x@orange-facture.example", "orange"),
    "added words, none": ("", "x@orangefacture.example", "orange"),
    "added before, none": ("", "x@clientamazon.example", "amazon"),
    "added to a word of every day, no trade": ("", "x@orange-juice.example", None),
    "a word that only begins like it": ("", "x@amazonas.example", None),
    "two letters swapped": ("", "x@amzaon.example", "amazon"),
    "swapped, and added words": ("", "x@ornage-facture.example", "orange"),
    "a doubled letter": ("", "x@amazzon.example", "amazon"),
    "another suffix": ("", "x@orange.support", "orange"),
    "its country": ("", "x@orange-fr.example", "orange"),
    "a zero in the domain": ("", "x@amaz0n.example", "amazon"),
    "rn for m": ("", "x@arnazon.example", "amazon"),
    "vv for w, of nobody": ("", "x@vvord.example", None),
    "punycode, Cyrillic": ("", "x@" + "оrange".encode("idna").decode() + ".example", "orange"),
    "punycode, an accent": ("", "x@" + "orangé".encode("idna").decode() + ".example", "orange"),
    "punycode that is none": ("", "x@xn--a.example", None),
    "what its domain is called": ("", "x@tresorenligne.example", "tresor"),
    "the same in Cyrillic letters": ("", "x@" + "trеsorenligne".encode("idna").decode() + ".example", "tresor"),
    "the same with added words": ("", "x@tresorenligne-client.example", "tresor"),
    "the same within another word": ("", "x@montresorenligne.example", None),
    "what its domain is called, as a name": ("Tresorenligne", "x@evil.example", None),
    "its domain below another": ("", "x@amazon.co.uk.evil.example", "amazon"),
    "its domain within another": ("", "x@www.orange.test.secure.evil.example", "orange"),
    "its own domain": ("Amazon", "x@mail.amazon.test", None),
    "its domain as the local part": ("", "orange.test@evil.example", "orange"),
    "its address as the local part": ("", '"noreply@mail.laposte.test"@evil.example', "la-poste"),
    "the same with a percent sign": ("", "noreply%mail.laposte.test@evil.example", "la-poste"),
    "its name as the local part": ("", "laposte@evil.example", "la-poste"),
    "its name among trade words": ("", "service.client.orange@provider.example", "orange"),
    "its name and no-reply": ("", "amazon-noreply@evil.example", "amazon"),
    "a word of every day as the local part": ("", "orange@evil.example", None),
    "a word of every day that is not to be answered": ("", "orange-noreply@evil.example", None),
    "its name beside somebody's": ("", "amazon.martin@provider.example", None),
    "a person at an access provider": ("Anne Martin", "anne.martin@provider.example", None),
    "no name and no author": ("", None, None),
    "a person called so": ("Marcel Martin", "marcel.martin@provider.example", None),
    "a person called so, last name first": ("BOULANGER Michel", "m.boulanger@ami.example", None),
    "a person called so, by the first name only": ("Marcel", "marcel@provider.example", None),
    "a family's own domain": ("", "anne@boulanger.example", None),
    "a family's own domain, its name first": ("Boulanger", "anne@anne-boulanger.example", None),
    "a company called as people are": ("Boulanger Service Client", "x@evil.example", "boulanger"),
    "the same as a domain": ("", "x@boulanger-client.example", "boulanger"),
    "the same with letters swapped": ("", "x@bolanger.example", None),
    "the same as the local part": ("", "service.client.marcel@provider.example", "marcel"),
}


@pytest.mark.parametrize(("name", "author", "slug"), WORN.values(), ids=WORN.keys())
def test_a_disguise_is_seen_through(name: str, author: str | None, slug: str | None) -> None:
    """Other letters, added words, swapped ones, other suffixes; and what is honestly something else."""
    assert bearer(KNOWN, name, author) == slug


@pytest.mark.parametrize(
    "name",
    [
        *("Alice", "Alice Martin", "Brice de Bourg", "Jules", "Jules Becquet", "Jean-Marcel", "Lydia", "Mae", "Zara"),
        *(
            "BOULANGER Michel",
            "Anne Lacoste",
            "E. Leclerc-Martin",
            "L'Aigle Noir",
            "Office de la Source",
            "Open Source",
        ),
        *("Printemps des Poètes", "Picnic at Noon", "Quartier Confluence", "Le Canard", "Anne"),
    ],
)
def test_a_friend_wears_nobodys_name(name: str) -> None:
    """By the shipped records: people and associations that are called as a brand is."""
    for address in ("anne.m@free.fr", "bonjour@ami.example"):
        assert bearer(Registry.shipped(), name, address) is None


@pytest.mark.parametrize(("name", "author", "slug"), WORN.values(), ids=WORN.keys())
@pytest.mark.parametrize("spelt", ["{} <{}>", '"{}" <{}>', "{1} ({0})", "=?utf-8?b?{0}?= <{1}>", " {}\r\n <{}>"])
def test_whoever_wears_a_name_is_fetched(name: str, author: str | None, slug: str | None, spelt: str) -> None:
    """However the From field is written: the first look says yes wherever the second may."""
    if author is None:
        return
    shown_as = b64encode(name.encode()).decode() if "b64" in spelt or "?b?" in spelt else name
    header = f"From: {spelt.format(shown_as, author)}\r\nSubject: Bonjour\r\n\r\n".encode()
    message = Message.from_bytes(header)
    worn = (
        claim(KNOWN, message.author.name, message.author.address)
        if message.author
        else next(filter(None, (named_in(KNOWN, field) for field in message.all("from"))), None)
    )
    fetched = candidate(header, known=KNOWN.knows, worn=partial(may_wear, KNOWN))

    assert fetched or not (worn or slug)


def test_a_friends_mail_is_left_where_it_is() -> None:
    """Nothing is worn, so nothing is fetched."""
    worn = partial(may_wear, KNOWN)
    for author in ("Anne Martin <anne@ami.example>", "anne@ami.example (Anne)", "Une orange <x@ami.example>", ""):
        assert candidate(f"From: {author}\r\n\r\n".encode(), known=KNOWN.knows, worn=worn) == ""


def test_what_wears_the_name_is_given_as_it_is_shown() -> None:
    """The display name or the address; nothing where it is the domain, which is told anyway."""
    shown_as = {
        name: found.worn if (found := claim(KNOWN, name, Address.parse(author))) else None
        for name, author in (("Оrangе", "x@evil.example"), ("", "laposte@evil.example"), ("", "x@orange.evil.example"))
    }

    assert list(shown_as) == ["Оrangе", ""]
    assert shown_as["Оrangе"] == "Оrangе"
    assert shown_as[""] == ""


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("<boite@evil.example>, <noreply@mail.laposte.test>", "la-poste"),
        ("La Poste, <boite@evil.example>", "la-poste"),
        ("=?utf-8?q?La_Poste?=, <boite@evil.example>", "la-poste"),
        ("\u202etset.etsopal.liam@ylperon <boite@evil.example>", "la-poste"),
        ("<anne@nobody.example>, <x@orange-facture.example>", "orange"),
        ("Anne, <anne@evil.example>", None),
        ("<anne@provider.example>, <x@evil.example>", None),
        ("<noreply@mail.laposte.test.>", "la-poste"),
        ("", None),
    ],
)
def test_an_operator_is_found_where_no_one_author_is(text: str, slug: str | None) -> None:
    """For a From field that has no one reading: by its addresses and by its name, and from right to left."""
    found = named_in(KNOWN, text)

    assert (found.slug if found else None) == slug


def test_a_domain_is_shown_in_both_spellings() -> None:
    """The one that the DNS knows, and the one that a mail program may show."""
    assert shown(canonicalize_domain("оrange.example")) == "xn--range-iye.example (оrange.example)"
    assert shown(canonicalize_domain("orange.example")) == "orange.example"


@pytest.mark.parametrize(
    ("slug", "domain", "shared"),
    [
        ("sfr", "sfr.fr", True),
        ("sfr", "mail.sfr.fr", True),
        ("free", "free.fr", True),
        ("free", "sfr.fr", False),
        ("sfr", "sfr-factures.example", False),
        ("amazon-fr", "amazon.fr", False),
    ],
)
def test_a_providers_own_domain_is_nobodys_disguise(slug: str, domain: str, *, shared: bool) -> None:
    """Where the operator and its subscribers have their mailboxes, an unknown address is neither its nor a forgery."""
    operator = Registry.shipped().by_slug[slug]

    assert is_shared_with(Registry.shipped(), operator, canonicalize_domain(domain)) is shared


def test_what_an_operator_writes_from_is_named() -> None:
    """Its own domains; of a shared one the exact addresses; where no sender is known, those of its websites."""
    shared = a_sender("provider.example", shared=True, addresses=("facture@provider.example",))
    subscribers = a_sender("provider.example", shared=True)
    site = ("provider.example",)

    assert domains_of(an_operator(senders=(a_sender(), shared))) == ("telecom.example", "facture@provider.example")
    assert domains_of(an_operator(senders=(), websites=("telecom.example",))) == ("telecom.example",)
    assert domains_of(an_operator(senders=(subscribers,), websites=site)) == ()
    assert domains_of(an_operator(senders=(), websites=())) == ()


@settings(max_examples=300)
@given(name=st.text(max_size=60), local=st.from_regex(r"[a-z.%=+-]{1,20}", fullmatch=True), label=st.text(max_size=20))
def test_any_name_is_looked_at(name: str, local: str, label: str) -> None:
    """Without an error, whatever it is made of."""
    try:
        author = Address(local, canonicalize_domain(f"{label}.example"))
    except AddressError:
        author = Address(local, Domain("evil.example"))
    found = claim(KNOWN, name, author)

    assert found is None or found.operator in KNOWN.operators
    assert undisguised(name).isascii() or not name.isascii()


class Counted(dict[str, Sequence[tuple[str, str]]]):
    """The names of an index, and how often one was asked for."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as a mapping's
        """Count, and look."""
        self.looks += 1
        return super().get(key, default)


def looks(registry: Registry, name: str, author: Address) -> int:
    """Count the names that are looked up for one message."""
    names = Counted(registry.index.names)
    index = MemoryIndex(
        senders=registry.index.senders,
        websites=registry.index.websites,
        shared=frozenset(registry.guards.shared_domains),
        names=names,
        last_look=None,
    )
    counted = Registry.over(by_slug=registry.by_slug, mediators={}, guards=registry.guards, index=index)
    claim(counted, name, author)
    return names.looks


@pytest.mark.parametrize("piece", ["a.", "a@", "-", "xn--", "0", "rn", "orange ", "O", "é", "@", "a@b."])
def test_a_hostile_name_costs_no_more_than_another(piece: str) -> None:
    """Names as long as a header allows, domains of as many labels as there may be: some thousand words at most."""
    author = Address.parse("x@" + "a-b.c0." * 30 + "example")

    assert looks(KNOWN, piece * (4096 // len(piece)), author) < 2000


def test_the_number_of_records_does_not_matter() -> None:
    """Of 3,300 records no more is looked at than of ten."""
    author = Address.parse("ne-pas-repondre@news.la-boutique-du-coin.evil.example")
    few, many = (
        Registry.of(
            [operator(f"shop-{n}", name=f"Shop {n}", websites=(f"shop-{n}.test",)) for n in range(count)], guards=GUARDS
        )
        for count in (10, 3300)
    )
    name = "La Boutique du Coin, service client"

    assert 0 < looks(many, name, author) == looks(few, name, author) < 500
    assert bearer(many, "Sh0p 1234", "x@evil.example") == "shop-1234"
