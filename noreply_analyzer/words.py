"""Words as a sender writes them, folded to one form; and the language data that detection and the sieve look for.

Everything that depends on a language stands in ``phrases/*.toml``, one file a language, in folded form: no accents,
no capitals, straight apostrophes. All languages are looked for at once, for senders mix them.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

import msgspec

_INVISIBLE: Final = re.compile(
    "[\u0300-\u036f\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]+"
)
"""Combining marks (after NFKD), and what is written between letters to hide a word: joiners, variation selectors."""

_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        # Letters without a decomposition in Unicode.
        **dict(zip("œæøłđı", ("oe", "ae", "o", "l", "d", "i"), strict=True)),
        # Cyrillic and Greek letters that pass for Latin ones: only ever compared with, never shown.
        **dict(zip("асеорухіјѕκαενοιρτυ", "aceopyxijskaevoiptu", strict=True)),
    }
)


def fold(text: str) -> str:
    """Give *text* without capitals, accents, typography, disguises, and with single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold()
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text)).translate(_ALIKE)
    return " ".join(text.casefold().split())


class AddressWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sequences of words, to be found in an address with any separator or none between them."""

    dead: tuple[str, ...] = ()
    """No answer is read here; letters may follow ("noreplyorders")."""
    dead_exactly: tuple[str, ...] = ()
    """Likewise, but ending at a word's end: "reply no" must not find ``reply.norbert``."""
    dangerous: tuple[str, ...] = ()
    """Something else happens to an answer: it unsubscribes, or counts as a bounce."""
    daemon: tuple[str, ...] = ()
    """The author of bounces."""


class TextWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions over one folded sentence; ``<name>`` stands for one of ``parts``.

    Repetitions are bounded, so that hostile text costs no more than plain text.
    """

    stems: tuple[str, ...] = ()
    """One of them is in every sentence worth reading; everything else is skipped for speed."""
    parts: dict[str, str] = {}
    notices: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    """Wordings that look like a notice or an invitation; cut out of the sentence before it is read."""
    invitations: tuple[str, ...] = ()


class SubjectWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for the start of a folded subject."""

    automatic: tuple[str, ...] = ()
    """An automatic answer says so."""
    absence: tuple[str, ...] = ()
    """A person may write this too: it needs a further sign."""
    bounce: tuple[str, ...] = ()


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one language says about answering: one file of ``phrases/``."""

    address: AddressWords = AddressWords()
    text: TextWords = TextWords()
    subject: SubjectWords = SubjectWords()


@cache
def languages() -> dict[str, Phrases]:
    """Give every language's phrases by its code, read once."""
    found = sorted((entry for entry in (files(__package__) / "phrases").iterdir()), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".toml"): msgspec.convert(tomllib.loads(entry.read_text("utf-8")), Phrases)
        for entry in found
        if entry.name.endswith(".toml")
    }


def alternatives(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile *patterns* into one expression; of none, into one that finds nothing."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")


_APART: Final = "[^a-z]{0,2}"
"""What may stand between two words of an address: a separator, a digit, nothing."""


@dataclass(frozen=True, slots=True)
class _Sequences:
    """Sequences of words as one expression, and a word of each: most text has none of them and is done."""

    needles: tuple[str, ...]
    pattern: re.Pattern[str]

    def find(self, text: str) -> str:
        """Give the words that were found, as written where folding keeps the places of letters; else folded."""
        folded = fold(text)
        if not any(needle in folded for needle in self.needles) or (match := self.pattern.search(folded)) is None:
            return ""
        return text[match.start() : match.end()] if len(folded) == len(text) else match[0]


def _sequences(begun: Iterable[str], whole: Iterable[str] = ()) -> _Sequences:
    """Compile sequences that letters may follow, and such that end at a word's end."""
    begun, whole = list(begun), list(whole)
    patterns = [_spelt(words) for words in begun] + [_spelt(words) + "(?![a-z])" for words in whole]
    longest = {max(words.split(), key=len) for words in begun + whole}
    needles = tuple(sorted(word for word in longest if not any(word != other and other in word for other in longest)))
    # The left boundary is what keeps casinoreply and arno.reply alive.
    return _Sequences(needles, re.compile(f"(?<![a-z])(?:{alternatives(patterns).pattern})"))


def _spelt(words: str) -> str:
    return _APART.join(map(re.escape, words.split()))


def _address_words() -> list[AddressWords]:
    return [phrases.address for phrases in languages().values()]


@cache
def _dead() -> _Sequences:
    lists = _address_words()
    return _sequences(chain.from_iterable(w.dead for w in lists), chain.from_iterable(w.dead_exactly for w in lists))


@cache
def _dead_in_names() -> _Sequences:
    return _sequences(chain.from_iterable(words.dead for words in _address_words()))


@cache
def _dangerous() -> _Sequences:
    return _sequences((), chain.from_iterable(words.dangerous for words in _address_words()))


@cache
def _daemon() -> _Sequences:
    return _sequences(chain.from_iterable(words.daemon for words in _address_words()))


def dead_words(text: str) -> str:
    """Give the words by which a local part or a label of a domain says that no answer is read; empty for none."""
    return _dead().find(text)


def dead_words_in_domain(domain: str) -> str:
    """Give the label of *domain* that says so; a name under ``.invalid`` leads nowhere (RFC 2606 section 2)."""
    labels = domain.split(".")
    if fold(labels[-1]) == "invalid":
        return domain
    return next((label for label in labels if dead_words(label)), "")


def dead_words_in_name(name: str) -> str:
    """Give the words by which a display name says that no answer is read; empty for none."""
    return _dead_in_names().find(name)


def dangerous_words(local_part: str) -> str:
    """Give the words by which a local part says that an answer does something else than arrive."""
    return _dangerous().find(local_part)


def daemon_words(text: str) -> str:
    """Give the words by which an author is a mail system returning mail."""
    return _daemon().find(text)
