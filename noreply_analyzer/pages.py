"""What a saved page says of how its owner is reached: addresses, numbers, postal lines, forms, and the words near them.

A page may say it to its readers, in its links, to machines (JSON-LD of schema.org), or in a ``security.txt`` (RFC
9116).
Nothing found here is a fact: it is what stands on a page that somebody saved.
"""

import html
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from .decoding import one_line
from .records import Audience, Medium, Purpose
from .registrar import fold

MAX_TEXT: Final = 2_000_000
MAX_FINDS: Final = 500
"""Of one page."""
_MAX_VALUE: Final = 300
_MAX_NEAR: Final = 160
_MAX_NODES: Final = 20_000
_BESIDE: Final = 300
"""Letters of one line that stand beside a value."""
_NEAR: Final = 2
"""Lines above a value that may say what it is for."""

_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w-])", re.ASCII)
_PHONE: Final = re.compile(
    r"(?<![\d+])(?:(?:\+|00)33[ .\-\xa0\u202f]?(?:\(0\)[ .]?)?|0)[1-9](?:[ .\-\xa0\u202f]?\d\d){4}(?!\d)"
)
_FREEPHONE: Final = re.compile(r"(?<![\d+])0[ .\xa0]?8\d\d(?:[ .\xa0]?\d\d\d){2}(?!\d)")
_SHORT: Final = re.compile(
    r"\b(?:au|le|composez|appel\w*|t[ée]l\.?|t[ée]l[ée]phone)[\s:]{1,3}"
    r"(3\d[ .\xa0]?\d\d|10\d\d|118[ .\xa0]?\d{3})(?![\d.,]?\d)(?!\s?€)",
    re.IGNORECASE,
)
_TOWN: Final = re.compile(
    r"(?<!\d)(\d{5})[ \xa0]{1,3}([A-ZÀ-Ý][\w'’ \-]{1,40}?(?:[ -]cedex(?: ?\d{1,2})?)?)(?=[,.;)\n]|\Z| - | – )",
    re.IGNORECASE,
)
_DOOR: Final = re.compile(r"(?:\d{1,4}(?: ?bis| ?ter)?,? \w|(?:TSA|BP|CS) ?\d)", re.IGNORECASE)
_LINKED: Final = re.compile(r"\b(https?://[^\s\"'<>()\[\]]{4,300})", re.IGNORECASE)
_CONTACT_PAGE: Final = re.compile(
    r"contact|reclam|formulaire|service-?client|assistance|retractation|resili", re.IGNORECASE
)
_HREF: Final = re.compile(r"\bhref\s{0,9}=\s{0,9}([\"']?)(mailto|tel|https?):([^\"'<>\s]{3,300})\1", re.IGNORECASE)
_JSON_LD: Final = re.compile(
    r"<script\b[^<>]{0,500}\btype\s{0,5}=\s{0,5}[\"']?application/ld\+json\b[^<>]{0,500}>([^<]{0,200000})",
    re.IGNORECASE,
)
_SECURITY: Final = re.compile(r"^contact:[ \t]*(\S{3,300})[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TAKES_NO_ANSWER: Final = re.compile(
    r"(no|not|never)[._-]?reply|(ne|pas|sans)[._-]?(pas[._-]?)?(repondre|reponse)|do[._-]?not[._-]?reply|mailer-daemon",
    re.IGNORECASE,
)

