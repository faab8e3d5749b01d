"""What stands before a command: the configuration to read, the language to speak, how much to say."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import language
from .config import CONFIG_VARIABLE, Settings, find_config, load


def language_of(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Tell which language a command line asks for, before anything is parsed; empty where nobody says.

    ``--language`` says it, or else the configuration: help and mistakes are to be told in it, too. What is wrong with
    the configuration is told when it is read; a pipe, which can be read but once, is left to whoever needs it.
    """
    asked = [word for word in _values(words, "--language") if word in language.LANGUAGES]
    return asked[-1] if asked else _configured(["", *_values(words, "--config", "-c")][-1], environment)


def _values(words: Sequence[str], name: str, short: str = "") -> list[str]:
    """Give what stands behind an option, in every way in which one may write it."""
    found = []
    for word, following in pairwise((*words, "")):
        if word in {name, short} and word:
            found.append(following)
        elif word.startswith(f"{name}="):
            found.append(word.partition("=")[2])
        elif short and word.startswith(short) and not word.startswith("--"):
            found.append(word.removeprefix(short))
    return found


def _configured(named: str, environment: Mapping[str, str]) -> str:
    try:
        path = find_config(named, environment)
        said = tomllib.loads(path.read_text("utf-8")).get("language") if path.is_file() else ""
    except (OSError, ValueError, RecursionError, RuntimeError):  # RuntimeError: nobody knows where our home is
        return ""
    return said if isinstance(said, str) and said in language.LANGUAGES else ""


@dataclass
class Options:
    """What stands before the command."""

    config: str | None = None
    language: str | None = None
    verbosity: int = 0

    def settings(self, *, needed: bool) -> Settings:
        """Read the configuration; its defaults where none is *needed*, none is named, and none is in the usual place.

        Where it is needed, it must name an account.

        Raises:
            ConfigError: it is wrong; or needed, or named, and not there.
        """
        path = find_config(self.config, os.environ)
        named = self.config or os.environ.get(CONFIG_VARIABLE)
        if not needed and not named and not path.exists():
            return Settings()
        settings = load(path, account_needed=needed)
        if settings.language and not self.language:
            language.use(settings.language)
        return settings
