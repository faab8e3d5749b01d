"""Everything that this program raises on purpose, each with the exit status it ends in.

::

    NoreplyAnalyzerError            1
    ├── NotDraftedError                to this message nothing is drafted, even if asked for
    ├── UsageError                 64  the command line is wrong
    ├── DataError                  65  a file or a record cannot be read
    │   ├── AddressError               not an address or a domain
    │   ├── MessageError               not a message, or over a limit
    │   ├── RecordError                an operator's record
    │   └── TemplateError              a template of the user's own
    ├── ServerRefusedError         69  a server said no
    ├── StateError                 74  the disk is full, the state cannot be read or written
    ├── OutputError                74  what was to be printed cannot be written
    ├── TryLaterError              75  worth trying again as it is
    │   ├── UnreachableError           a mail server out of reach, or gone
    │   ├── DnsUnreachableError        no DNS server answers
    │   └── LockHeldError              another run holds the lock
    ├── LoginRefusedError          77  wrong user or password
    ├── ConfigError                78  the configuration
    └── InterruptedRunError       130  Ctrl-C or SIGTERM

The statuses are those of sysexits.h, so that cron wrappers and mail systems know them. Only ``cli`` turns one
into the other. A message of an error is a sentence that says what to do next.
"""

from typing import ClassVar


class NoreplyAnalyzerError(Exception):
    """Anything that went wrong and has a sentence to say so."""

    exit_status: ClassVar[int] = 1


class NotDraftedError(NoreplyAnalyzerError):
    """To this message nothing may be drafted, or nobody knows where to."""


class UsageError(NoreplyAnalyzerError):
    """The command line asks for something that does not exist."""

    exit_status = 64


class DataError(NoreplyAnalyzerError):
    """A file, a message or a record cannot be read."""

    exit_status = 65


class AddressError(DataError):
    """Not an address, or not a domain."""


class MessageError(DataError):
    """Not a message, or one that breaks a limit of size or time."""


class RecordError(DataError):
    """An operator's record cannot be read; ``problems`` has one line for each thing to mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class TemplateError(DataError):
    """A template of the user's own cannot be used: which, where it lies, at which line and why."""

    def __init__(self, name: str, path: str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.name = name


class ServerRefusedError(NoreplyAnalyzerError):
    """A server understood and said no."""

    exit_status = 69
    hung_up = False
    """Whether the connection is over with it: nobody knows where the next answer would begin."""
    said_no = False
    """Whether it is the server's own NO or BAD: then the command did nothing."""


class StateError(NoreplyAnalyzerError):
    """What was done cannot be remembered, so nothing may be done."""

    exit_status = 74


class OutputError(NoreplyAnalyzerError):
    """Standard output, or a file that was asked for, cannot be written: the disk is full, the folder is not there."""

    exit_status = 74


class TryLaterError(NoreplyAnalyzerError):
    """Nothing is wrong on our side; the next run may find it mended."""

    exit_status = 75


class UnreachableError(TryLaterError):
    """A mail server that does not answer, or stopped answering."""


class DnsUnreachableError(TryLaterError):
    """No DNS server answers anything."""


class LockHeldError(TryLaterError):
    """Another run is at work on the same state."""


class LoginRefusedError(NoreplyAnalyzerError):
    """The server does not accept this user with this password."""

    exit_status = 77


class ConfigError(NoreplyAnalyzerError):
    """The configuration is wrong; ``problems`` has one line for each thing to mend."""

    exit_status = 78

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class InterruptedRunError(NoreplyAnalyzerError):
    """SIGINT or SIGTERM came; the step in hand was finished or undone."""

    exit_status = 130
