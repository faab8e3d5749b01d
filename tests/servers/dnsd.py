"""A DNS server in the process, over UDP and TCP, that answers for TXT records as well or as badly as it is told.

with DnsServer({"s._domainkey.telecom.example": Txt(b"v=DKIM1; p=...")}) as server:
Resolver([server.address], ...)
"""

import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import dnslib


class Bad(StrEnum):
    """Answers that are none."""

    NXDOMAIN = "there is no such name"
    EMPTY = "the name exists and has no TXT record"
    SERVFAIL = "the server failed"
    REFUSED = "the server does not answer such questions"
    SILENCE = "nothing comes back"
    GARBAGE = "something comes back that is no DNS"
    LOOP = "an alias of itself"


@dataclass(frozen=True, init=False)
class Txt:
    """TXT records, each of any length, cut into strings of 255 bytes."""

    records: tuple[bytes, ...]
    ttl: int
    truncated: bool

    def __init__(self, *records: bytes, ttl: int = 300, truncated: bool = False) -> None:
        """Take the *records*; a *truncated* answer comes whole over TCP only, as does one that is too long for UDP."""
        object.__setattr__(self, "records", records)
        object.__setattr__(self, "ttl", ttl)
        object.__setattr__(self, "truncated", truncated)


@dataclass(frozen=True)
class Alias:
    """A CNAME."""

    target: str


@dataclass(frozen=True)
class Srv:
    """Where services are: for each its host, its port and its priority (less is better)."""

    places: tuple[tuple[str, int, int], ...]


Answer = Bad | Txt | Alias | Srv

MAX_UDP = 512


class DnsServer:
    """Answers on 127.0.0.1 from *zone*; a name that is not in it does not exist.

    ``zone`` may be changed while it runs. ``questions`` has each question: the name, the type, "udp" or "tcp".
    """

    def __init__(self, zone: Mapping[str, Answer], *, negative_ttl: int | None = 900, silent: bool = False) -> None:
        self.zone = dict(zone)
        self.negative_ttl = negative_ttl
        self.silent = silent
        self.questions: list[tuple[str, str, str]] = []
        self._servers: list[socketserver.BaseServer] = []
        self._threads: list[threading.Thread] = []
        self.port = 0

    @property
    def address(self) -> str:
        """``address:port``, as the configuration takes it."""
        return f"127.0.0.1:{self.port}"

    def names_asked(self) -> list[str]:
        """Give the names of all questions for TXT."""
        return [name for name, kind, _transport in self.questions if kind == "TXT"]

    def __enter__(self) -> Self:
        udp, tcp = _bind(self)
        self.port = udp.server_address[1]
        self._servers = [udp, tcp]
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}) for server in self._servers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    def reply(self, packet: bytes, transport: str) -> bytes | None:
        """Give the bytes to send back for one question, or nothing."""
        query = dnslib.DNSRecord.parse(packet)
        name = str(query.q.qname).lower().rstrip(".")
        kind = dnslib.QTYPE[query.q.qtype]
        self.questions.append((name, kind, transport))
        answer = self.zone.get(name, Bad.NXDOMAIN)
        if self.silent or answer is Bad.SILENCE:
            return None
        if answer is Bad.GARBAGE:
            return packet[:2] + b"\xff" * 20
        reply = query.reply()
        if kind == "NS" and not name:
            reply.add_answer(dnslib.RR(".", dnslib.QTYPE.NS, ttl=60, rdata=dnslib.NS("ns.example.")))
        else:
            self._fill(reply, name, answer)
        packed: bytes = reply.pack()
        if transport == "udp" and (len(packed) > MAX_UDP or (isinstance(answer, Txt) and answer.truncated)):
            reply = query.reply()  # with the question: an answer to nothing would be taken for a forgery
            reply.header.tc = 1
            packed = reply.pack()
        return packed

    def _fill(self, reply: Any, name: str, answer: Answer) -> None:  # noqa: ANN401 - dnslib has no types
        match answer:
            case Txt(records=records, ttl=ttl):
                for record in records:
                    strings = [record[at : at + 255] for at in range(0, len(record), 255)] or [b""]
                    reply.add_answer(dnslib.RR(name, dnslib.QTYPE.TXT, ttl=ttl, rdata=dnslib.TXT(strings)))
            case Srv(places=places):
                for host, port, priority in places:
                    reply.add_answer(
                        dnslib.RR(name, dnslib.QTYPE.SRV, ttl=300, rdata=dnslib.SRV(priority, 1, port, host))
                    )
            case Alias(target=target):
                reply.add_answer(dnslib.RR(name, dnslib.QTYPE.CNAME, ttl=300, rdata=dnslib.CNAME(target)))
                self._fill(reply, target, self.zone.get(target, Bad.NXDOMAIN))
            case Bad.LOOP:
                reply.add_answer(dnslib.RR(name, dnslib.QTYPE.CNAME, ttl=300, rdata=dnslib.CNAME(name)))
            case Bad.NXDOMAIN | Bad.EMPTY:
                reply.header.rcode = dnslib.RCODE.NXDOMAIN if answer is Bad.NXDOMAIN else dnslib.RCODE.NOERROR
                if self.negative_ttl is not None:
                    times = (1, 3600, 600, 86400, self.negative_ttl)
                    soa = dnslib.SOA("ns.example.", "hostmaster.example.", times)
                    zone = name.rpartition(".")[2]
                    reply.add_auth(dnslib.RR(zone, dnslib.QTYPE.SOA, ttl=86400, rdata=soa))
            case _:
                reply.header.rcode = getattr(dnslib.RCODE, answer.name)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    dns: DnsServer


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    dns: DnsServer


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _UdpServer

    def handle(self) -> None:
        packet, socket = self.request
        if (reply := self.server.dns.reply(packet, "udp")) is not None:
            socket.sendto(reply, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _TcpServer

    def handle(self) -> None:
        while len(head := self.rfile.read(2)) == 2:
            reply = self.server.dns.reply(self.rfile.read(int.from_bytes(head)), "tcp")
            if reply is not None:
                self.wfile.write(len(reply).to_bytes(2) + reply)


def _bind(dns: DnsServer) -> tuple[_UdpServer, _TcpServer]:
    """Find a port that is free for both."""
    for _attempt in range(20):
        udp = _UdpServer(("127.0.0.1", 0), _UdpHandler)
        try:
            tcp = _TcpServer(("127.0.0.1", udp.server_address[1]), _TcpHandler)
        except OSError:
            udp.server_close()
            continue
        udp.dns = tcp.dns = dns
        return udp, tcp
    raise OSError("no port is free for both UDP and TCP")
