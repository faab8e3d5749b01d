"""What an address says about answering: a local part, a label of a domain, a display name, read as words.

Case, accents, separators, digits, tags and disguises make no difference; where a word begins does, or
``casinoreply`` and ``arno.reply`` would be dead. One slip of the pen is forgiven in the word that asks for an answer.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import Final

from .words import AddressWords, alternatives, fold, languages, unhidden

_APART: Final = "[^a-z]{0,12}"
"""What may stand between two words of an address: separators, digits, nothing."""
_BOUNDARY: Final = "\x1f"
"""Stands where ``fooBar`` goes from one word to the next."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AS_LETTERS: Final = str.maketrans("01345", "oleas")
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
_NAMES: Final = 2
"""Words of a local part that may be somebody's names: "don.otreply"."""
_DIGIT_IN_WORD: Final = re.compile(r"(?<=[a-z])[01345]|[01345](?=[a-z])")
_UNMISTAKABLE: Final = 10
"""Letters of words that are found inside a longer word too: "facturenepasrepondre"."""
_SHORTEST_SLIP: Final = 5
"""Letters that a word has at least if a slip in it is to be forgiven; in "no" and "non" nothing is."""
_MAX_SLIPS: Final = 20
"""Places that are looked at for a slip; an address has one, a whole field may be hostile."""
_A_LABEL: Final = "xn--"


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
        return _as_written(text, folded, match)


def _as_written(text: str, folded: str, match: re.Match[str]) -> str:
    found = text[match.start() : match.end()] if len(folded) == len(text) else match[0]
    return found.replace(_BOUNDARY, "")


def _sequences(begun: Iterable[str], whole: Iterable[str] = (), before: Iterable[str] = ()) -> _Sequences:
    """Compile sequences that letters may follow, and such that end at a word's end.

    The words in *before* may be written together with what follows them: "mailnoreply".
    """
    begun, whole = list(begun), list(whole)
    patterns = [_spelt(words) for words in begun] + [_spelt(words) + "(?![a-z])" for words in whole]
    longest = {max(words.split(), key=len) for words in begun + whole}
    needles = tuple(sorted(word for word in longest if not any(word != other and other in word for other in longest)))
    joined = alternatives(sorted(before, key=len, reverse=True)).pattern
    # The left boundary is what keeps casinoreply and arno.reply alive.
    bounded = f"(?<![a-z])(?:(?:{joined}){{1,3}}+)?(?:{alternatives(patterns).pattern})"
    anywhere = alternatives(map(_spelt, filter(_is_unmistakable, begun))).pattern
    return _Sequences(needles, re.compile(f"{bounded}|{anywhere}"))


def _spelt(words: str) -> str:
    return _APART.join(map(re.escape, words.split()))


def _is_unmistakable(words: str) -> bool:
    """Tell whether no longer word ends so by chance, as "casino" ends in "no"."""
    first, *others = words.split()
    return len(words.replace(" ", "")) >= _UNMISTAKABLE and (len(first) > len("no") or len(others) > 1)


def _lists() -> list[AddressWords]:
    return [phrases.address for phrases in languages().values()]


def _all(name: str) -> Iterator[str]:
    return chain.from_iterable(getattr(words, name) for words in _lists())


@cache
def _dead() -> _Sequences:
    return _sequences(_all("dead"), _all("dead_exactly"), _all("before"))


@cache
def _dead_in_names() -> _Sequences:
    return _sequences(_all("dead"))


@cache
def _whole_names() -> dict[str, int]:
    """Give what a local part is if the separators in it mean nothing, "n.o.r.e.p.l.y"; and where its last word begins.

    What is parted in two before that is a name.
    """
    return {words.replace(" ", ""): len("".join(words.split()[:-1])) for words in _all("dead")}


@cache
def _exact(kind: str) -> _Sequences:
    return _sequences((), _all(kind))


@cache
def _daemon() -> _Sequences:
    return _sequences(_all("daemon"))


@cache
def _people() -> _Sequences:
    return _sequences(_all("people"))


@cache
def _systems() -> _Sequences:
    return _sequences(_all("before"))


# Slips of the pen


@cache
def _slips() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """Give an expression for a word behind all that may stand before the last word of a sequence; and those last words.

    What stands before is the key, without what is between its words.
    """
    last: dict[str, set[str]] = {}
    for words in _all("dead"):
        *before, answer = words.split()
        if before and len(answer) >= _SHORTEST_SLIP:
            last.setdefault(" ".join(before), set()).add(answer)
    known = alternatives(map(_spelt, sorted(last, key=len, reverse=True))).pattern
    pattern = re.compile(f"(?<![a-z])(?=({known})({_APART})([a-z]{{4,16}})(?![a-z]))")
    return pattern, {words.replace(" ", ""): frozenset(answers) for words, answers in last.items()}


