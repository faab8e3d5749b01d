"""Bytes to text, for bytes that a stranger chose: no exception, no surprise codec, no lone surrogate.

Python knows codecs that unpack, execute escapes or refuse to work (``zip``, ``unicode_escape``, ``undefined``); a
message may name any of them. Only character sets that mail is really written in are believed; whatever else a message
names is read as UTF-8 where it is UTF-8, else as windows-1252.
"""

import binascii
import codecs
import re
from typing import Final

_CHARSET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}\Z")
_CHARSETS: Final = re.compile(
    r"(utf-8|utf-16(-[bl]e)?|iso8859-\d+|cp(125\d|437|850|852|855|858|86\d|874|932|949|950)|koi8-[rtu]|gb2312|gbk"
    r"|gb18030|big5(hkscs)?|shift_jis(_2004|x0213)?|euc_(jp|kr|jis_2004|jisx0213)|iso2022_(jp|kr)(_\w+)?|hz|johab"
    r"|tis-620|mac-(roman|latin2|cyrillic|greek|turkish))\Z"
)
_LATIN: Final = frozenset({"iso8859-1", "cp1252"})

# RFC 2047 section 2; spaces inside a Q word are forbidden and common.
_WORD: Final = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]{0,8000})\?=")
_BETWEEN_WORDS: Final = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
_Q_OCTET: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_BUT_LINES: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
# Bidirectional controls reverse what a reader sees; zero-width characters and the rest of this class hide in words.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"


def decode(data: bytes, charset: str = "") -> str:
    """Give *data* as text in *charset*, or in what it looks like where the name is unknown or not to be believed."""
    known = _known_charset(charset)
    if known and known not in _LATIN:
        try:
            return _SURROGATES.sub(_REPLACEMENT, data.decode(known, "replace"))
        except (UnicodeError, ValueError):  # a codec that does not keep to "replace"
            return _decode_guessing(data)
    # What calls itself iso-8859-1 is windows-1252 with typographic apostrophes (WHATWG Encoding section 4.2).
    return data.decode("cp1252", "replace") if known else _decode_guessing(data)


def decode_raw(data: bytes) -> str:
    """Give raw 8-bit header bytes as text: UTF-8 (RFC 6532) where it is that, else Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode_words(text: str) -> str:
    """Replace the encoded words (RFC 2047) in *text*, also inside quotation marks where they should not be.

    The answer is one line, see `one_line`: an encoded word may hold line breaks and whole header fields.
    """
    joined = _BETWEEN_WORDS.sub(r"\1", text) if "=?" in text else text
    return one_line(_WORD.sub(_decode_word, joined))


def one_line(text: str) -> str:
    """Give *text* on one line: white space folded, without control, bidirectional and invisible characters."""
    printable = _UNSEEN.sub("", _CONTROLS.sub(" ", text))
    return " ".join(_SURROGATES.sub(_REPLACEMENT, printable).split())


def printable_value(text: str) -> str:
    """Give a header value with its spaces as they are, and a mark in place of every control character."""
    return _SURROGATES.sub(_REPLACEMENT, _CONTROLS.sub(_REPLACEMENT, text.replace("\t", " "))).strip(" ")


def printable_lines(text: str) -> str:
    r"""Give text of many lines ended by ``\n``, without control, bidirectional and invisible characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _SURROGATES.sub(_REPLACEMENT, _UNSEEN.sub("", _CONTROLS_BUT_LINES.sub(" ", lines)))


def _known_charset(charset: str) -> str:
    """Give Python's name of a character set for mail, or an empty string."""
    if not _CHARSET_NAME.match(charset):
        return ""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return name if _CHARSETS.match(name) else ""


def _decode_guessing(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _decode_word(match: re.Match[str]) -> str:
    charset, encoding, content = match.groups()
    data = content.encode("utf-8", "replace")
    octets = _from_base64(data) if encoding in "bB" else _from_q(data)
    return decode(octets, charset.partition("*")[0])  # RFC 2231 section 5: a language may follow the charset


def _from_base64(data: bytes) -> bytes:
    letters = _NOT_BASE64.sub(b"", data)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _from_q(data: bytes) -> bytes:
    return _Q_OCTET.sub(lambda octet: bytes.fromhex(octet[1].decode()), data.replace(b"_", b" "))


_STEERING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor or turns the reading direction; half a character too."""


def escaped(text: str) -> str:
    r"""Give *text* on one line that steers no terminal: what could is written as ``\uXXXX``."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
