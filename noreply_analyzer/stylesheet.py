"""What the style sheets of a message say of hiding: simple rules for classes and names, for every screen.

``.preheader { display: none }`` hides as well as a style attribute does. What depends on the screen, on the pointer or
on what stands around an element is not read. All of it is bounded, for a stranger wrote it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Final

_HIDING: Final = frozenset(
    (
        *("display", "visibility", "opacity", "font-size", "overflow", "max-height", "max-width", "height", "width"),
        *("mso-hide", "text-indent", "left", "top", "margin-left", "position", "clip", "clip-path"),
    )
)
_MAX_SHEETS: Final = 128 * 1024  # characters of one message
_MAX_SELECTORS: Final = 5000
_MAX_NAMES: Final = 12  # classes of one element that are looked up
_MAX_STYLE: Final = 1000

_COMMENT: Final = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)")
_BRACE: Final = re.compile(r"[{}]")
_SELECTOR: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9]{0,20})?((?:[.#][\w-]{1,100}){1,2})")
_NAME: Final = re.compile(r"[.#][\w-]+")
_DECLARATION: Final = re.compile(r"([a-z-]{1,40})\s*:\s*([^;]{0,300})")

_Key = tuple[str, tuple[str, ...]]
"""A tag, or an empty string for any, and one or two names with their sign, sorted."""


@dataclass(frozen=True, slots=True, order=True)
class _Set:
    """A value and what it wins by: the cascade of CSS, as far as these selectors go."""

    important: bool
    specificity: tuple[int, int, int]
    place: int
    value: str


@dataclass(slots=True)
class StyleSheet:
    """The rules that may hide something, by what they are for."""

    rules: dict[_Key, dict[str, _Set]] = field(default_factory=dict)
    _known: dict[tuple[str, str, str], dict[str, _Set]] = field(default_factory=dict)

    def style_of(self, tag: str, attributes: dict[str, str | None]) -> dict[str, str]:
        """Give what counts for an element: the rules, and above them its own style attribute."""
        own = declarations(attributes.get("style") or "")
        if not self.rules:
            return own
        key = tag, attributes.get("class") or "", attributes.get("id") or ""
        if key not in self._known:
            self._known[key] = self._rules_for(*key)
        ruled = {name: each.value for name, each in self._known[key].items() if each.important or name not in own}
        return {**own, **ruled}

    def _rules_for(self, tag: str, classes: str, identity: str) -> dict[str, _Set]:
        names = sorted(
            {*(f".{name}" for name in classes.split()[:_MAX_NAMES]), *([f"#{identity}"] if identity else [])}
        )
        found: dict[str, _Set] = {}
        for wanted in (*((name,) for name in names), *combinations(names, 2)):
            for key in (("", wanted), (tag, wanted)):
                for name, each in self.rules.get(key, {}).items():
                    found[name] = max(each, found.get(name, each))
        return found


def read(sheets: Iterable[str]) -> StyleSheet:
    """Read the style sheets of a message, in their order."""
    found = StyleSheet()
    selectors = 0
    for prelude, block in _blocks("\n".join(sheets)[:_MAX_SHEETS]):
        said = _important(block)
        for selector in prelude.split(",") if said else ():
            selectors += 1
            if selectors > _MAX_SELECTORS:
                return found
            if match := _SELECTOR.fullmatch(selector.strip()):
                _add(found, match, said, selectors)
    return found


def _add(sheet: StyleSheet, selector: re.Match[str], said: dict[str, tuple[bool, str]], place: int) -> None:
    tag, names = (selector[1] or "").lower(), tuple(sorted(set(_NAME.findall(selector[2]))))
    specificity = selector[2].count("#"), selector[2].count("."), bool(tag)
    kept = sheet.rules.setdefault((tag, names), {})
    for name, (important, value) in said.items():
        new = _Set(important=important, specificity=specificity, place=place, value=value)
        kept[name] = max(new, kept.get(name, new))


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Give what stands before each outer pair of braces and what stands in it; none of at-rules."""
    sheet = _COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " ")
    depth = start = opened = 0
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            depth += 1
            opened = brace.end() if depth == 1 else opened
            continue
        depth = max(0, depth - 1)
        if depth == 0:
            prelude = sheet[start : max(start, opened - 1)].rpartition(";")[2].strip()
            if opened > start and not prelude.startswith("@"):
                yield prelude, sheet[opened : brace.start()][:_MAX_STYLE]
            start = brace.end()
    if depth == 1 and opened > start:  # what is never closed ends with the sheet
        yield sheet[start : opened - 1].rpartition(";")[2].strip(), sheet[opened:][:_MAX_STYLE]


def _important(block: str) -> dict[str, tuple[bool, str]]:
    """Give the declarations that may hide, and whether nothing but another such one wins over each."""
    found = {name: value.strip() for name, value in _DECLARATION.findall(block.lower()) if name in _HIDING}
    return {name: ("!important" in value, value.replace("!important", "").strip()) for name, value in found.items()}


def declarations(style: str) -> dict[str, str]:
    """Read a style attribute; of what is said twice the last counts."""
    return _declarations(style[:_MAX_STYLE].lower())


@lru_cache(maxsize=512)
def _declarations(style: str) -> dict[str, str]:
    found = _DECLARATION.findall(_COMMENT.sub(" ", style))
    return {name: value.replace("!important", "").strip() for name, value in found}
