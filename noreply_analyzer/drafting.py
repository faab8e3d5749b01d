"""A brief in, an `EmailMessage` out: the words that answer mail which says "do not answer".

Where the operator takes e-mail in the user's language, the draft is the text itself, addressed to it. Everywhere else
it is a note to the user, with the ways that there are and where each was read, and below it a letter to print, which is
attached too, an e-mail to copy, or the text for a form, where the user has chosen one. Where the operator reads only
another language, the same in the user's own comes last.

No header field comes from a template, and nothing that stands in a received message reaches one, but for Message-IDs
that have the shape of one and a date that is a date. Templates get values, never text to be read as a template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final, Literal

from .address import Address
from .brief import Answered, Brief, Writer
from .ids import Marker, digest, draft_id, stand_in
from .message import Message
from .prose import STUCK, Piece, clean, lay_out, paragraphs, stuffed
from .tongue import Shape, is_foreign, mailbox, shape, text_language
from .topic import Topic
from .wording import (
    covering_title,
    for_the_user,
    mail_title,
    note_values,
    provenance,
    report_values,
    text_values,
)

__all__ = ["Answered", "Brief", "Draft", "Enclosed", "Shape", "Writer", "compose", "letter_parts", "letter_text"]

_NAME: Final = 80
_MESSAGE_ID: Final = re.compile(r"<(?!.*=\?)[!-;=?A-~]+@[!-;=?A-~]+>\Z")
"""RFC 5322 section 3.6.4, loosely: no space, nothing but ASCII, no encoded word that a parser could open."""
_RULE: Final = f"\n{'-' * 72}\n\n"
_PLAIN_WORDS: Final = re.compile(r"[\w!#$%&'*+/=^`{|}~ -]+\Z", re.ASCII)  # but for "?", of encoded words
_NOT_FOR_FILES: Final = re.compile(r'[\\/:*?"<>|]+')
"""What a file may not be called everywhere, or would lead elsewhere; and what makes an encoded word of a name."""
_LINE: Final = 78  # of a header, where it can be folded (RFC 5322 section 2.1.1)
_BODY_LINE: Final = 998  # bytes (RFC 5322 section 2.1.1)
_MESSAGE_ID_LENGTH: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The letter as a file, which goes with the note about it."""

    kind: Literal["pdf", "html"]
    content: bytes


ENCLOSED: Final = (None, Enclosed(kind="pdf", content=b""), Enclosed(kind="html", content=b""))
"""What a note may speak of, to try its template on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be saved, never sent."""

    message_id: str
    message: EmailMessage
    shape: Shape
    problem: str = ""
    """What of it could not be made, in a sentence for the user; the rest of it is whole."""

    def as_bytes(self) -> bytes:
        """Give the draft as a mail store takes it: CRLF, RFC 2047 in the header, UTF-8 in the body."""
        return self.message.as_bytes()


def compose(brief: Brief, enclosed: Enclosed | None = None) -> Draft:
    """Write the draft that *brief* asks for. The same brief gives the same bytes.

    A draft about a letter has *enclosed*, the letter as a file, attached to it; no other draft has.

    Raises:
        TemplateError: one of the user's own templates is wrong.
        ValueError: the brief answers nothing, or a message with a code or a password.
    """
    _require_answerable(brief)
    kind = shape(brief)
    recipient = mailbox(brief) if kind == "email" else None
    ascii_only = all(address.local_part.isascii() for address in (recipient, brief.writer.address) if address)
    message = EmailMessage(_POLICY if ascii_only else _POLICY.clone(utf8=True))  # RFC 6532, for there is no other way
    message["From"] = _header_address(brief.writer.name, brief.writer.address)
    if recipient:
        message["To"] = _header_address(brief.operator.name, recipient)
        message["Subject"] = _header(
            _report(brief, "title", text_language(brief)) if brief.report else mail_title(brief)
        )
        message["Comments"] = _header(provenance(brief))
    else:
        message["To"] = _header_address(brief.writer.name, brief.writer.address)
        message["Subject"] = _header(_own_title(brief))
    message["Date"] = brief.now.astimezone(brief.timezone).replace(microsecond=0)
    _add_threading(message, brief)
    enclosed = enclosed if kind == "letter" and not brief.report else None
    text = stuffed(_email(brief) if recipient else _note_and_text(brief, enclosed.kind if enclosed else ""))
    # RFC 3676: where it is edited, and on a narrow screen, a paragraph stays one.
    long = any(len(line.encode()) > _BODY_LINE for line in text.split("\n"))
    message.set_content(text, charset="utf-8", cte="quoted-printable" if long else "8bit", params={"format": "flowed"})
    if enclosed:
        _attach(message, enclosed, brief)
    return Draft(message_id=str(message["Message-ID"]), message=message, shape=kind)


def letter_parts(brief: Brief) -> dict[str, tuple[tuple[Piece, ...], ...]]:
    """Give the letter that *brief* asks for as paragraphs, by the names of its parts, in the order of its language.

    Raises:
        ValueError: as above.
    """
    _require_answerable(brief)
    name, values = f"{text_language(brief)}/letter.j2", text_values(brief) | {"by_post": True}
    parts = brief.templates.fill_parts(name, values, needed=("recipient", "subject"))
    return {name: tuple(paragraphs(text)) for name, text in parts.items()}


def letter_text(brief: Brief) -> str:
    """Give the letter that *brief* asks for as plain text.

    Raises:
        ValueError: as above.
    """
    _require_answerable(brief)
    return _text(brief, "letter", text_language(brief), flowed=False)