def _slip(text: str) -> str:
    """Find a sequence whose last word is one letter off: "no-replay", "norepyl"."""
    folded = fold(text)
    pattern, answers = _slips()
    for match in islice(pattern.finditer(folded), _MAX_SLIPS):
        before, apart, written = match.groups()
        meant = answers["".join(filter(str.isalpha, before))]
        if any(_is_one_off(written, answer, apart=bool(apart)) for answer in meant):
            end = match.end(3)
            found = text[match.start() : end] if len(folded) == len(text) else folded[match.start() : end]
            return found.replace(_BOUNDARY, "")
    return ""


def _is_one_off(written: str, meant: str, *, apart: bool) -> bool:
    """Tell whether one letter is missing, too many, another, or two are swapped.

    In one word with what stands before it, no letter may be another, nor the last one be missing: "Norelly" and
    "Norespo" are names.
    """
    if not apart and written == meant[:-1]:
        return False
    if abs(len(written) - len(meant)) > 1 or (written[:2] != meant[:2] and written[-2:] != meant[-2:]):
        return False  # for speed: one slip leaves the beginning or the end alone
    at = next((place for place, (one, two) in enumerate(zip(written, meant, strict=False)) if one != two), None)
    if at is None:
        return True
    rest, wanted = written[at:], meant[at:]
    if len(rest) == len(wanted):
        swapped = rest[1::-1] + rest[2:] == wanted
        return swapped or (apart and rest[1:] == wanted[1:])
    return rest[1:] == wanted or rest == wanted[1:]


# What the other rooms ask


def dead_words(text: str) -> str:
    """Give the words by which a local part or a label of a domain says that no answer is read; empty for none."""
    text = unhidden(text)
    for written in _readings(text):
        if found := _dead().find(written) or _slip(written):
            at = written.find(found) if len(written) == len(text) else -1
            return found if at < 0 else text[at : at + len(found)]
    untagged = text.partition("+")[0]
    parts = _NO_LETTERS.sub(" ", fold(untagged)).split()
    beginning = _whole_names().get("".join(parts))
    return "" if beginning is None or (len(parts) == _NAMES and len(parts[0]) < beginning) else untagged


def _readings(text: str) -> Iterator[str]:
    """Give *text* as it stands, with its camel's humps parted, and with figures that stand for letters as letters."""
    yield text
    if (parted := _CAMEL.sub(_BOUNDARY, text)) != text:
        yield parted
    visible = fold(text)  # what nobody sees may stand on both sides of a figure
    if (lettered := _DIGIT_IN_WORD.sub(lambda digit: digit[0].translate(_AS_LETTERS), visible)) != visible:
        yield lettered


def dead_words_in_domain(domain: str) -> str:
    """Give the label of *domain* that says so; a name under ``.invalid`` leads nowhere (RFC 2606 section 2)."""
    labels = domain.split(".")
    if fold(labels[-1]) == "invalid":
        return domain
    return next((label for label in labels if dead_words(_unicode(label))), "")


def _unicode(label: str) -> str:
    """Give a label as its reader sees it (RFC 5890 section 2.3.2.1); one that cannot be read as it stands."""
    if not label.lower().startswith(_A_LABEL):
        return label
    try:
        return label[len(_A_LABEL) :].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def dead_words_in_name(name: str) -> str:
    """Give the words by which a display name says that no answer is read; empty for none."""
    return _dead_in_names().find(name)


def unsubscribing_words(local_part: str) -> str:
    """Give the words by which a local part says that an answer takes its writer off a list."""
    return _exact("unsubscribes").find(local_part)


def bouncing_words(local_part: str) -> str:
    """Give the words by which a local part says that an answer counts as a bounce."""
    return _exact("bounces").find(local_part)


def robot_words(text: str) -> str:
    """Give the words by which a local part or a label says that a program reads answers, as commands."""
    return _exact("robots").find(text)


def system_words(local_part: str) -> str:
    """Give the words by which a local part is a system's ("trackingmail"), and not theirs who answer customers."""
    return "" if _people().find(local_part) else _systems().find(local_part)


def daemon_words(text: str) -> str:
    """Give the words by which an author is a mail system returning mail."""
    return _daemon().find(text)