_MEANING: Final = (
    (
        Purpose.PRIVACY,
        r"dpo|donnees (?:a caractere )?personnel\w*|protection des donnees|rgpd|gdpr|privacy|vie privee|cnil",
    ),
    (
        Purpose.ABUSE,
        r"phishing|hameconnage|frauduleux|abuse|abus|contenus? illicites?|signalement|vulnerabilit\w+|security",
    ),
    (Purpose.CANCELLATION, r"retractation|retracter|resiliation|resilier|withdrawal"),
    (Purpose.COMPLAINTS, r"reclamations?|service consommateurs?|litiges?|complaints?"),
    (
        Purpose.CUSTOMER_SERVICE,
        r"services? clients?|service clientele|relations? clients?|support|assistance|customer (?:service|support)",
    ),
)
_WORDS: Final = tuple((purpose, re.compile(rf"\b(?:{words})\b")) for purpose, words in _MEANING)
_ELSEWHERE: Final = re.compile(
    r"\b(?:presse|press|recrutement|jobs|careers|partenaires|investisseurs|hebergeur|hebergement|hosting|mediateur|mediation|rcs)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One way to reach somebody, as a page has it."""

    medium: Medium
    value: str
    """The address, number or page; postal lines with line breaks between."""
    purpose: Purpose = Purpose.GENERAL
    near: str = ""
    """The words beside it."""
    file: str = ""
    doubtful: bool = False
    """Whether the words beside it say that it is somebody else's, or not for customers."""

    @property
    def audience(self) -> Audience:
        """For whom it is likely to be there."""
        if self.purpose is Purpose.PRIVACY:
            return Audience.DATA_SUBJECTS
        return Audience.ALL if self.purpose in {Purpose.ABUSE, Purpose.GENERAL} else Audience.CONSUMERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A saved page: what was saved, and what a reader sees of it."""

    name: str
    raw: str
    seen: str


def takes_no_answer(address: str) -> bool:
    """Tell whether an address says itself that nobody reads what is written there."""
    return _TAKES_NO_ANSWER.search(address.rpartition("@")[0]) is not None


def purpose_of(*texts: str) -> Purpose:
    """Guess what a channel is there for, by the words beside it, the nearest first."""
    for text in texts:
        folded = fold(text[:2000])
        for purpose, words in _WORDS:
            if words.search(folded):
                return purpose
    return Purpose.GENERAL


def finds_in(page: Page) -> tuple[Find, ...]:
    """Give what a page says, what it says to machines first; no more than `MAX_FINDS`."""
    if page.name.rpartition("/")[2].lower() == "security.txt":
        found = _in_security_txt(page)
    else:
        found = chain(_in_json_ld(page), _in_links(page), _in_lines(page))
    return tuple(islice(found, MAX_FINDS))


def _find(page: Page, medium: Medium, value: object, *near: str) -> Iterator[Find]:
    said = "\n".join(one_line(line) for line in value.split("\n")) if isinstance(value, str) else ""
    if said and len(said) <= _MAX_VALUE:
        purpose = purpose_of(*(near if medium is not Medium.EMAIL else (said.partition("@")[0], *near)))
        yield Find(
            medium=medium,
            value=said,
            purpose=purpose,
            near=textwrap.shorten(one_line(near[0]), _MAX_NEAR, placeholder=" …") if near else "",
            file=page.name,
            doubtful=any(_ELSEWHERE.search(fold(text[:2000])) for text in near),
        )


# For those who found a hole -----------------------------------------------------------------------------------------


def _in_security_txt(page: Page) -> Iterator[Find]:
    """Read RFC 9116: a contact is there for whoever found a hole, and for nobody's bill."""
    for found in _SECURITY.finditer(page.raw[:MAX_TEXT]):
        scheme, _colon, rest = found[1].partition(":")
        medium = {"mailto": Medium.EMAIL, "tel": Medium.PHONE}.get(scheme.lower(), Medium.WEBFORM)
        value = found[1] if medium is Medium.WEBFORM else unquote(rest.partition("?")[0])
        yield from _find(page, medium, value, "security")


# For machines -------------------------------------------------------------------------------------------------------


def _in_json_ld(page: Page) -> Iterator[Find]:
    for node in nodes_in(page.raw):
        kind = _text(node.get("contactType")) or _text(node.get("name"))
        if isinstance(node.get("telephone"), str):
            yield from _find(page, Medium.PHONE, node["telephone"].removeprefix("tel:"), kind)
        if isinstance(node.get("email"), str):
            yield from _find(page, Medium.EMAIL, node["email"].removeprefix("mailto:"), kind)
        if "contactType" in node and isinstance(node.get("url"), str):
            yield from _find(page, Medium.WEBFORM, node["url"], kind)
        if isinstance(node.get("address"), Mapping):
            yield from _find(page, Medium.POST, _address(node["address"]), kind)


def _address(node: Mapping[str, Any]) -> str:
    code, town = _text(node.get("postalCode")), _text(node.get("addressLocality"))
    street = [line for line in re.split(r"[\n,]\s*", _text(node.get("streetAddress"))) if line]
    return "\n".join([*street, f"{code} {town}"]) if code and town and street else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def nodes_in(raw: str) -> Iterator[Mapping[str, Any]]:
    """Give the objects of a page's JSON-LD, those within others too; a stranger chose how deep."""
    left = _MAX_NODES
    for found in _JSON_LD.finditer(raw[:MAX_TEXT]):
        try:
            waiting = [json.loads(found[1])]
        except (ValueError, RecursionError):
            continue
        while waiting and left:
            left -= 1
            node = waiting.pop()
            if isinstance(node, Mapping):
                yield node
                waiting += reversed(list(node.values()))
            elif isinstance(node, list):
                waiting += reversed(node)


def name_in(raw: str) -> str:
    """Give what a page says that its owner is called; empty where it does not."""
    for node in nodes_in(raw):
        if "Organization" in str(node.get("@type")) or "Corporation" in str(node.get("@type")):
            name = one_line(_text(node.get("name")))
            if name:
                return name[:_MAX_VALUE]
    found = re.search(r"\bog:site_name[\"']?\s{1,9}content\s{0,9}=\s{0,9}[\"']([^\"'<>]{1,200})", raw[:MAX_TEXT])
    return one_line(html.unescape(found[1])) if found else ""


# In links -----------------------------------------------------------------------------------------------------------


def _in_links(page: Page) -> Iterator[Find]:
    """Look at what a link leads to, with its own words and those before it, which the eye takes together."""
    raw = page.raw[:MAX_TEXT] if "<" in page.raw else ""
    for found in _HREF.finditer(raw):
        scheme, rest = found[2].lower(), html.unescape(found[3])
        words = (_without_tags(raw[found.end() : found.end() + 200].partition("</a")[0]), _before(raw, found.start()))
        if scheme == "mailto":
            yield from _find(page, Medium.EMAIL, unquote(rest.partition("?")[0]), *words)
        elif scheme == "tel":
            yield from _find(page, Medium.PHONE, unquote(rest), *words)
        elif _CONTACT_PAGE.search(rest):
            yield from _find(page, Medium.WEBFORM, html.unescape(f"{found[2]}:{found[3]}"), _words_of(rest), *words)


def _before(raw: str, end: int) -> str:
    """Give the words before a link: what stands in the paragraph before it is about something else."""
    return " ".join(
        _without_tags(re.split(r"</p\b", raw[max(0, end - 300) : end], flags=re.IGNORECASE)[-1]).split()[-12:]
    )


def _without_tags(markup: str) -> str:
    """Cut the tags out, half ones at either end too."""
    return html.unescape(re.sub(r"\A[^<>]{0,500}>|<[^<>]{0,500}(?:>|\Z)", " ", markup))


# For readers --------------------------------------------------------------------------------------------------------


def _in_lines(page: Page) -> Iterator[Find]:
    lines = page.seen[:MAX_TEXT].split("\n")
    for at, line in enumerate(lines):
        above = [one[-_BESIDE:] for one in lines[max(0, at - _NEAR) : at] if one and "@" not in one][::-1]  # headings
        for found in _EMAIL.finditer(line):
            yield from _find(page, Medium.EMAIL, found[0].rstrip("."), _around(line, found), *above)
        for pattern in (_PHONE, _FREEPHONE, _SHORT):
            for found in pattern.finditer(line):
                yield from _find(page, Medium.PHONE, found[found.re.groups], _around(line, found), *above)
        for found in _LINKED.finditer(line):
            if _CONTACT_PAGE.search(found[1]):
                yield from _find(
                    page, Medium.WEBFORM, found[1].rstrip(".,;"), _words_of(found[1]), _around(line, found), *above
                )
        for found in _TOWN.finditer(line):
            yield from _postal(page, lines, at, found)


def _around(line: str, found: re.Match[str]) -> str:
    """Give the words beside a value: a page may be one long line."""
    return line[max(0, found.start() - _BESIDE) : found.end() + _BESIDE]


def _words_of(page: str) -> str:
    try:
        return re.sub(r"[-_/]", " ", urlsplit(page).path)
    except ValueError:
        return ""


def _postal(page: Page, lines: list[str], at: int, town: re.Match[str]) -> Iterator[Find]:
    """Go back from a post code to the street or the code before it, and one piece further: whoever lives there."""
    line = lines[at][max(0, town.start() - _BESIDE) : town.start()]
    before = [*(one[-_BESIDE:] for one in lines[max(0, at - 3) : at] if one), line]
    pieces = [
        piece for line in before for piece in re.split(r"\s*[,;:–]\s+|\s+-\s+", line.strip(" ,;:–-")) if piece.strip()
    ]
    doors = [index for index, piece in enumerate(pieces) if _DOOR.match(piece)]
    if not doors:
        return
    first = next((index for index in doors if index >= len(pieces) - 3), None)
    if first is None:
        return
    said = [*pieces[max(0, first - 1) : first], *pieces[first:], f"{town[1]} {town[2]}"]
    above = [line for line in before[::-1] if "@" not in line]
    yield from _find(page, Medium.POST, "\n".join(said), _around(lines[at], town), *above)
