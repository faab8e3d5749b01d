"""HTML to text, without what the sender hid from the eye and without what a mail program marked as quoted.

Senders hide text to steer filters and previews. What counts as hidden is what a style attribute or a simple rule of
the message's own style sheets says of an element or one above it.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from .stylesheet import StyleSheet, read

_DROPPED: Final = frozenset(
    (
        *("head", "title", "style", "script", "template", "meta", "link", "svg", "math", "iframe", "object", "embed"),
        *("video", "audio", "canvas", "map", "textarea", "datalist", "noscript", "option", "-comment", "-doctype"),
    )
)
_FOR_ALL: Final = frozenset(("all", "screen"))
_BLOCKS: Final = frozenset(
    (
        *("address", "article", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form"),
        *(
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "ol",
            "pre",
            "section",
            "table",
            "tr",
            "ul",
        ),
    )
)
# What makes the parser slow, both with the square: tags that are never closed, attributes of one tag. At these numbers
# either costs half a second. Newsletters of 150 KB have some 4,000 tags and 15,000 words.
_MAX_TAGS: Final = 15_000
_MAX_ATTRIBUTES: Final = 20_000
_TAG: Final = re.compile(r"<(?:style|script|title)\b[^<]*+|<[^<>]{0,2000}>", re.IGNORECASE)
_START_OF_TAG: Final = re.compile(r"<[a-zA-Z]")
_END_OR_QUOTE: Final = re.compile(r">|=\s*+([\"'])")
_WHITE_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_QUOTED_CLASS: Final = re.compile(r"(gmail_quote|gmail_extra_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote)\b")
_QUOTED_IDS: Final = frozenset({"appendonsend", "mail-editor-reference-message-container"})
_QUOTED_FROM: Final = "divrplyfwdmsg"
"""Outlook's mark above whom it quotes: what it quotes is not in it, but stands from there to the end."""
_NO_LINE: Final = re.compile(r"none\b|0(?:px)?\b")