def _require_answerable(brief: Brief) -> None:
    if not brief.answered:
        raise ValueError("a draft answers at least one message")
    if brief.topic is Topic.SECURITY and not brief.report:
        raise ValueError("one-time codes, password resets and log-in alerts are never drafted to")


# The header -------------------------------------------------------------------------------------------------------


class _DraftPolicy(EmailPolicy):
    """As `email.policy.SMTP`, but Message-IDs are folded between each other only, and text is written as it is.

    The library takes an id that is longer than a line for text and encodes it; no mail program finds the thread then.
    Where it breaks a line before an encoded word, one space becomes two. And a name that looks like an encoded word it
    decodes, so that a line end, or a quotation mark, comes out of it into the header.
    """

    def fold(self, name: str, value: Any) -> str:  # noqa: ANN401 - as in email.policy
        if name.lower() in {"message-id", "in-reply-to", "references"}:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        if name.lower() in {"subject", "comments"}:
            return f"{name}: {self._encoded(str(value), name)}{self.linesep}"
        if name.lower() in {"from", "to"}:
            (address,) = value.addresses
            if not address.display_name:
                return f"{name}: {address.addr_spec}{self.linesep}"
            said, where = self._phrase(address.display_name, name), f"<{address.addr_spec}>"
            folded = len(f"{name}: {said.rpartition(self.linesep)[2]} {where}") > _LINE
            return f"{name}: {said}{self.linesep if folded else ''} {where}{self.linesep}"
        return str(super().fold(name, value))

    def _phrase(self, text: str, name: str) -> str:
        if _PLAIN_WORDS.match(text):
            return text
        if text.isascii() and "=?" not in text:
            return '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'
        return self._encoded(text, name)

    def _encoded(self, text: str, name: str) -> str:
        charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
        return Header(text, charset, header_name=name).encode(linesep=self.linesep)

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - likewise
        return self.fold(name, value).encode()


_POLICY: Final = _DraftPolicy(linesep="\r\n")


def _header(text: str) -> str:
    return clean(text.replace(STUCK, " "), 250)


def _header_address(name: str, address: Address) -> HeaderAddress:
    quoted = address.local_part.startswith('"')
    local_part = re.sub(r"\\(.)", r"\1", address.local_part[1:-1]) if quoted else address.local_part
    return HeaderAddress(display_name=clean(name, _NAME), username=local_part, domain=address.domain)


def _add_threading(message: EmailMessage, brief: Brief) -> None:
    writer, slug = brief.writer.address, brief.operator.slug
    group = digest(writer.key, slug, brief.topic, [answered.message.key for answered in brief.answered])
    names = [_name(answered.message) for answered in brief.answered]
    marker = Marker(operator=slug, topic=brief.topic, digest=group)
    message["Message-ID"] = draft_id(group, writer.domain)
    message["In-Reply-To"] = names[-1]
    message["References"] = " ".join([str(marker), *dict.fromkeys(names)])


def _name(message: Message) -> str:
    given = message.message_id or ""
    usable = len(given) <= _MESSAGE_ID_LENGTH and _MESSAGE_ID.match(given)
    return given if usable else stand_in(message.key)


def _own_title(brief: Brief) -> str:
    return _report(brief, "title", brief.writer.notes) if brief.report else covering_title(brief)


def _attach(message: EmailMessage, enclosed: Enclosed, brief: Brief) -> None:
    named = brief.templates.words(brief.writer.notes).enclosed.format(operator=brief.operator.slug)
    filename = f"{_NOT_FOR_FILES.sub('-', clean(named, _NAME)).lstrip('.-') or brief.operator.slug}.{enclosed.kind}"
    if enclosed.kind == "pdf":
        message.add_attachment(enclosed.content, maintype="application", subtype="pdf", filename=filename)
    else:
        message.add_attachment(enclosed.content.decode(), subtype="html", cte="base64", filename=filename)
    message.set_boundary(f"=_{str(message['Message-ID']).strip('<>').partition('@')[0]}")  # else it is by chance


def _note_and_text(brief: Brief, attached: str) -> str:
    if not brief.report:
        return _note_and_texts(brief, attached)
    note, text = _report(brief, "note", brief.writer.notes), _report(brief, "text", text_language(brief))
    return _RULE.join((note, text))


def _report(brief: Brief, part: str, language: str) -> str:
    """Give a part of a report: ``title``, ``note`` or ``text``."""
    return lay_out(
        brief.templates.fill_parts(f"{language}/report.j2", report_values(brief, language))[part], flowed=True
    )


def _email(brief: Brief) -> str:
    if brief.report:
        return _report(brief, "text", text_language(brief))
    return _text(brief, "email", text_language(brief))


def _note_and_texts(brief: Brief, attached: str) -> str:
    """Give the note and the text, and the same in the user's own language where the operator's is another."""
    note = _filled(brief, f"{brief.writer.notes}/note.j2", note_values(brief) | {"attached": attached})
    if shape(brief) == "call":  # which needs no text
        return note
    what = {"copy": "email", "form": "form"}.get(shape(brief), "letter")
    texts = [_text(brief, what, text_language(brief))]
    if is_foreign(brief):
        own = _text(brief, what, brief.writer.language)
        texts.append(f"{lay_out(for_the_user(brief), flowed=True)}\n{own}")
    return _RULE.join((note, *texts))


def _text(brief: Brief, what: str, language: str, *, flowed: bool = True) -> str:
    values = text_values(brief, language) | {"by_post": what == "letter"}
    return _filled(brief, f"{language}/{what}.j2", values, flowed=flowed)


def _filled(brief: Brief, name: str, values: Mapping[str, object], *, flowed: bool = True) -> str:
    return lay_out(brief.templates.fill(name, values), flowed=flowed)
