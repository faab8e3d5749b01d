"""What the user writes of machines: which of them is this one, and by which address a DNS server is asked."""

import ipaddress
from typing import Final

from .errors import AddressError
from .language import _

_DNS_PORT: Final = 53
_PORTS: Final = range(65536)


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine, so that no network sees what is said to it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # 127.0.0.1.example.org is anybody's
        return host == "localhost"


def read_server(text: str) -> tuple[str, int]:
    """Read ``address``, ``address:port`` or ``[address]:port``.

    Raises:
        AddressError: it is none of these.
    """
    address, port = text, str(_DNS_PORT)
    if text.startswith("[") or text.count(":") == 1:
        address, _colon, port = text.rpartition(":")
        address = address.removeprefix("[").removesuffix("]")
    try:
        number = int(port) if port.isdecimal() else -1
        return str(ipaddress.ip_address(address)), _PORTS.index(number)
    except ValueError:
        sentence = _("{server!r} is not an address, with or without a port")
        raise AddressError(sentence.format(server=text)) from None