_ZERO: Final = re.compile(r"0*\.?0+(px|pt|em|rem|%|vw|vh)?\Z")
_UNREADABLE: Final = re.compile(r"(0*\.?0+(px|pt|em|rem|%|vw)?|0*1px|0?\.\d+px)\Z")
_FONT_SIZE: Final = re.compile(r"(?:^|\s)(\d*\.?\d+(?:px|pt|em|rem|%)?)(?=/|\s|\Z)")
_RECTANGLE: Final = re.compile(
    r"rect\(\s*" + r"[\s,]\s*".join([r"(-?\d{0,6}\.?\d{1,6})(?:px|pt|em|rem|%)?"] * 4) + r"\s*\)"
)
_NO_PATH: Final = re.compile(
    r"inset\(\s*(?:[5-9]\d|100)%\s*\)|(?:circle|ellipse)\(\s*0(?:px|%)?[\s)]|polygon\((?:[\s,]|0(?:px|%)?(?![.\d])){1,80}\)"
)
_FAR_AWAY: Final = re.compile(r"-\d{3,}")
_COLOUR: Final = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]{0,40}\)|\b(?:white|black|red|gr[ae]y|silver|transparent)\b")
_TRANSPARENT: Final = "transparent"
_NO_COLOUR: Final = re.compile(
    r"\s*(?:transparent|(?:rgb|hsl)a?\((?:(?:[^,()]{1,12},){3}|[^,()/]{1,30}/)\s*0*\.?0+%?\s*\)|#[0-9a-f]{3}0|#[0-9a-f]{6}00)\s*\Z"
)
_RGB: Final = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})")
_NAMED: Final = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "grey": "#808080", "gray": "#808080"}
_SHORT_HEX: Final = 4
_MAX_STYLE: Final = 2000


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands down to what is in it."""

    small: bool = False
    invisible: bool = False
    preformatted: bool = False
    colour: str = ""
    background: str = ""

    @property
    def shown(self) -> bool:
        unseen = self.colour == _TRANSPARENT or (self.colour and self.colour == self.background)
        return not (self.small or self.invisible or unseen)


class HtmlReader:
    """Reads the HTML parts of one message; together they may cost no more than one honest newsletter ever does."""

    def __init__(self, *, answers: bool = False) -> None:
        """Read a message; one that *answers* another, or passes it on, may quote by nothing but indenting."""
        self._left = 1.0
        self._answers = answers

    def text(self, html: str) -> str:
        """Give the text of *html* that a reader sees, with line breaks where blocks end; white space is not tidied.

        HTML that no parser should be asked about, or that comes after too much of it, only loses its tags.
        """
        from selectolax.lexbor import LexborHTMLParser, SelectolaxError

        tags = html.count("<") / _MAX_TAGS
        effort = 0.75 * tags**2 + 0.25 * tags
        attributes = (_attributes_at_most(html) / _MAX_ATTRIBUTES) ** 2
        if effort + attributes > self._left:
            attributes = sum((_attributes_at_most(tag) / _MAX_ATTRIBUTES) ** 2 for tag in _tags(html))
        if effort + attributes > self._left:
            return _strip_tags(html)
        self._left -= effort + attributes
        try:
            tree = LexborHTMLParser(html.replace("\x00", ""))
        except (SelectolaxError, ValueError):
            return _strip_tags(html)
        # White on nothing is white on white, unless a style sheet may have set a background.
        sheets = tree.css("style")
        page = _Look(background="" if sheets or tree.css_first("link") else "#ffffff")
        media = (sheet.attributes.get("media") or "all" for sheet in sheets)
        for_all = (sheet for sheet, medium in zip(sheets, media, strict=True) if medium.strip().lower() in _FOR_ALL)
        return _walk(tree.root, page, read(sheet.text() for sheet in for_all), answers=self._answers)


def _walk(root: Any, page: _Look, sheet: StyleSheet, *, answers: bool) -> str:  # noqa: ANN401 - a node of the library
    """Visit every node in order, without recursion: a stranger chose the depth."""
    pieces: list[str] = []
    waiting: list[tuple[Any, _Look] | str] = [(root, page)] if root is not None else []
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        node, look = item
        if node.next is not None and node is not root:
            waiting.append((node.next, look))
        tag = node.tag or ""
        if tag == "div" and (node.attributes.get("id") or "").lower() == _QUOTED_FROM:
            break
        if tag == "-text":
            if look.shown:
                text = node.text_content or ""
                pieces.append(text if look.preformatted else _WHITE_SPACE.sub(" ", text))
            continue
        inner = None if tag in _DROPPED else _look_of(tag, node.attributes, look, sheet)
        if inner is None or (answers and tag == "blockquote" and not _is_mere_indent(node.attributes)):
            continue
        before, after = _breaks(tag)
        pieces.append(before)
        waiting.append(after)
        if node.child is not None:
            waiting.append((node.child, inner))
    return "".join(pieces)


def _breaks(tag: str) -> tuple[str, str]:
    if tag == "br":
        return "\n", ""
    if tag == "p":
        return "\n\n", "\n\n"
    if tag in _BLOCKS:
        return "\n", "\n"
    return (" ", " ") if tag in {"td", "th"} else ("", "")


def _look_of(tag: str, attributes: dict[str, str | None], look: _Look, sheet: StyleSheet) -> _Look | None:
    """Give what an element looks like, or ``None`` where nothing in it is ever seen."""
    if not attributes:
        return replace(look, preformatted=True) if tag == "pre" else look
    if "hidden" in attributes or _is_quote(tag, attributes):
        return None
    style = sheet.style_of(tag, attributes)
    if _is_gone(style):
        return None
    background = _background(style) or _colour(attributes.get("bgcolor") or "")
    if attributes.get("background") or "url(" in style.get("background", "") + style.get("background-image", ""):
        background = "image"
    return _Look(
        small=_is_small(style, tag, attributes, inherited=look.small),
        invisible=style["visibility"] in {"hidden", "collapse"} if "visibility" in style else look.invisible,
        preformatted=look.preformatted or tag == "pre",
        colour=_text_colour(style, attributes) or look.colour,
        background=background or look.background,
    )


def _is_quote(tag: str, attributes: dict[str, str | None]) -> bool:
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return True
    if (attributes.get("id") or "").lower() in _QUOTED_IDS:
        return True
    return _QUOTED_CLASS.search(attributes.get("class") or "") is not None


def _is_mere_indent(attributes: dict[str, str | None]) -> bool:
    """Tell whether a mail program's "indent more" made a blockquote: it takes the line away that marks a quotation."""
    style = (attributes.get("style") or "").lower()
    return any(
        name.strip() == "border" and _NO_LINE.match(value.strip())
        for name, _colon, value in (part.partition(":") for part in style[:_MAX_STYLE].split(";"))
    )


