"""Listen: addresses as flags have them, and the sockets that listen there."""

import errno
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from typing import TypeVar

from exporter.errors import StartError

T = TypeVar("T")

Address = tuple[str | None, int]
"""Host and port; the host None stands for every interface, the port 0 for any free one."""

_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<name>[A-Za-z0-9._-]*)):(?P<port>[0-9]{1,5})")

_LAST_PORT = 65_535

_NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)
"""What a machine says that has no IPv6, or has it turned off."""


def parse_address(text: str) -> Address:
    """Return the host and the port in *text*: ``:80``, ``127.0.0.1:80``, ``[::1]:80``, ``name:0``.

    Raises: ValueError, with a message for the user.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f"expected host:port, {_hint(text)}")
    port = int(found["port"])
    if port > _LAST_PORT:
        raise ValueError(f"the port has to be {_LAST_PORT} at most")
    if found["v6"] is not None:
        return _ipv6(found["v6"]), port
    return found["name"] or None, port


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise ValueError("expected an IPv6 address between the brackets, as in [::1]:80") from None


def _hint(text: str) -> str:
    if text.isdecimal():
        return f"as in :{text}"
    if text.count(":") > 1:
        return "with an IPv6 address in brackets, as in [::1]:80"
    return "as in 127.0.0.1:80, [::1]:80, or :80 for every interface"


def bind(
    addresses: Iterable[str], *, listen: Callable[..., socket.socket] = socket.create_server
) -> list[socket.socket]:
    """Return a socket that listens on each of *addresses*.

    Raises: StartError that names the address, with none of the sockets left open; ValueError for
    what ``parse_address`` does not take.
    """
    sockets: list[socket.socket] = []
    for address in addresses:
        host, port = parse_address(address)
        try:
            sockets.append(_bind(host, port, listen))
            # asyncio does so only for sockets that were made with proto=TCP; without, an answer on
            # a connection that is kept waits 40 ms for a delayed ACK.
            sockets[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            for one in sockets:
                one.close()
            raise refusal(address, error) from error
    return sockets


def _bind(host: str | None, port: int, listen: Callable[..., socket.socket]) -> socket.socket:
    if host is None:
        return _bind_all(port, listen)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, address = preferred((one[0], one[4][:2]) for one in found)
    return listen(address, family=family)


def preferred(found: Iterable[tuple[int, T]]) -> tuple[int, T]:
    """Return the first of *found* that is IPv4, else the first: as Go's net.Listen chooses."""
    return min(found, key=lambda one: one[0] != socket.AF_INET)


def _bind_all(port: int, listen: Callable[..., socket.socket]) -> socket.socket:
    """Listen on all interfaces, by IPv6 and IPv4 where the machine has both."""
    try:
        return listen(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except ValueError:
        # What create_server says of a system without sockets for both.
        return listen(("", port), family=socket.AF_INET)
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise
        return listen(("", port), family=socket.AF_INET)


def refusal(address: str, error: OSError) -> StartError:
    """Return what to raise when *address* cannot be listened on because of *error*."""
    return StartError(f"cannot listen on {address}: {_why(error)}")


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken; is it running already? --web.listen-address takes another"
    if error.errno == errno.EACCES:
        return "permission denied; ports below 1024 are root's"
    return error.strerror or str(error)
