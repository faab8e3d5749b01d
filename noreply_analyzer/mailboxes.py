r"""Which mailbox is which: drafts, sent mail, junk, trash and views of all mail, and which are left to be read.

First by the attributes of RFC 6154, whatever their case, for servers answer ``\drafts`` too; where the server marks
none, by the names that mail programs and providers give them, in ten languages.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .errors import ConfigError
from .language import _


class Role(StrEnum):
    """What a mailbox is for."""

    DRAFTS = "drafts"
    SENT = "sent"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"


_ATTRIBUTES: Final = {
    "\\drafts": Role.DRAFTS,
    "\\sent": Role.SENT,
    "\\junk": Role.JUNK,
    "\\spam": Role.JUNK,  # of XLIST, which some servers answer LIST with
    "\\trash": Role.TRASH,
    "\\all": Role.ALL,
    "\\allmail": Role.ALL,
    "\\flagged": Role.ALL,  # these show again what lies elsewhere
    "\\starred": Role.ALL,
    "\\important": Role.ALL,
}
_UNREADABLE: Final = frozenset({"\\noselect", "\\nonexistent"})

# In the order: English, French, German, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Catalan. Names of
# Thunderbird, Outlook, Apple Mail, Gmail, Roundcube, Zimbra and of the webmails of French providers.
_NAMES: Final = {
    Role.DRAFTS: (
        *(
            "Drafts",
            "Draft",
            "Brouillons",
            "Brouillon",
            "Draft messages",
            "Entwürfe",
            "Entwurf",
            "Borradores",
            "Borrador",
        ),
        *("Bozze", "Rascunhos", "Rascunho", "Concepten", "Wersje robocze", "Kopie robocze", "Szkice"),
        *("Utkast", "Esborranys", "Esborrany"),
    ),
    Role.SENT: (
        *("Sent", "Sent Items", "Sent Messages", "Sent Mail", "OUTBOX"),
        *("Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé", "Courriers envoyés", "Objets envoyés"),
        *("Gesendet", "Gesendete Objekte", "Gesendete Elemente", "Gesendete Nachrichten"),
        *("Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado"),
        *("Inviata", "Inviati", "Posta inviata", "Messaggi inviati", "Elementi inviati"),
        *("Enviadas", "Itens enviados", "Mensagens enviadas", "Itens Enviados", "E-mails enviados"),
        *("Verzonden", "Verzonden items", "Verzonden berichten", "Wysłane", "Elementy wysłane", "Wiadomości wysłane"),
        *("Skickat", "Skickade", "Skickade objekt", "Skickade meddelanden"),
        *("Enviats", "Elements enviats", "Missatges enviats"),
    ),
    Role.JUNK: (
        *("Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "Bulk Mail", "Bulk", "QUARANTAINE"),
        *(
            "Indésirables",
            "Courrier indésirable",
            "Pourriel",
            "Spams",
            "Messages indésirables",
            "Courriers indésirables",
        ),
        *("Spamverdacht", "Junk-E-Mail", "Unerwünscht", "Correo no deseado", "Correo basura"),
        *("Posta indesiderata", "Indesiderata", "Lixo eletrônico", "Lixo eletrónico", "Correio não desejado"),
        *("Ongewenst", "Ongewenste e-mail", "Ongewenste reclame", "Wiadomości-śmieci", "Niechciane", "Skräppost"),
        *("Correu brossa", "Brossa"),
    ),
    Role.TRASH: (
        *("Trash", "Deleted", "Deleted Items", "Deleted Messages", "Bin"),
        *("Corbeille", "Éléments supprimés", "Messages supprimés", "Poubelle"),
        *("Papierkorb", "Gelöscht", "Gelöschte Objekte", "Gelöschte Elemente", "Papelera", "Elementos eliminados"),
        *("Cestino", "Posta eliminata", "Lixeira", "Lixo", "Itens excluídos", "Itens eliminados"),
        *("Prullenbak", "Prullenmand", "Verwijderde items", "Kosz", "Elementy usunięte"),
        *("Papperskorg", "Papperskorgen", "Borttaget", "Borttagna objekt", "Paperera", "Elements suprimits"),
    ),
    Role.ALL: (
        "All Mail",
        "Tous les messages",
        "Alle Nachrichten",
        "Todo el correo",
        "Todos os e-mails",
        "Tutti i messaggi",
    ),
}
_PREFIXES: Final = ("inbox", "[gmail]", "[google mail]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One answer to LIST (RFC 9051 section 7.3.1)."""

    name: str
    attributes: frozenset[str] = frozenset()
    """In lower case, with their backslash."""
    delimiter: str = ""

    @property
    def readable(self) -> bool:
        """Whether it can be opened at all."""
        return not self.attributes & _UNREADABLE

    @property
    def marked(self) -> Role | None:
        """What the server says it is for."""
        return next((role for attribute, role in _ATTRIBUTES.items() if attribute in self.attributes), None)

    @property
    def named(self) -> Role | None:
        """What its name says it is for, with or without a prefix; INBOX is INBOX."""
        return _BY_NAME.get(self.usual_name)

    @property
    def usual_name(self) -> str:
        """The name in the form to compare by, without the prefixes that servers put before every mailbox."""
        first, mark, rest = self.name.partition(self.delimiter) if self.delimiter else (self.name, "", "")
        return _plain(rest) if mark and _plain(first) in _PREFIXES else _plain(self.name)

    @property
    def above(self) -> Iterator["Listed"]:
        """What it lies in, whether or not such mailboxes are there themselves."""
        levels = self.name.split(self.delimiter) if self.delimiter else [self.name]
        for count in range(1, len(levels)):
            yield Listed(name=self.delimiter.join(levels[:count]), delimiter=self.delimiter)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()


