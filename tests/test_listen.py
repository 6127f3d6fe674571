import errno
import re
import socket
from collections.abc import Callable

import pytest

from exporter.errors import StartError
from exporter.listen import bind, parse_address, preferred


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":10190", (None, 10190)),
        ("127.0.0.1:10190", ("127.0.0.1", 10190)),
        ("[::1]:10190", ("::1", 10190)),
        ("localhost:0", ("localhost", 0)),
        (":65535", (None, 65535)),
    ],
)
def test_parse_address(text: str, address: tuple[str | None, int]) -> None:
    """An address is a host, or none, and a port."""
    assert address == parse_address(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10190", "expected host:port, as in :10190"),
        ("::1:10190", "expected host:port, with an IPv6 address in brackets, as in [::1]:80"),
        (
            "localhost",
            "expected host:port, as in 127.0.0.1:80, [::1]:80, or :80 for every interface",
        ),
        (":65536", "the port has to be 65535 at most"),
        ("[localhost]:1", "expected an IPv6 address between the brackets, as in [::1]:80"),
    ],
)
def test_parse_address_of_anything_else(text: str, message: str) -> None:
    """What is no address is refused, with one that would do."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_address(text)


def test_preferred() -> None:
    """A name that has both IPv6 and IPv4 is served by IPv4, one that has IPv6 alone by that."""
    both = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]

    assert preferred(both) == (socket.AF_INET, "127.0.0.1")
    assert preferred(both[:1]) == (socket.AF_INET6, "::1")


def test_bind() -> None:
    """Every address gets a socket that listens, in the order that was asked for."""
    first, second = bind(["127.0.0.1:0", "localhost:0"])
    with first, second:
        for one in (first, second):
            host, port = one.getsockname()
            assert host == "127.0.0.1"
            socket.create_connection((host, port)).close()


def test_bind_on_all_interfaces() -> None:
    """Without a host, IPv4 is served in any case."""
    (one,) = bind([":0"])
    with one:
        port = one.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()


def test_bind_when_the_port_is_taken() -> None:
    """A port that is taken is named, and what was bound before is closed again."""
    opened: list[socket.socket] = []

    def listen(*args: tuple[str, int], family: int) -> socket.socket:
        opened.append(socket.create_server(*args, family=family))
        return opened[-1]

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StartError) as caught:
            bind(["127.0.0.1:0", address], listen=listen)

    why = "the port is taken; is it running already? --web.listen-address takes another"
    expected = f"cannot listen on {address}: {why}"
    assert expected == str(caught.value)
    assert [one.fileno() for one in opened] == [-1]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EACCES, "x"), "permission denied; ports below 1024 are root's"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError("unknown"), "unknown"),
    ],
)
def test_bind_when_the_system_refuses(error: OSError, message: str) -> None:
    """What the system says is passed on, in words that help."""
    with pytest.raises(StartError) as caught:
        bind([":80"], listen=_without_ipv6(error))

    assert f"cannot listen on :80: {message}" == str(caught.value)


@pytest.mark.parametrize("error", [OSError(errno.EAFNOSUPPORT, "x"), ValueError("no dual stack")])
def test_bind_without_ipv6(error: Exception) -> None:
    """A machine that has no IPv6 is served by IPv4 alone."""
    (one,) = bind([":0"], listen=_without_ipv6(error))
    with one:
        assert one.family == socket.AF_INET


def _without_ipv6(error: Exception) -> Callable[..., socket.socket]:
    def listen(
        address: tuple[str, int], *, family: int, dualstack_ipv6: bool = False
    ) -> socket.socket:
        if dualstack_ipv6:
            raise error
        return socket.create_server(address, family=family)

    return listen


def test_bound_sockets_send_at_once() -> None:
    """No answer waits for a delayed acknowledgement of the one before it."""
    (one,) = bind(["127.0.0.1:0"])
    with one:
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
