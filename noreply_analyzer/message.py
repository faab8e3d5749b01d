"""Bytes in, a Message out: the only room that parses a whole message.

Nothing leaves this room but a `Message` or a `MessageError`. What is odd about a message is kept as a defect; what
makes its author doubtful takes the author away, with the reason, and then nothing about it can ever be proven.

Three readers share the work. The raw header is split by ourselves (``header``), for there we must see what any mail
program may show. mail-parser reads the dates, and the author a second time: one that it reads differently from us is
none. The parts come from the standard library's parser, in its ``compat32`` manner, the one that hostile messages
neither hang nor break, with bounds on what it is given.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Part
from typing import Any, Final

from .address import Address
from .author import Mailbox, read_author, read_reply_to
from .decoding import decode, decode_raw, decode_words, printable_value
from .errors import AddressError
from .header import Header, split
from .htmltext import HtmlReader
from .plaintext import answers, cut_quotes, tidy, unflow

__all__ = ["MAX_TEXT", "Mailbox", "Message"]

MAX_TEXT: Final = 64 * 1024
"""Characters of text that are kept; a notice further down than that is nobody's notice."""

_MAX_LINE: Final = 1000  # characters of a subject
_MAX_IDS: Final = 200  # of one message's References
_MAX_BODY: Final = 2 * 1024 * 1024  # bytes that are searched for text; pictures come behind it
_MAX_PART: Final = 1024 * 1024  # bytes of one part of text
_MAX_DELIMITERS: Final = 500  # lines that begin with --, so that many parts at most
_MAX_EFFORT: Final = 200_000  # lines, times the levels on which each is compared with a boundary
_MAX_DEPTH: Final = 30  # levels of parts in which text is looked for

_FEW_WORDS: Final = 200  # characters of a plain part beside which the HTML is read too

