"""Whose name a stranger wears: in the display name, in the domain or in the local part, as it is or in disguise.

For a warning, never for trust: who is not known to write for an operator is nobody of the operator's, whatever he calls
himself. A warning must be rare to be read, so a brand that is also a word of every day (*Orange*, *Free*) is claimed
only by what is the brand and nothing else, or goes on like a company; and one that people are called, too (*Boulanger*,
*Jules*), only by the latter.

What is looked at is made into a few dozen words, and only those are looked up: the number of records does not matter.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Final

from .address import Address, Domain, canonicalize_domain, is_within, organizational_domain
from .decoding import decode_words
from .errors import AddressError
from .index import names_among, squeezed, upwards
from .registrar import fold
from .registry import Operator, Registry

_MAX_TEXT: Final = 250
_MAX_LABELS: Final = 8
_SWAPPED: Final = range(5, 25)  # letters of a word in which two that changed places are looked for
_SHORTEST: Final = 3  # of a trade word that is cut off a label

_TWINS: Final = {
    ord(twin): letter
    for letter, twins in {
        "a": "аαΑАɑᴀ", "b": "вβВΒʙ", "c": "сСϲᴄ", "d": "ԁᴅđ", "e": "еЕεΕᴇ", "f": "ꜰ", "g": "ɡɢ", "h": "һнНΗʜ",
        "i": "іІıιΙɩɪ", "j": "јЈᴊ", "k": "кКκΚᴋ", "l": "ӏʟł", "m": "мМΜᴍ", "n": "ηΝɴ", "o": "оОοΟᴏø", "p": "рРρΡᴘ",
        "q": "ԛ", "r": "ʀгᴦ", "s": "ѕЅꜱ", "t": "тТτΤᴛ", "u": "υᴜ", "v": "νѵᴠ", "w": "ԝѡωᴡ", "x": "хХχΧ", "y": "уУγΥʏ",
        "z": "Ζᴢ",
    }.items()
    for twin in twins
}  # fmt: skip
"""Letters of other scripts, and of phonetics, that a reader takes for one of ASCII."""
_DIGITS: Final = {ord(digit): letter for digit, letter in zip("01345$€", "oleasse", strict=True)}
_WORD_WITH_DIGITS: Final = re.compile(r"(?=\w*[^\W\d])[\w$€]+")
_INNER_CAPITAL_I: Final = re.compile(r"(?<=[^\W\d_A-Z])I")
_ADDRESS_OR_DOMAIN: Final = re.compile(
    r"(?:(?<![\w.+-])([\w.+-]{1,64})[@%])?(?<![\w.-])((?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24})(?![\w-])"
)
_REVERSED: Final = "\u202e"  # shows what follows from right to left
_ANGLE: Final = re.compile(r"<[^<>]*>")
_COMMENT: Final = re.compile(r"\(([^()]*)\)")
_NAMES: Final = 5  # in one From field
_ROBOT: Final = frozenset(
    {"no", "not", "do", "reply", "noreply", "donotreply", "ne", "pas", "repondre", "nepasrepondre"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An operator, and what wears its name."""

    operator: Operator
    worn: str = ""
    """What a reader is shown; empty where it is the author's domain."""


def claim(registry: Registry, name: str, author: Address | None) -> Claim | None:
    """Give whose name a display name or an address wears, though it is not the operator's address."""
    match = registry.find(author) if author else None
    for slug, worn in _claims(registry, name[:_MAX_TEXT], author):
        bearer = registry.by_slug.get(slug)
        if bearer and not (match and _are_family(match.operator, bearer)):
            return Claim(operator=registry.get(slug) or bearer, worn=worn)
    return None


def named_in(registry: Registry, text: str) -> Operator | None:
    """Give the operator one of whose addresses, domains or names stands in a From field that has no one reading."""
    text = text[:_MAX_TEXT]
    if _REVERSED in text:
        text += " " + text[text.rindex(_REVERSED) :][::-1]
    text = decode_words(text)
    phrase = _ANGLE.sub(" ", text).strip(' ,;"')
    said = (slug for slug, _where in _said_in(registry, undisguised(phrase), phrase))
    worn = (slug for address in _addresses_in(text) for slug, _where in _claims(registry, "", address))
    slugs = chain(_owners_in(registry, text), said, worn)
    return next((found for slug in slugs if (found := registry.get(slug))), None)


def may_wear(registry: Registry, text: str, addresses: Iterable[Address]) -> bool:
    """Tell of a From field as it came, and of all *addresses* in it, whether `claim` or `named_in` may find somebody.

    Too often rather than not at all: where its author stands in it, nobody has told yet.
    """
    names = (text.partition("<")[0], *_COMMENT.findall(text))
    claims = chain(
        *(_claims(registry, name[:_MAX_TEXT], None) for name in names[:_NAMES]),
        *(_claims(registry, "", address) for address in addresses),
    )
    return named_in(registry, text) is not None or next(claims, None) is not None


