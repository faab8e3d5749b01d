"""The text of a message as its sender wrote it: lines put together again, and what others wrote before cut off.

A notice counts only if the sender of *this* message wrote it.
"""

import re
from typing import Final

from .decoding import printable_lines

_MAX_PLAIN: Final = 128 * 1024  # before quotes are cut
_MAX_LINE: Final = 400  # of a line that can be an attribution or a separator
_SPACES: Final = re.compile(r"[ \t\f\v\xa0\u2007\u202f\u3000]+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")

_QUOTE: Final = re.compile(r" ?>")
_REPLY_SUBJECT: Final = re.compile(r"(re|r[eé]p|aw|res|r|rif|antw|odp|sv)\s?(\[\d+\])?\s?:", re.IGNORECASE)
_FORWARD_SUBJECT: Final = re.compile(
    r"(tr|fwd?|wg|rv|enc|i|inoltro|doorst|dw|pd|vb|vs)\s?(\[\d+\])?\s?:", re.IGNORECASE
)

# "Le 12 nov. 2026 à 10:00, X a écrit :" and its likes; mail programs break it over up to three lines.
_ATTRIBUTION_START: Final = re.compile(r"(le|on|am|el|il|em|a|op|w|dnia|den)\s", re.IGNORECASE)
_ATTRIBUTION: Final = re.compile(
    r"(le\s[^\n]*\ba\s(écrit|ecrit)|on\s[^\n]*\bwrote|am\s[^\n]*\bschrieb\b[^\n]*|el\s[^\n]*\bescribió"
    r"|il\s[^\n]*\bha\sscritto|(em|a)\s[^\n]*\bescreveu|op\s[^\n]*\bschreef\b[^\n]*"
    r"|(w\sdniu|dnia)\s[^\n]*\bnapisał(\(a\)|a)?|den\s[^\n]*\bskrev\b[^\n]*|el\s[^\n]*\bva\sescriure)\s?:\Z",
    re.IGNORECASE,
)
_SEPARATOR: Final = re.compile(
    r"[-_* ]*(message\s(d['’]origine|original|initial|transféré|transmis|réexpédié)|mail\s(original|transféré)"
    r"|original\smessage|forwarded\smessage|weitergeleitete\snachricht|ursprüngliche\snachricht"
    r"|mensaje\s(original|reenviado)|messaggio\s(originale|inoltrato)|mensagem\s(original|encaminhada|reencaminhada)"
    r"|(oorspronkelijk|doorgestuurd)\sbericht|(oryginalna|przekazana)\swiadomość|wiadomość\s(oryginalna|przekazana)"
    r"|(ursprungligt|vidarebefordrat)\smeddelande|missatge\s(original|reenviat)"
    r"|courriel\s(original|transféré))\s?:?\s?[-_* ]*\Z",
    re.IGNORECASE,
)
_SEPARATOR_SENTENCE: Final = re.compile(
    r"(début du (message|mail|courriel|courrier électronique) (transféré|réexpédié|transmis)"
    r"|begin forwarded message)\s?:?\Z",
    re.IGNORECASE,
)
_DASHED: Final = re.compile(r"[-_*]{2}")
_RULE: Final = re.compile(r"[-_=*]{5,}\Z")

