"""Where passwords come from: a command, a file that nobody else can read, the environment; never the configuration."""

import os
import signal
import stat
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from .config import Account
from .errors import ConfigError, LoginRefusedError
from .language import _

_PASSWORD_SECONDS: Final = 60
_COMPLAINT: Final = 200


def password(account: Account, environment: Mapping[str, str]) -> str:
    """Ask where the configuration says that the password, or with ``token_command`` the access token, is.

    Raises:
        ConfigError: the file can be read by others, the variable is not set, there is no such command.
        LoginRefusedError: the command failed or gave nothing, as with a locked key store.
    """
    if command := account.password_command or account.token_command:
        return _password_by_command(account, command)
    if account.password_file:
        return _password_in_file(account)
    value = environment.get(account.password_env)
    if not value:
        sentence = _("account {name}: the environment variable {variable} is not set")
        raise ConfigError((sentence.format(name=account.name, variable=account.password_env),))
    return value


def _password_by_command(account: Account, command: Sequence[str]) -> str:
    try:
        status, output, complaint = _run(command)
    except OSError as error:
        sentence = _("account {name}: password_command {command!r} cannot be run: {error}")
        raise ConfigError((sentence.format(name=account.name, command=command[0], error=error.strerror),)) from error
    except subprocess.TimeoutExpired as error:
        sentence = _("account {name}: password_command did not answer within {seconds} seconds; is a key store locked?")
        raise LoginRefusedError(sentence.format(name=account.name, seconds=_PASSWORD_SECONDS)) from error
    first_line = output.decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
    if status or not first_line:
        sentence = _("account {name}: password_command gave no password (exit status {status}); try it by hand")
        said = f"\n{complaint}" if complaint else ""
        raise LoginRefusedError(sentence.format(name=account.name, status=status) + said)
    return first_line


def _run(command: Sequence[str]) -> tuple[int, bytes, str]:
    """Run *command* and whatever it starts, no longer than it may take.

    Returns:
        Its exit status, its output, and the last line of what it complained of.
    """
    with subprocess.Popen(  # noqa: S603 - the user's own command, from the user's own configuration, without a shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    ) as process:
        try:
            output, errors = process.communicate(timeout=_PASSWORD_SECONDS)
        except BaseException:
            # What it started may hold the pipe open for ever; a process group goes as one.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    complaint = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return process.returncode, output, complaint[:_COMPLAINT]


def _password_in_file(account: Account) -> str:
    path = Path(account.password_file).expanduser()
    try:
        descriptor = os.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)  # of the file that is read, not of one put there since
            content = file.read()
    except (OSError, UnicodeDecodeError) as error:
        sentence = _("account {name}: password_file {path} cannot be read: {error}")
        raise ConfigError((sentence.format(name=account.name, path=path, error=error),)) from error
    if mode & 0o077:
        sentence = _("account {name}: others can read password_file {path}; run: chmod 600 {path}")
        raise ConfigError((sentence.format(name=account.name, path=path),))
    first_line = content.split("\n", 1)[0].rstrip("\r")
    if not first_line:
        raise ConfigError((_("account {name}: password_file {path} is empty").format(name=account.name, path=path),))
    return first_line
