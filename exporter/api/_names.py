"""Names: hosts to addresses, by the system's resolver, which can be neither hurried nor stopped.

asyncio looks names up in a few threads that it shares with all else that blocks, and that the
process waits for at its end: a name server that does not answer would keep both waiting.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread


class Names:
    """Looks hosts up, each in a thread of its own; who asks meanwhile waits for the same one."""

    def __init__(self) -> None:
        self._asked: dict[str, Future[Sequence[str]]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the IP addresses of *host*; one that is an address needs no DNS.

        Raises: OSError, UnicodeError.
        """
        with suppress(ValueError):
            return [str(ip_address(host))]
        return await asyncio.wrap_future(self._asking(host))

    def _asking(self, host: str) -> Future[Sequence[str]]:
        asked = self._asked.get(host)
        if asked is None or asked.done():
            asked = self._asked[host] = _look_up(host)
        return asked


def _look_up(host: str) -> Future[Sequence[str]]:
    found: Future[Sequence[str]] = Future()
    found.set_running_or_notify_cancel()  # from here on, no one who gives up can end it
    Thread(target=_resolve, args=(host, found), name="names", daemon=True).start()
    return found


def _resolve(host: str, found: Future[Sequence[str]]) -> None:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        found.set_result([str(ip) for *_, (ip, *_) in answers])
    except BaseException as error:  # noqa: BLE001 - whoever asked has to learn of it
        found.set_exception(error.with_traceback(None))
