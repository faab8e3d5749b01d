"""Words as a sender writes them, folded to one form; and the language data that detection and the sieve look for.

Everything that depends on a language stands in ``phrases/*.toml``, one file a language, in folded form: no accents,
no capitals, straight apostrophes. All languages are looked for at once, for senders mix them.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

_HIDDEN_LETTERS: Final = (
    "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
)
"""What is written between letters to hide a word: joiners, variation selectors."""
_HIDDEN: Final = re.compile(f"[{_HIDDEN_LETTERS}]+")
_INVISIBLE: Final = re.compile(f"[\u0300-\u036f{_HIDDEN_LETTERS}]+")
"""And combining marks (after NFKD)."""

_NEGATIVE: Final = (0x1F150, 0x1F170)
"""White letters in black circles and squares begin here; Unicode takes those apart no further."""
_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        # Letters without a decomposition in Unicode.
        **dict(zip("œæøłđı", ("oe", "ae", "o", "l", "d", "i"), strict=True)),
        # What passes for Latin letters in other alphabets and small capitals: only ever compared with, never shown.
        **dict(zip("асеорухіјѕԁһӏкʟκαενοιρτυχ", "aceopyxijsdhlklkaevoiptux", strict=True)),
        **dict(zip("АВЕЗКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abe3kmhopctyxijsabezhikmnoptyx", strict=True)),
        **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴌᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩ", "abcdefghijklmnoprstuvwyzagi", strict=True)),
        **{chr(first + place): chr(ord("a") + place) for first in _NEGATIVE for place in range(26)},
    }
)


def fold(text: str) -> str:
    """Give *text* without capitals, accents, typography, disguises, and with single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold()
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text)).translate(_ALIKE)
    return " ".join(text.casefold().split())


def unhidden(text: str) -> str:
    """Give *text* without what nobody sees of it."""
    return text if text.isascii() else _HIDDEN.sub("", text)


class AddressWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sequences of words, to be found in an address with any separator or none between them."""

    dead: tuple[str, ...] = ()
    """No answer is read here; letters may follow ("noreplyorders")."""
    dead_exactly: tuple[str, ...] = ()
    """Likewise, but ending at a word's end: "reply no" must not find ``reply.norbert``."""
    before: tuple[str, ...] = ()
    """Words that are written together with those: "mailnoreply". None may make a word with "no", as "casi" does."""
    unsubscribes: tuple[str, ...] = ()
    """An answer takes its writer off the list."""
    bounces: tuple[str, ...] = ()
    """An answer counts as a bounce."""
    robots: tuple[str, ...] = ()
    """A program reads answers, as commands."""
    people: tuple[str, ...] = ()
    """Those who answer customers read it."""
    daemon: tuple[str, ...] = ()
    """The author of bounces."""


class TextWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions over one folded sentence; ``<name>`` stands for one of ``parts``.

    Repetitions are bounded, so that hostile text costs no more than plain text.
    """

    stems: tuple[str, ...] = ()
    """One of them is in every sentence worth reading; everything else is skipped for speed."""
    dangling: tuple[str, ...] = ()
    """Words that end a line but no sentence: what follows goes on with it."""
    parts: dict[str, str] = {}
    notices: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    """Wordings that look like a notice or an invitation; cut out of the sentence before it is read."""
    aside: tuple[str, ...] = ()
    """A question about something else: what the next sentence asks not to answer, it asks for that case alone."""
    invitations: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    """A robot says for whom it answers, or that it is one; looked for in the first sentences."""


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
