"""Who a From or Reply-To field names, read strictly: one way to read it, or none.

Parsers repair what is broken, each in its own way, and a reader's mail program in yet another; that is how one message
shows a bank to the reader and its true author to the checker. So nothing is repaired here. What RFC 5322 calls a
mailbox is read; for everything else (routes, groups, comments within the address, a second ``@``) the answer is the
reason.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from .address import Address
from .decoding import decode_raw, decode_words, one_line
from .errors import AddressError
from .header import Field, Header
from .language import N_, _

MAX_REPLY_TO: Final = 20
"""Addresses of one Reply-To field."""
_MAX_AUTHOR: Final = 4096
_MAX_REPLY_TO_BYTES: Final = 8192

_TOKEN: Final = re.compile(
    r'(?P<space>[ \t]+)|(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<angle><(?:[^<>"]|"(?:[^"\\]|\\.)*+")*+>)'
    r"|(?P<encoded>=\?[\w*.-]{1,80}\?[bBqQ]\?[^\x00-\x20\x7f()<>\[\];@\\,\"?]*+\?=)"  # forbidden ":" in it hurts nobody
    r'|(?P<atom>[^\x00-\x20\x7f()<>\[\]:;@\\,"]+)|(?P<other>.)',
    re.DOTALL,
)
_PAREN: Final = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_ENCODED_WORD: Final = re.compile(r"=\?[^?]*\?[bq]\?", re.IGNORECASE)
_COUNTS: Final = {0: N_("no {field} field"), 2: N_("two {field} fields")}
_MANY: Final = N_("{count} {field} fields")
_CONTROL: Final = N_("a control character")
_PARENTHESES: Final = N_("unbalanced parentheses")
_SPECIALS: Final = {
    ":": N_("group syntax or a colon outside quotation marks"),
    ";": N_("a semicolon outside quotation marks"),
    "<": N_("nested or unbalanced angle brackets"),
    ">": N_("nested or unbalanced angle brackets"),
    '"': N_("unbalanced quotation marks"),
    "(": _PARENTHESES,
    ")": _PARENTHESES,
    "\\": N_("a backslash outside quotation marks"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One address with its display name, as a From or Reply-To field gives it (RFC 5322 section 3.4)."""

    address: Address
    name: str = ""
    """Decoded, on one line, without control and bidirectional characters; never to be trusted."""


class _Refused(Exception):  # noqa: N818 - never leaves this room; its text is the reason
    """There is more than one way to read this, or none."""


def read_author(header: Header) -> Mailbox | str:
    """Give the one author of a message, or in a few words why there is none."""
    fields = header.all("from")
    if header.doubt:
        return header.doubt
    if len(fields) != 1:
        return _how_many(len(fields), "From")
    if fields[0].odd:
        return _("the name of the {field} field is not written as {field}").format(field="From")
    try:
        mailboxes = _read_list(fields[0], at_most=1, size=_MAX_AUTHOR)
    except _Refused as refusal:
        return str(refusal)
    return mailboxes[0]


def read_reply_to(header: Header) -> tuple[Mailbox, ...] | str:
    """Give the addresses of the Reply-To field, none where there is no field, or why they cannot be told."""
    fields = header.all("reply-to")
    if not fields:
        return ()
    if len(fields) > 1:
        return _how_many(len(fields), "Reply-To")
    if header.doubt or fields[0].odd:
        return header.doubt or _("the name of the {field} field is not written as {field}").format(field="Reply-To")
    try:
        return _read_list(fields[0], at_most=MAX_REPLY_TO, size=_MAX_REPLY_TO_BYTES)
    except _Refused as refusal:
        return str(refusal)


def _how_many(count: int, field: str) -> str:
    return _(_COUNTS.get(count, _MANY)).format(count=count, field=field)


def _read_list(source: Field, *, at_most: int, size: int) -> tuple[Mailbox, ...]:
    if len(source.value) > size:
        raise _Refused(_("the field is over {size} bytes").format(size=size))
    text, utf8 = decode_raw(source.value), _is_utf8(source.value)
    mailboxes = [_Scan(text, utf8)]
    for kind, start, end in _tokens(text):
        if kind == "other" and text[start] == ",":
            if len(mailboxes) == at_most:
                too_many = _("more than one address") if at_most == 1 else _("more than {count} addresses")
                raise _Refused(too_many.format(count=at_most))
            mailboxes.append(_Scan(text, utf8))
        else:
            mailboxes[-1].take(kind, start, end)
    return tuple(scan.mailbox() for scan in mailboxes)


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """Cut *text* into (kind, start, end): space, quoted, angle, atom, comment, other."""
    tokens, at = [], 0
    while at < len(text):
        if text[at] == "(":
            kind, end = "comment", _end_of_comment(text, at)
        else:
            match = _TOKEN.match(text, at)
            assert match is not None and match.lastgroup is not None  # noqa: PT018, S101 - the last branch takes anything
            kind, end = match.lastgroup, match.end()
        tokens.append((kind, at, end))
        at = end
    return tokens


