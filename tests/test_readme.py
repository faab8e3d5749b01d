"""The README is true: the draft that it shows is the one that the demo saves, its commands are those that work."""

import io
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from noreply_analyzer import demo, language

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    """Give the fenced block below ``<!-- mark -->``."""
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, mark
    return found[1]


def test_the_draft_is_the_one_that_the_demo_saves() -> None:
    """On 24 November 2026 the demo saves, byte for byte, the draft that the README shows."""
    shown = io.StringIO()
    before = language.in_use()
    try:
        language.use("en")
        status = demo.play(shown, clock=lambda: datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    finally:
        language.use(before)

    assert status == 0
    assert textwrap.indent(block("draft"), "    ", lambda line: line.strip() != "") in shown.getvalue()


def test_the_two_commands_are_there() -> None:
    """One command installs the program and runs the demo, one runs the tests."""
    first = "python3 -m venv .venv && .venv/bin/pip install --quiet '.[demo,letter]' && .venv/bin/noreply-analyzer demo"
    assert f"\n{first}\n" in README
    assert "\nscripts/test\n" in README
