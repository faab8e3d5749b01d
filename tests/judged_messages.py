"""The messages of ``tests/messages``, each with what is expected of it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noreply_analyzer.detection import Answerability
from noreply_analyzer.message import Message
from noreply_analyzer.topic import Topic

FOLDER = Path(__file__).with_name("messages")


@dataclass(frozen=True)
class Judged:
    """One message and the verdict, rules and topic that it must get."""

    name: str
    answerability: Answerability
    rules: tuple[str, ...]
    topic: Topic

    @property
    def raw(self) -> bytes:
        """The message as it came."""
        return (FOLDER / f"{self.name}.eml").read_bytes()

    @property
    def message(self) -> Message:
        """The message, read."""
        return Message.from_bytes(self.raw)


def judged_messages() -> list[Judged]:
    """Give every message of the folder; one without its expectations is an error."""
    names = sorted(path.stem for path in FOLDER.glob("*.eml"))
    return [_judged(name, tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))) for name in names]


def _judged(name: str, expected: dict[str, Any]) -> Judged:
    return Judged(
        name=name,
        answerability=Answerability(expected["answerability"]),
        rules=tuple(expected["rules"]),
        topic=Topic(expected["topic"]),
    )
