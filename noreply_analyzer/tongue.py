"""Which language a draft speaks to whom, and so whom it can be addressed to.

Nobody should send what they cannot read. Where the operator reads only a language that is not the user's, the draft is
addressed to the user, whatever the channel: with the text that the operator gets, and the same in the user's own.
"""

from typing import Literal

from .address import Address
from .brief import Brief
from .language import WRITTEN
from .registry import Channel, Medium

Shape = Literal["email", "copy", "letter", "form", "call"]
"""An e-mail addressed to the operator; else a note to the user, about an e-mail to copy, a letter, a form or a call."""


def text_language(brief: Brief) -> str:
    """Give the language of the text: the user's own, unless the operator reads only others that we can write.

    Of these the one in which the user is spoken to comes first, then they follow the record.
    """
    of_the_country = ("fr",) if brief.operator.country == "FR" else ()
    read = brief.channel.languages if brief.channel else of_the_country
    own = brief.writer.language
    wanted = (own, brief.writer.notes, *read)
    return next((language for language in wanted if language in read and language in WRITTEN), own)


def is_foreign(brief: Brief) -> bool:
    """Tell whether the text is in another language than the user's own."""
    return text_language(brief) != brief.writer.language


def mailbox(brief: Brief) -> Address | None:
    """Give where the text may be sent to as an e-mail: a mailbox of the registry, and only if the author is proven.

    Or where the author is somebody else, and is reported.
    """
    if brief.channel and brief.channel.medium is Medium.EMAIL and (brief.proven_by or brief.report):
        return Address.parse(brief.channel.target)
    return None


def envelope_channel(brief: Brief) -> Channel | None:
    """Give the channel whose lines stand on the envelope; a desk for one service only where it was chosen."""
    channels = (brief.channel, *(other for other in brief.also if not other.serves))
    return next((channel for channel in channels if channel and channel.medium is Medium.POST and channel.lines), None)


def shape(brief: Brief) -> Shape:
    """Say what the draft is; a report holds no sentence of the user's, and goes out in whatever language."""
    if mailbox(brief):
        return "copy" if is_foreign(brief) and not brief.report else "email"
    medium = brief.channel.medium if brief.channel else None
    if medium is Medium.PHONE:
        return "call"
    return "form" if medium in {Medium.WEBFORM, Medium.CHAT, Medium.SOCIAL} else "letter"