def _end_of_comment(text: str, start: int) -> int:
    depth = 0
    for paren in _PAREN.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(paren[0], 0)
        if depth == 0:
            return paren.end()
    raise _Refused(_(_PARENTHESES))


@dataclass(slots=True)
class _Scan:
    """One mailbox while its tokens come in."""

    text: str
    utf8: bool
    """Whether the bytes were UTF-8; if not, *text* is a guess, which will do for a name."""
    words: list[tuple[int, int]] = field(default_factory=list)
    """Where the tokens are that are neither space nor comment nor the address in angle brackets."""
    comments: list[tuple[int, int]] = field(default_factory=list)
    angle: tuple[int, int] | None = None

    def take(self, kind: str, start: int, end: int) -> None:
        """Add a token.

        Raises:
            _Refused: it cannot stand here.
        """
        if kind == "comment":
            self.comments.append((start, end))
        elif kind == "angle":
            if self.angle:
                raise _Refused(_("more than one address"))
            self.angle = (start, end)
        elif kind != "space":
            self._take_word(kind, start, end)

    def _take_word(self, kind: str, start: int, end: int) -> None:
        character = self.text[start]
        if kind == "other" and (character in _SPECIALS or character not in "@[]"):
            raise _Refused(_(_SPECIALS.get(character, _CONTROL)))
        if self.angle:
            raise _Refused(_("text after the address"))
        self.words.append((start, end))

    def mailbox(self) -> Mailbox:
        """Give what was read.

        Raises:
            _Refused: no address, or not one that reads one way.
        """
        if self.angle is None:
            return self._bare()
        start, end = self.angle
        spec = self.text[start + 1 : end - 1]
        address = self._addr_spec(spec)
        phrase = self.text[self.words[0][0] : self.words[-1][1]] if self.words else ""
        # "a@b <a@b>" without quotation marks is wrong but says one thing only.
        if any(self.text[at] == "@" for at, _end in self.words) and phrase.casefold() != spec.casefold():
            raise _Refused(_("a second @ outside quotation marks"))
        return Mailbox(address=address, name=self._name())

    def _bare(self) -> Mailbox:
        if not any(self.text[at] == "@" for at, _end in self.words):
            raise _Refused(_("no address"))
        address = self._addr_spec(self.text[self.words[0][0] : self.words[-1][1]])
        self.words = []
        return Mailbox(address=address, name=self._name())

    def _addr_spec(self, text: str) -> Address:
        if not (self.utf8 or text.isascii()):
            raise _Refused(_("an 8-bit address that is not UTF-8"))
        return _read_addr_spec(text)

    def _name(self) -> str:
        """Give the phrase before the address or, as people wrote it in the eighties, the comments around it."""
        if self.words and self.angle:
            text = self.text[self.words[0][0] : self.angle[0]]
        else:
            text = " ".join(self.text[start + 1 : end - 1] for start, end in self.comments)
        return decode_words(_QUOTED.sub(lambda quoted: _QUOTED_PAIR.sub(r"\1", quoted[0][1:-1]), text))


def _read_addr_spec(text: str) -> Address:
    """Read ``local@domain`` (RFC 5322 section 3.4.1, without its comments, folds, literals and obsolete forms)."""
    bare = _QUOTED.sub('""', text)
    if reason := _objection(text, bare):
        raise _Refused(reason)
    try:
        return Address.parse(text)
    except AddressError as error:
        raise _Refused(_("what stands there is not an address")) from error


def _objection(text: str, bare: str) -> str:
    """Say what is wrong with *text*, which is *bare* with its quoted strings emptied."""
    at_signs = bare.count("@")
    objections = (
        (not text, N_("no address between the angle brackets")),
        (one_line(text) != text.strip(" "), N_("a control character or a run of spaces inside the address")),
        ("@[" in bare, N_("a domain literal")),
        (text.startswith("@") or ":" in bare, N_("a route address")),
        ("(" in bare or ")" in bare, N_("a comment inside the address")),
        (" " in bare or "\t" in bare, N_("white space inside the address")),
        (at_signs == 0, N_("no @ in the address")),
        (at_signs > 1, N_("a second @ in the address")),
        ("[" in bare or "]" in bare, N_("a square bracket in the address")),
        (bare.endswith("."), N_("a final dot")),
        (_ENCODED_WORD.search(bare) is not None, N_("an encoded word in place of the address")),
    )
    return next((_(reason) for wrong, reason in objections if wrong), "")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
