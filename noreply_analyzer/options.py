"""What stands before a command: the configuration to read, the language to speak, how much to say."""

import os
from dataclasses import dataclass

from . import language
from .config import CONFIG_VARIABLE, Settings, find_config, load


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