_BY_NAME: Final = {_plain(name): role for role, names in _NAMES.items() for name in names}


def find(role: Role, listed: Sequence[Listed], configured: str = "") -> str | None:
    """Give the name of the mailbox for *role*: what the config says, else what the server marks, else by name.

    Raises:
        ConfigError: the mailbox that the config names does not exist.
    """
    if configured:
        return _existing(configured, listed, str(role))
    candidates = [box for box in listed if box.readable]
    marked = [box.name for box in candidates if box.marked is role]
    named = sorted((box for box in candidates if box.marked is None and box.named is role), key=_rank)
    return next(iter([*marked, *(box.name for box in named)]), None)


def _rank(box: Listed) -> int:
    return list(_BY_NAME).index(box.usual_name)


def every(role: Role, listed: Iterable[Listed]) -> tuple[str, ...]:
    """Name every mailbox that is for *role* by its mark or by its name: two mail programs often made one each."""
    return tuple(box.name for box in listed if box.readable and role in {box.marked, box.named})


def to_read(patterns: Sequence[str] | str, listed: Sequence[Listed], *, never: Iterable[str] = ()) -> tuple[str, ...]:
    """Name what *patterns* mean: "all", names, and LIST wildcards; never drafts, sent, junk, trash or all mail.

    Args:
        patterns: what the configuration says.
        listed: what the server has.
        never: further names to leave out, such as a configured drafts mailbox.

    Raises:
        ConfigError: a name without wildcards that does not exist or is never read, or nothing is left at all.
    """
    wanted = (
        ("*",) if patterns in ("all", ("all",), ["all"]) else (patterns,) if isinstance(patterns, str) else patterns
    )
    further = frozenset(never)
    allowed = _allowed_of(listed, further)
    chosen: dict[str, None] = {}
    for pattern in wanted:
        if "*" in pattern or "%" in pattern:
            chosen |= dict.fromkeys(box.name for box in allowed if _matches(pattern, box))
        else:
            chosen |= {_allowed(_existing(pattern, listed, "mailboxes"), allowed): None}
    if not chosen:
        raise ConfigError((_("mailboxes: nothing to read; the server has {names}").format(names=names_of(listed)),))
    return tuple(chosen)


def fitting(patterns: Iterable[str], listed: Sequence[Listed]) -> tuple[str, ...]:
    """Name what *patterns* fit: by a whole name anything; by wildcards never drafts, sent, junk, trash or all mail."""
    allowed = _allowed_of(listed)
    return tuple(
        box.name
        for box in listed
        if any(
            (box in allowed if re.search(r"[*%]", pattern) else True) and _matches(pattern, box) for pattern in patterns
        )
    )


def _allowed_of(listed: Sequence[Listed], further: Collection[str] = ()) -> list[Listed]:
    excluded = {box.name for box in listed if box.marked or box.named or box.name in further}
    return [box for box in listed if box.readable and not _lies_in(box, excluded)]


def _lies_in(box: Listed, excluded: Collection[str]) -> bool:
    return box.name in excluded or any(above.name in excluded or above.named for above in box.above)


def _allowed(name: str, allowed: Iterable[Listed]) -> str:
    if name not in {box.name for box in allowed}:
        raise ConfigError((_("mailboxes: {name} holds drafts, sent mail, junk or trash").format(name=name),))
    return name


def _existing(name: str, listed: Sequence[Listed], key: str) -> str:
    for box in listed:
        if box.readable and (box.name == name or box.name.upper() == name.upper() == "INBOX"):
            return box.name
    sentence = _("{key}: there is no mailbox {name}; the server has {names}")
    raise ConfigError((sentence.format(key=key, name=name, names=names_of(listed)),))


def no_drafts(listed: Sequence[Listed]) -> ConfigError:
    """Give the error for a server where no mailbox can be told to be the one for drafts."""
    others = [box for box in listed if box.readable and box.name.upper() != "INBOX" and not box.named]
    if not others:
        return ConfigError((_("drafts: there is no drafts mailbox; make one in your mail program (Drafts)"),))
    sentence = _("drafts: no drafts mailbox found; make one (Drafts), or set `drafts` to one of {names}")
    return ConfigError((sentence.format(names=names_of(others)),))


def names_of(listed: Iterable[Listed]) -> str:
    """Give the names of all that can be opened, for a sentence."""
    names = sorted(box.name for box in listed if box.readable)
    return ", ".join(names[:50]) or _("no mailbox at all")


def _matches(pattern: str, box: Listed) -> bool:
    level = f"[^{re.escape(box.delimiter)}]*" if box.delimiter else ".*"
    parts = re.split(r"([*%])", pattern)
    expression = "".join({"*": ".*", "%": level}.get(part, re.escape(part)) for part in parts)
    flags = re.DOTALL | (re.IGNORECASE if pattern.upper() == "INBOX" else re.NOFLAG)
    return re.fullmatch(expression, box.name, flags) is not None
