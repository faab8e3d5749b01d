"""An Authentication-Results field (RFC 8601 section 2.2) and the host that a Received field names, read strictly.

Such a field quotes what a stranger wrote: an envelope address, a signing domain, and not every server escapes it. So
there is one way to read it here, and a field that could be read in another says nothing: a comment that begins where a
value has not ended, a quotation that does not end, a word in a place that is none for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Final

from .address import Domain, canonicalize_domain, is_within
from .errors import AddressError
from .language import _

MAX_FIELD: Final = 8192
"""Characters of a field; a longer one says nothing."""
_MAX_TRACE: Final = 2000  # characters of a Received field in which its host is looked for

_ID: Final = re.compile(r"[!-~]{1,253}")
_NOT_IN_ID: Final = frozenset('"(),;<=>\\')
# What no value has bare: blanks of any kind, the specials that begin something else, the mark for a control character.
_TERM: Final = re.compile(r'(?:[^\s"(),;<>\\\ufffd]++|"(?:[^"\\]++|\\.)*+")++')
_QUOTED: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_ESCAPE: Final = re.compile(r"\\(.)")
_IN_COMMENT: Final = re.compile(r"\\.|[()]")
_RESULT: Final = re.compile(r"([A-Za-z0-9-]{1,60})(?:/([0-9]{1,3}))?=([A-Za-z0-9-]{1,60})")
# Microsoft tells in a bare word what it did (action=none), Fastmail adds measures of its own (x-bits=2048).
_PROPERTY: Final = re.compile(r"[a-z][a-z0-9-]{0,60}\.[a-z0-9_-]{1,60}|action|x-[a-z0-9-]{1,60}")
_TRACE_WORD: Final = re.compile(r"[^\s();]+")


class OddFieldError(ValueError):
    """The field can be read in more than one way, or in none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """What one method of authentication came to (``resinfo``)."""

    method: str
    """In lower case; with its version where that is not 1."""
    result: str
    """In lower case."""
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    """Each with its name in lower case, ``header.from``, and its value as it stands."""

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of the property called *name*, without quotation marks around the whole."""
        return tuple(_unquoted(value) for property_name, value in self.properties if property_name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResults:
    """One field whose author can be told."""

    authserv_id: str
    """As written; empty where the field names none, which RFC 8601 does not allow and Microsoft does."""
    results: tuple[MethodResult, ...] | None
    """``None`` where the field is odd, and so says nothing."""


def is_authserv_id(text: str) -> bool:
    """Tell whether a field could carry *text* as its authserv-id."""
    return bool(_ID.fullmatch(text)) and _NOT_IN_ID.isdisjoint(text)


def read_field(value: str) -> AuthResults | None:
    """Read the value of a field, unfolded; give ``None`` if not even its author can be told."""
    sections = _sections(value[:MAX_FIELD])
    try:
        first = next(sections)
        authserv_id = _read_id(first)
    except OddFieldError:
        return None
    try:
        whole = len(value) <= MAX_FIELD
        results = _read_results(first, list(sections), named=bool(authserv_id)) if whole else None
    except OddFieldError:
        results = None
    return AuthResults(authserv_id=authserv_id, results=results)


@dataclass(frozen=True, slots=True)
class _Term:
    """A word between blanks."""

    text: str
    stuck: bool
    """Whether a comment follows without a blank, so that only grammar can tell where the word ends."""


def _sections(text: str) -> Iterator[list[_Term]]:
    """Give the words between semicolons, without comments; one section after the other, for only the id is sure."""
    terms: list[_Term] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
        elif text[at] == ";":
            yield terms
            terms = []
            at += 1
        elif text[at] == "(":
            at = _end_of_comment(text, at)
            _check_ends(text, at)
        elif (match := _TERM.match(text, at)) and match[0].isprintable():
            at = match.end()
            _check_ends(text, at)
            terms.append(_Term(match[0], text.startswith("(", at)))
        else:
            raise OddFieldError
    yield terms


def _check_ends(text: str, at: int) -> None:
    if text[at : at + 1] not in {"", " ", ";", "("}:
        raise OddFieldError


def _end_of_comment(text: str, start: int) -> int:
    depth = 0
    for match in _IN_COMMENT.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    raise OddFieldError


def _read_id(terms: list[_Term]) -> str:
    if not terms:
        raise OddFieldError
    if _RESULT.fullmatch(terms[0].text):
        return ""
    name = _unquoted(terms[0].text)
    if not is_authserv_id(name):
        raise OddFieldError
    return name


def _read_results(first: list[_Term], rest: list[list[_Term]], *, named: bool) -> tuple[MethodResult, ...]:
    if named and [term.text for term in first[1:]] not in ([], ["1"]):  # another version may mean anything
        raise OddFieldError
    sections = rest if named else [first, *rest]
    if len(sections) > 1 and not sections[-1]:
        del sections[-1]  # Yahoo ends every field with a semicolon
    if [[term.text.lower() for term in terms] for terms in sections] == [["none"]]:
        return ()
    if not sections:
        raise OddFieldError
    return tuple(map(_read_result, sections))


def _read_result(terms: list[_Term]) -> MethodResult:
    match = _RESULT.fullmatch(terms[0].text) if terms else None
    if not match:
        raise OddFieldError
    method, version, result = match.groups()
    reason = ""
    properties = []
    for position, term in enumerate(terms[1:]):
        name, _equals, value = term.text.partition("=")
        name = name.lower()
        # A comment may stick to a result (Yahoo's dmarc=pass(p=..)), which no stranger writes, and to nothing else.
        if term.stuck or not value:
            raise OddFieldError
        if name == "reason" and position == 0:
            reason = _unquoted(value)
        elif _PROPERTY.fullmatch(name):
            properties.append((name, value))
        else:
            raise OddFieldError
    name = method.lower() if version in {None, "1"} else f"{method.lower()}/{version}"
    return MethodResult(method=name, result=result.lower(), reason=reason, properties=tuple(properties))


def _unquoted(text: str) -> str:
    """Take the quotation marks off; what has only a part in them stays as it is, and is then no name of anything."""
    return _ESCAPE.sub(r"\1", text[1:-1]) if _QUOTED.fullmatch(text) else text


# Received -----------------------------------------------------------------------------------------------------------

Host = Domain | IPv4Network | IPv6Network


def read_host(text: str) -> Host:
    """Read what the user says of hosts: a domain, for itself and what lies below it, an IP address or a network.

    Raises:
        AddressError: it is none of these, or a network of everybody.
    """
    try:
        network = ip_network(text)
    except ValueError:
        try:
            return canonicalize_domain(text)
        except AddressError as error:
            sentence = _("{text!r} is neither a domain nor an IP network")
            raise AddressError(sentence.format(text=text)) from error
    if not network.prefixlen:
        raise AddressError(_("{text!r} is every host there is").format(text=text))
    return network


def is_received_by(value: str, hosts: tuple[Host, ...]) -> bool:
    """Tell whether the Received field *value* was written by one of *hosts*; one that cannot be read was not."""
    name = _by_host(value)
    try:
        address = ip_address(name.removeprefix("[").removesuffix("]").removeprefix("IPv6:"))
    except ValueError:
        try:
            domain = canonicalize_domain(name)
        except AddressError:
            return False
        return any(is_within(domain, host) for host in hosts if isinstance(host, str))
    return any(address in host for host in hosts if not isinstance(host, str))


def _by_host(value: str) -> str:
    """Give the host that received (RFC 5321 section 4.4): ``from x (..) by HOST``, or ``by HOST`` alone."""
    try:
        words = list(islice(_trace_words(value[:_MAX_TRACE]), 4))
    except OddFieldError:
        return ""
    match words, [word.lower() for word in words]:
        case [_from, _name, _by, host], ["from", _, "by", _]:
            return host
        case [_by, host, *_], ["by", *_]:
            return host
    return ""


def _trace_words(text: str) -> Iterator[str]:
    """Give the words before the date, without comments; no further than they are asked for."""
    at = 0
    while at < len(text) and text[at] != ";":
        if text[at].isspace():
            at += 1
        elif text[at] == "(":
            at = _end_of_comment(text, at)
        elif match := _TRACE_WORD.match(text, at):
            at = match.end()
            yield match[0]
        else:
            raise OddFieldError