def _is_gone(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("mso-hide") == "all" or _ZERO.match(style.get("opacity", "1")):
        return True
    if _is_clipped(style):
        return True
    if any(_FAR_AWAY.match(style.get(name, "")) for name in ("left", "top", "text-indent", "margin-left")):
        return True
    if _ZERO.match(style.get("max-height", "-")) or _ZERO.match(style.get("max-width", "-")):
        return True
    flat = _ZERO.match(style.get("height", "-")) or _ZERO.match(style.get("width", "-"))
    return flat is not None and style.get("overflow", "") == "hidden"


def _is_clipped(style: dict[str, str]) -> bool:
    """Tell whether nothing is left of an element; ``clip`` says something of what stands out of the flow only."""
    if (path := style.get("clip-path")) and _NO_PATH.match(path):
        return True
    if style.get("position") not in {"absolute", "fixed"} or not (found := _RECTANGLE.match(style.get("clip", ""))):
        return False
    top, right, bottom, left = (float(side) for side in found.groups())
    return bottom - top <= 1 or right - left <= 1


def _is_small(style: dict[str, str], tag: str, attributes: dict[str, str | None], *, inherited: bool) -> bool:
    """Tell whether letters have no size. Templates set 0 on a cell to close gaps and a size on what is in it."""
    size = style.get("font-size", "")
    if not size and "font" in style and (found := _FONT_SIZE.search(style["font"])):
        size = found[1]
    if size:
        return (inherited and size.endswith(("%", "em")) and not size.endswith("rem")) or bool(_UNREADABLE.match(size))
    return inherited and not (tag == "font" and attributes.get("size"))


def _text_colour(style: dict[str, str], attributes: dict[str, str | None]) -> str:
    value = style.get("-webkit-text-fill-color", "") or style.get("color", "") or (attributes.get("color") or "")
    return _TRANSPARENT if _NO_COLOUR.match(value) else _colour(value)


def _background(style: dict[str, str]) -> str:
    value = style.get("background-color", "") or style.get("background", "")
    found = _COLOUR.search(value)
    return _colour(found[0]) if found else ""


def _colour(value: str) -> str:
    """Give a colour as #rrggbb, or an empty string where it is none of the simple ones."""
    value = value.strip().lower()
    if rgb := _RGB.match(value):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in rgb.groups())
    if value.startswith("#") and len(value) == _SHORT_HEX:
        return "#" + "".join(2 * digit for digit in value[1:])
    if value in {"transparent", "inherit", "initial", "currentcolor"}:
        return ""
    return _NAMED.get(value, value[:30])


def _attributes_at_most(html: str) -> int:
    return len(html.split()) + html.count("/") + (html.count('"') + html.count("'")) // 2


def _tags(html: str) -> list[str]:
    """Cut out the start tags, in which quoted values may hold anything (HTML standard, section 13.2.5)."""
    html, tags, at = _without_comments(html), [], 0
    while start := _START_OF_TAG.search(html, at):
        at = start.end()
        while (step := _END_OR_QUOTE.search(html, at)) and (quote := step[1]):
            at = html.find(quote, step.end()) + 1 or len(html)
        at = step.end() if step else len(html)
        tags.append(html[start.start() : at])
    return tags


def _without_comments(html: str) -> str:
    kept, at = [], 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start)) >= 0:
        kept.append(html[at:start])
        at = end + 3
    return "".join([*kept, html[at:]])


def _strip_tags(html: str) -> str:
    """Give what is left without tags, for HTML that no one wrote for a reader."""
    from html import unescape

    return unescape(_TAG.sub(" ", _without_comments(html)))