def _addresses_in(text: str) -> Iterator[Address]:
    for found in _ADDRESS_OR_DOMAIN.finditer(text):
        with suppress(AddressError):
            if found[1]:
                yield Address(found[1], canonicalize_domain(found[2]))


def _claims(registry: Registry, name: str, author: Address | None) -> Iterator[tuple[str, str]]:
    shared = author is None or any(domain in registry.index.shared for domain in upwards(author.domain))
    labels = () if author is None or shared else tuple(author.domain.split(".")[:-1][-_MAX_LABELS:])
    yield from ((slug, name) for slug in _owners_in(registry, name))
    yield from literal_claims(registry, name, labels)
    if author:
        yield from ((slug, str(author)) for slug in _owners_in(registry, author.local_part))
        yield from ((slug, "") for slug in _owners_of_labels(registry, author.domain, shared=shared))
    plain = undisguised(name)
    yield from _said_in(registry, plain, name)
    yield from ((slug, "") for slug in _worn_by(registry, labels))
    if author:
        yield from ((slug, str(author)) for slug in _by_local_part(registry, author.local_part))


# Names as they are --------------------------------------------------------------------------------------------------


def literal_claims(registry: Registry, name: str, labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the slug of each operator whose name is worn as it is, the longest name first, and where it is worn.

    By a display name that holds it, and by a label of the domain of which it is a part; a word of every day by a
    display name that is the word, or begins with it and goes on with a trade word, or by a label that is the word.
    """
    worn = {label: f" {fold(label)} " for label in labels}
    said = f" {fold(name)} "
    for brand, slug in names_among(registry.index, " ".join((said, *worn.values())).split()):
        if _is_said(registry, brand, said):
            yield slug, name
        elif any(_is_worn(registry, brand, *label) for label in worn.items()):
            yield slug, ""


def _is_said(registry: Registry, brand: str, said: str) -> bool:
    if f" {brand} " not in said:
        return False
    if not _is_of_every_day(registry, brand):
        return True
    after = said.removeprefix(f" {brand} ")
    if not after:
        return brand not in registry.guards.people_names
    return after != said and after.split()[0] in registry.guards.trade_words


def _is_worn(registry: Registry, brand: str, label: str, parts: str) -> bool:
    if brand in registry.guards.people_names:
        return False
    if brand in registry.guards.common_words:
        return label == squeezed(brand)
    return f" {brand} " in parts or f" {squeezed(brand)} " in parts


def _is_of_every_day(registry: Registry, brand: str) -> bool:
    return brand in registry.guards.common_words or brand in registry.guards.people_names


def _are_family(one: Operator, other: Operator) -> bool:
    return one.slug in {other.slug, other.parent} or other.slug == one.parent


# Addresses and domains ----------------------------------------------------------------------------------------------


def _owners_in(registry: Registry, text: str) -> Iterator[str]:
    """Give who owns the addresses and domains that stand in *text*; a subscriber's address is nobody's."""
    for found in _ADDRESS_OR_DOMAIN.finditer(undisguised(text)):
        try:
            domain = canonicalize_domain(found[2])
        except AddressError:
            continue
        if match := registry.find(Address(found[1] or "x", domain)):
            yield match.operator.slug
        elif not found[1]:
            yield from _owners(registry, domain)


def _owners_of_labels(registry: Registry, domain: Domain, *, shared: bool) -> Iterator[str]:
    """Give whose domain stands within another: ``telecom.example`` in ``telecom.example.evil.example``."""
    labels = () if shared else domain.split(".")[:_MAX_LABELS]
    for start in range(len(labels)):
        for end in range(len(labels) - 1, start + 1, -1):
            yield from _owners(registry, ".".join(labels[start:end]))


def _owners(registry: Registry, domain: str) -> Iterator[str]:
    for slug, _sender in registry.index.senders.get(domain, ()):
        yield slug
    websites = registry.index.websites.get(domain, ())
    yield from (slug for slug, website in websites if website in {domain, f"www.{domain}"})


# In disguise --------------------------------------------------------------------------------------------------------


def undisguised(text: str) -> str:
    """Give *text* in the letters that a reader takes it for: look-alike letters of other scripts as those of ASCII."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _INNER_CAPITAL_I.sub("l", plain.translate(_TWINS)).casefold()


def _without_digits(text: str) -> str:
    return _WORD_WITH_DIGITS.sub(lambda word: word[0].translate(_DIGITS), text)


def _said_in(registry: Registry, plain: str, name: str) -> Iterator[tuple[str, str]]:
    for text in dict.fromkeys((plain, _without_digits(plain))):
        yield from ((slug, name) for slug, _where in literal_claims(registry, text, ()))


def _worn_by(registry: Registry, labels: Iterable[str]) -> Iterator[str]:
    """Give whose name a label wears behind a disguise, the longest name first."""
    forms = {form for label in labels for form in _forms(registry, label)}
    for brand, slug in names_among(registry.index, {word for form in forms for word in (*form, "".join(form))}):
        if any(_is_all_but_trade(registry, brand, form) for form in forms):
            yield slug
    yield from _called(registry, forms)


def _called(registry: Registry, forms: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give whose own domain has a label that one of the *forms* is, but for trade words at its end."""
    trade = set(registry.guards.trade_words)
    for form in forms:
        kept = len(form)
        while kept > 1 and form[kept - 1] in trade:
            kept -= 1
        name = "".join(form[:kept])
        if kept < len(form) or name not in registry.guards.people_names:
            yield from (slug for _label, slug in registry.index.names.get(f".{name}", ()))


def _forms(registry: Registry, label: str) -> Iterator[tuple[str, ...]]:
    """Give a label as words, in every way in which a reader may take it for another one."""
    for text in dict.fromkeys((plain := undisguised(_decoded(label)), _without_digits(plain))):
        words = tuple(fold(text).split())
        yield words
        for twin in {text.replace("rn", "m"), text.replace("vv", "w")} - {text}:
            yield tuple(fold(twin).split())
        for at, word in enumerate(words):
            for other in (*_cut(word, registry.guards.trade_words), *_slips(word)):
                yield (*words[:at], *other.split(), *words[at + 1 :])


def _decoded(label: str) -> str:
    try:
        return label.encode("ascii").decode("idna") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _cut(word: str, trade_words: Iterable[str]) -> Iterator[str]:
    for trade in trade_words:
        if len(trade) > _SHORTEST and len(word) - len(trade) >= _SHORTEST:
            if word.endswith(trade):
                yield f"{word.removesuffix(trade)} {trade}"
            elif word.startswith(trade):
                yield f"{trade} {word.removeprefix(trade)}"


def _slips(word: str) -> Iterator[str]:
    """Give a word with two neighbours swapped back, or a doubled letter made one."""
    if len(word) not in _SWAPPED:
        return
    for at in range(len(word) - 1):
        left, right = word[at], word[at + 1]
        yield word[: at + 1] + word[at + 2 :] if left == right else word[:at] + right + left + word[at + 2 :]


def _is_all_but_trade(registry: Registry, brand: str, words: tuple[str, ...]) -> bool:
    """Tell whether *words* are a brand; for one of every day, beside trade words only, which people are not called."""
    text = f" {' '.join(words)} "
    worn = next((one for one in (f" {brand} ", f" {squeezed(brand)} ") if one in text), "")
    if not worn or not _is_of_every_day(registry, brand):
        return bool(worn)
    beside = set(text.replace(worn, " ", 1).split())
    return beside <= set(registry.guards.trade_words) and (bool(beside) or brand not in registry.guards.people_names)


def _by_local_part(registry: Registry, local_part: str) -> Iterator[str]:
    """Give whose name a local part is, with nothing beside it but trade words; of every day, with one at least."""
    words = fold(undisguised(local_part)).split()
    beside = {*registry.guards.trade_words, *_ROBOT}
    for brand, slug in names_among(registry.index, (*words, "".join(words))):
        text = f" {' '.join(words)} "
        worn = next((one for one in (f" {brand} ", f" {squeezed(brand)} ") if one in text), "")
        rest = set(text.replace(worn, " ", 1).split()) if worn else {"?"}
        if rest <= beside and (rest & set(registry.guards.trade_words) or not _is_of_every_day(registry, brand)):
            yield slug


def is_shared_with(registry: Registry, operator: Operator, domain: Domain) -> bool:
    """Tell whether an operator has *domain* for its own, and the public has mailboxes there as well."""
    own = (*operator.websites, *(sender.domain for sender in operator.senders))
    return any(name in registry.index.shared for name in upwards(domain)) and any(
        is_within(domain, organizational_domain(Domain(name))) for name in own
    )


def domains_of(operator: Operator) -> tuple[str, ...]:
    """Name what an operator writes from: its own domains, or exact addresses where others have theirs too.

    Of most nobody knows more than the websites, and mail of their domains counts as theirs (`Registry.find`).
    """
    if not operator.senders:
        return operator.websites
    return tuple(
        dict.fromkeys(
            one for sender in operator.senders for one in (sender.addresses if sender.shared else (sender.domain,))
        )
    )


def shown(domain: Domain) -> str:
    """Give a domain as it is, and beside it as a mail program may show it."""
    labels = [_decoded(label) for label in domain.split(".")]
    spelt = ".".join(labels)
    return f"{domain} ({spelt})" if spelt != domain else domain