# The header block that Outlook and webmail programs put above what they quote.
_BLOCK_START: Final = re.compile(r"[>*\s]*(de|from|expéditeur|von|da|van|od|från)\s?\*?\s?:", re.IGNORECASE)
_BLOCK_LINE: Final = re.compile(
    r"[>*\s]*(envoyé(?: le)?|date|sent|[àa]|to|pour|destinataire|cc|objet|sujet|subject|gesendet|an|betreff"
    r"|enviado|enviada em|para|asunto|assunto|data|inviato|a|oggetto|verzonden|aan|onderwerp|wysłano|do|temat"
    r"|skickat|till|ämne|enviat|assumpte|per a)\s?\*?\s?:",
    re.IGNORECASE,
)
_BLOCK_SURE: Final = re.compile(
    r"[>*\s]*(envoyé(?: le)?|sent|objet|sujet|subject|gesendet|betreff|enviado|enviada em|asunto|assunto|inviato"
    r"|oggetto|verzonden|onderwerp|wysłano|temat|skickat|ämne|enviat|assumpte)\s?\*?\s?:",
    re.IGNORECASE,
)
"""One of them at least: a journey too has a from, a to and a date."""
_BLOCK_LINES: Final = 8


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the lines that ``format=flowed`` (RFC 3676) broke softly; *delete_space* is its DelSp parameter."""
    paragraphs: list[str] = []
    soft = ""
    for line in text.split("\n"):
        stuffed = line.removeprefix(" ") if not line.startswith(">") else line
        if soft and line.startswith(">") != soft.startswith(">"):  # a paragraph never runs into another's quote
            paragraphs.append(soft)
            soft = ""
        joined = soft + (stuffed.lstrip("> ") if soft else stuffed)
        if line.endswith(" ") and line != "-- " and len(joined) < _MAX_PLAIN:
            soft = joined[:-1] if delete_space else joined
        else:
            paragraphs.append(joined)
            soft = ""
    return "\n".join([*paragraphs, soft] if soft else paragraphs)


def tidy(text: str) -> str:
    """Give *text* with single spaces, no blank lines in a row, and nothing that cannot be seen."""
    lines = (_SPACES.sub(" ", line).strip(" ") for line in printable_lines(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def forwards(subject: str) -> bool:
    """Tell whether a subject is that of a message passed on."""
    return _FORWARD_SUBJECT.match(subject) is not None


def answers(subject: str) -> bool:
    """Tell whether a subject is that of an answer, or of a message passed on: what others wrote may stand in it."""
    return forwards(subject) or _REPLY_SUBJECT.match(subject) is not None


def cut_quotes(text: str, *, subject: str = "") -> str:
    """Cut off what somebody else wrote before: quoted lines, and everything behind a separator or an attribution.

    An attribution or a header block with nothing above it counts only under the *subject* of a forwarded message
    ("TR:", "Fwd:"): people answer below what they quote, and ticket systems begin with "On Monday, Anne wrote:".
    """
    lines = tidy(text[:_MAX_PLAIN]).split("\n")
    forwarded, answered = forwards(subject), answers(subject)
    kept: list[str] = []
    quoted_from: set[int] = set()  # where a single quoted line is one, for an attribution stands above it
    at = 0
    while at < len(lines):
        if _is_separator(lines[at]):
            break
        own = forwarded or any(kept)
        length = _attribution_length(lines, at)
        if length and (quote := _quote_after(lines, at + length)):
            quoted_from.add(quote)
            at += length
        elif own and (length or _is_block(lines, at, needed=1 if answered else 2)):
            break
        elif run := _quote_run(lines, at, answers=answered or at in quoted_from):
            at += run
        else:
            kept.append(lines[at])
            at += 1
    while kept and (not kept[-1] or _RULE.match(kept[-1])):
        kept.pop()
    return _BLANK_LINES.sub("\n\n", "\n".join(kept)).strip("\n")


def _is_separator(line: str) -> bool:
    if len(line) > _MAX_LINE:
        return False
    if _SEPARATOR_SENTENCE.match(line):
        return True
    return _SEPARATOR.match(line) is not None and (_DASHED.search(line) is not None or line.endswith(":"))


def _attribution_length(lines: list[str], at: int) -> int:
    """Say over how many lines an attribution runs that begins at *at*; 0 where none does."""
    if not _ATTRIBUTION_START.match(lines[at]):
        return 0
    for length in (1, 2, 3):
        joined = " ".join(lines[at : at + length])
        if len(joined) > _MAX_LINE:
            return 0
        if _ATTRIBUTION.match(joined) and any(character.isdigit() or character == "@" for character in joined):
            return length
    return 0


def _quote_after(lines: list[str], at: int) -> int:
    """Give the place of the quoted line that follows closely; 0 where none does."""
    following = next((place for place in range(at, min(at + 3, len(lines))) if lines[place]), at)
    return following if following < len(lines) and _QUOTE.match(lines[following]) else 0


def _quote_run(lines: list[str], at: int, *, answers: bool) -> int:
    """Count the quoted lines from *at*. A single one outside an answer is an arrow before a link."""
    run = 0
    while at + run < len(lines) and _QUOTE.match(lines[at + run]):
        run += 1
    return run if run > 1 or answers else 0


def _is_block(lines: list[str], at: int, *, needed: int) -> bool:
    if not _BLOCK_START.match(lines[at]):
        return False
    below = [line for line in lines[at + 1 : at + _BLOCK_LINES] if _BLOCK_LINE.match(line)]
    return len(below) >= needed and (needed == 1 or any(map(_BLOCK_SURE.match, below)))