_ID: Final = re.compile(rb"<[!-;=?A-~]{1,248}@[!-;=?-~]{1,248}>")
_MAX_ID: Final = 250
_CONTENT_TYPE: Final = re.compile(r"\s*([\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100})", re.ASCII)
_REPORT_TYPE: Final = re.compile(r";\s*report-type\s*=\s*\"?([A-Za-z0-9.+-]{1,60})", re.IGNORECASE)
# Parameters are read in quadratic time; no honest field of a part is that long.
_LONG_PART_FIELD: Final = re.compile(rb"(?im)^content-[a-z-]{1,40}[ \t]*:(?:[^\n]|\n[ \t]){2000}")
_PART_FIELDS: Final = ("content-type", "content-transfer-encoding", "content-disposition")
_MAX_PART_FIELD: Final = 2000
_ONCE: Final = (  # RFC 5322 section 3.6, RFC 2045 section 3
    *("from", "sender", "reply-to", "to", "cc", "date", "message-id", "in-reply-to", "references", "subject"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
_KEY_FIELDS: Final = ("message-id", "date", "from", "subject")
_YEARS: Final = range(1970, 2200)  # beyond, arithmetic with zones overflows, and nobody wrote then


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the rest of the program may know of a received message."""

    key: str
    """What this message is remembered by: a hash of its Message-ID, Date, author, subject and body.

    The same message in two mailboxes has one key; two messages that share a Message-ID have two.
    """
    message_id: str | None
    """``<left@right>`` as in the raw header (RFC 5322 section 3.6.4), or ``None`` if missing, doubled or malformed."""
    date: datetime | None
    """With its zone; ``None`` if missing or unreadable."""
    author: Mailbox | None
    author_problem: str = ""
    """Why there is no author: "two From fields", "more than one address", ..."""
    reply_to: tuple[Mailbox, ...] = ()
    reply_to_problem: str = ""
    subject: str = ""
    text: str = ""
    """What a person would read first: the plain part, or the HTML as text without what it hides; quoted and
    forwarded text cut off; at most `MAX_TEXT`."""
    fields: tuple[tuple[str, str], ...] = ()
    """Every header field in order, name in lower case, value unfolded and decoded as Latin-1 where it is not UTF-8."""
    content_type: str = "text/plain"
    """Of the whole message, in lower case, with ``report-type`` where it has one: ``multipart/report; ...``"""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Give the values of every field called *name* (lower case)."""
        return tuple(value for field, value in self.fields if field == name)

    def first(self, name: str) -> str:
        """Give the value of the topmost field called *name* (lower case), or an empty string."""
        return next((value for field, value in self.fields if field == name), "")

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Message":
        """Read a message.

        Raises:
            MessageError: there is nothing in it that could be a message.
        """
        header, rest = split(raw)
        body = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        author, reply_to, date = _read_people(header)
        subject = decode_words(decode_raw(header.first("subject")[:16384]))[:_MAX_LINE].strip()
        text, defects = _text_of(header, body, subject)
        return cls(
            key=_key(header, body),
            message_id=_message_id(header),
            date=date,
            author=None if isinstance(author, str) else author,
            author_problem=author if isinstance(author, str) else "",
            reply_to=() if isinstance(reply_to, str) else reply_to,
            reply_to_problem=reply_to if isinstance(reply_to, str) else "",
            subject=subject,
            text=cut_quotes(text, subject=subject)[:MAX_TEXT].rstrip(),
            fields=tuple((field.name, printable_value(decode_raw(field.value))) for field in header.fields),
            content_type=_content_type(header),
            in_reply_to=_ids(header, "in-reply-to"),
            references=_ids(header, "references"),
            defects=(*header.defects, *_doubled(header), *defects),
        )


def _read_people(header: Header) -> tuple[Mailbox | str, tuple[Mailbox, ...] | str, datetime | None]:
    """Give the author and the Reply-To, or why not, and the date."""
    author, reply_to = read_author(header), read_reply_to(header)
    second = _ask_mail_parser(header)
    if isinstance(author, Mailbox) and not _agree(second, "from_", (author,)):
        author = "the From field can be read in two ways"
    if not isinstance(reply_to, str) and not _agree(second, "reply_to", reply_to):
        reply_to = "the Reply-To field can be read in two ways"
    return author, reply_to, _date(second)


def _ask_mail_parser(header: Header) -> Any | None:  # noqa: ANN401 - the library has no types
    """Let mail-parser read the few fields that it is asked about; ``None`` where it fails."""
    import mailparser

    lines = (name.encode() + b": " + header.first(name)[:8192] for name in ("from", "reply-to", "date"))
    try:
        return mailparser.parse_from_bytes(b"\r\n".join((*lines, b"", b"")))
    except Exception:  # noqa: BLE001 - a parser of hostile bytes raises whatever it runs into
        return None


def _agree(second: Any | None, attribute: str, ours: tuple[Mailbox, ...]) -> bool:  # noqa: ANN401 - see above
    """Tell whether mail-parser finds no address but *ours*. It may find none: it gives up sooner on odd names."""
    if second is None:
        return not ours
    known = {mailbox.address.key for mailbox in ours}
    try:
        return all(Address.parse(address).key in known for _, address in getattr(second, attribute) if address)
    except AddressError:
        return not ours


def _date(second: Any | None) -> datetime | None:  # noqa: ANN401 - see above
    date = second.date if second is not None else None
    if not isinstance(date, datetime) or date.year not in _YEARS:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _message_id(header: Header) -> str | None:
    fields = header.all("message-id")
    value = fields[0].value.strip(b" \t") if len(fields) == 1 else b""
    return value.decode("ascii") if _ID.fullmatch(value) and len(value) <= _MAX_ID else None


def _ids(header: Header, name: str) -> tuple[str, ...]:
    """Give every Message-ID in the fields called *name*; of very many the first and the last ones."""
    found = (match for field in header.all(name) for match in _ID.findall(field.value))
    ids = list(dict.fromkeys(each.decode("ascii") for each in found if len(each) <= _MAX_ID))
    return tuple(ids if len(ids) <= _MAX_IDS else ids[:1] + ids[1 - _MAX_IDS :])


def _content_type(header: Header) -> str:
    value = printable_value(decode_raw(header.first("content-type")[:_MAX_PART_FIELD]))
    kind = match[1].lower() if (match := _CONTENT_TYPE.match(value)) else "text/plain"
    report = _REPORT_TYPE.search(value) if kind == "multipart/report" else None
    return f"{kind}; report-type={report[1].lower()}" if report else kind


def _doubled(header: Header) -> tuple[str, ...]:
    names = [field.name for field in header.fields]
    return tuple(f"{names.count(name)} {name} fields" for name in _ONCE if names.count(name) > 1)


def _key(header: Header, body: bytes) -> str:
    """Hash what the sender wrote: not the trace of relays, not how fields were folded, not how lines end."""
    digest = hashlib.sha256()
    for name in _KEY_FIELDS:
        for field in header.all(name):
            digest.update(name.encode() + b":" + b" ".join(field.value.split()) + b"\n")
    digest.update(b"\n" + body.rstrip(b"\n"))
    return digest.hexdigest()[:32]


def _text_of(header: Header, body: bytes, subject: str) -> tuple[str, tuple[str, ...]]:
    """Give the text of the parts that a reader sees, and what was odd about them."""
    import email

    present = [(name, value) for name in _PART_FIELDS if (value := header.first(name))]
    fields = b"".join(name.encode() + b":" + value[:_MAX_PART_FIELD] + b"\n" for name, value in present)
    readable, defects = _bounded(body, fields)
    try:
        whole = email.message_from_bytes(fields + b"\n" + readable)
        text = _text(whole, HtmlReader(answers=answers(subject)), 0)
    except RecursionError:
        return "", (*defects, "parts nested too deeply")
    except Exception as error:  # noqa: BLE001 - as above; the name of the error is all that can be said
        return "", (*defects, f"unreadable parts: {type(error).__name__}")
    return text, (*defects, *(type(defect).__name__ for defect in whole.defects[:10]))


def _bounded(body: bytes, fields: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Cut *body* off where the parser would take too long over it."""
    size, body = len(body), body[:_MAX_BODY]
    ends = [len(body)]
    if long_field := _LONG_PART_FIELD.search(body):
        ends.append(long_field.start())
    if (delimiters := body.count(b"\n--")) > _MAX_DELIMITERS:
        ends.append(_nth(body, b"\n--", _MAX_DELIMITERS))
    levels = 1 + min(delimiters, (fields + body).lower().count(b"boundary"))
    if body.count(b"\n") > _MAX_EFFORT // levels:
        ends.append(_nth(body, b"\n", _MAX_EFFORT // levels))
    end = min(ends)
    return body[:end], (f"only the first {end} bytes of the body were read",) if end < size else ()


def _nth(body: bytes, needle: bytes, number: int) -> int:
    at = -1
    for _ in range(number):
        at = body.find(needle, at + 1)
    return at


def _text(part: Any, reader: HtmlReader, depth: int) -> str:  # noqa: ANN401 - a Part; the library says less of a payload
    """Give the text of a part and of the parts in it; none of attachments and of attached messages."""
    kind = part.get_content_type()
    if depth > _MAX_DEPTH or part.get_content_disposition() == "attachment":
        return ""
    if kind in {"text/plain", "text/html"} and not part.is_multipart():
        return _leaf(part, kind, reader)
    if not kind.startswith("multipart/") or not isinstance(parts := part.get_payload(), list):
        return ""
    if kind == "multipart/alternative":
        return _alternative(parts, reader, depth)
    if kind == "multipart/related":
        parts = parts[:1]
    return "\n\n".join(filter(None, (_text(each, reader, depth + 1) for each in parts)))


def _alternative(parts: list[Any], reader: HtmlReader, depth: int) -> str:
    """Give the plain part, or the best that says anything; a few words ("this mail is in HTML") are no other form."""
    in_order = sorted(parts, key=lambda part: part.get_content_type() != "text/plain")
    texts = filter(None, (_text(part, reader, depth + 1) for part in in_order))
    first = next(texts, "")
    if len(first) >= _FEW_WORDS:
        return first
    second = next(texts, "")
    return second if len(second) > 2 * len(first) else first


def _leaf(part: Part, kind: str, reader: HtmlReader) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    text = decode(payload[:_MAX_PART], _parameter(part, "charset"))
    if kind == "text/html":
        return tidy(reader.text(text))
    if _parameter(part, "format").lower() == "flowed":
        text = unflow(text.replace("\r\n", "\n"), delete_space=_parameter(part, "delsp").lower() == "yes")
    return tidy(text)


def _parameter(part: Part, name: str) -> str:
    value = part.get_param(name, "")
    return value if isinstance(value, str) else ""
