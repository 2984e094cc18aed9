"""Listens where hostile test files point to: whoever connects was talked into a request (SSRF)."""

import socket
import threading
from types import TracebackType

CANARY = ("127.0.0.1", 18099)


class CanaryListener:
    """Notes every TCP connection and UDP packet on the canary's address while the context is open.

    Raises: OSError: the port is taken, so nothing could be noticed.
    """

    def __init__(self, address: tuple[str, int] = CANARY) -> None:
        self._tcp = socket.create_server(address)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(address)
        self._visits: list[str] = []
        self._closing = False
        self._threads = [
            threading.Thread(target=watch, daemon=True) for watch in (self._watch_tcp, self._watch_udp)
        ]

    def __enter__(self) -> "CanaryListener":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._tcp.close()
        self._udp.close()

    def take_visits(self) -> list[str]:
        """What came since the last call."""
        visits, self._visits = self._visits, []
        return visits

    def _watch_tcp(self) -> None:
        while not self._closing:
            try:
                connection, peer = self._tcp.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    first = connection.recv(200)
                except OSError:
                    first = b""
                self._visits.append(f"TCP from {peer}: {first[:80]!r}")

    def _watch_udp(self) -> None:
        while not self._closing:
            try:
                data, peer = self._udp.recvfrom(200)
            except OSError:
                return
            self._visits.append(f"UDP from {peer}: {data[:80]!r}")
