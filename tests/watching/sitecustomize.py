"""Python imports this by itself at its start: writes down whom a process speaks to, what it starts and what it writes.

With this folder in PYTHONPATH, every Python that a test starts, and every one that those start, adds a line of JSON to
the file that ``WATCHED`` names: the event of the audit hook (PEP 578), and what it was about.
"""

import json
import os
import sys
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_ABOUT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "subprocess.Popen": 1,
    "os.system": 0,
    "os.exec": 0,
    "os.posix_spawn": 0,
    "webbrowser.open": 0,
    "open": 0,
    "os.mkdir": 0,
    "os.rename": 1,
    "os.remove": 0,
}
"""The events that are written down, and which of their arguments tells what they are about."""

if "WATCHED" in os.environ:
    _notes = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _ABOUT:
            return
        about = arguments[_ABOUT[event]]
        if event == "open" and (isinstance(about, int) or not arguments[2] & _WRITES):
            return  # a pipe that is open already, or only read
        os.write(_notes, (json.dumps([event, about], default=repr) + "\n").encode())

    sys.addaudithook(_watch)
