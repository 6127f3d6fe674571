"""The same bounds where the connection is encrypted: asyncio keeps what is unsent elsewhere."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.connection import Limits
from exporter.tls_connection import encrypted
from tests.attack.client import Address, connected, eventually, is_reset

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

PAGE = "x" * (16 * 2**20)
"""More than the sockets of both ends hold."""

SOON = Limits(exchange_seconds=0.5)

FEW = Limits(connections=3, exchange_seconds=3600)

CROWDED = Limits(exchange_seconds=3600, unsent_bytes=2 * len(PAGE))


async def _page(_request: Request) -> Response:
    return PlainTextResponse(PAGE)


@contextmanager
def serving(authority: trustme.CA, limits: Limits) -> Iterator[tuple[Address, uvicorn.Server]]:
    """Serve a large page by TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    config = uvicorn.Config(
        Starlette(routes=[Route("/", _page)]),
        http=encrypted(limits, tls),
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname(), server
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served(authority: trustme.CA, limits: Limits) -> Iterator[Address]:
    """Serve a large page by TLS, where nobody looks at the server."""
    with serving(authority, limits) as (address, _):
        yield address


@contextmanager
def asking(address: Address, context: ssl.SSLContext) -> Iterator[socket.socket]:
    """Ask for the page, and read no more of it than that it begins; yield the socket below."""
    with connected(address) as one:
        below = one.dup()
        with below, context.wrap_socket(one, server_hostname="127.0.0.1") as encrypted:
            encrypted.sendall(REQUEST)
            encrypted.recv(1)
            yield below


@pytest.fixture(scope="module", name="authority")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module", name="context")
def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_who_does_not_read_is_cut(authority: trustme.CA, context: ssl.SSLContext) -> None:
    """An answer that is not read in time ends the connection."""
    with served(authority, SOON) as address, asking(address, context) as one:
        assert eventually(lambda: is_reset(one))


def test_unread_answers_are_not_kept_without_end(
    authority: trustme.CA, context: ssl.SSLContext
) -> None:
    """When clients leave more unread than is allowed, the oldest of them end."""
    with served(authority, CROWDED) as address, ExitStack() as stack:
        crowd = [stack.enter_context(asking(address, context)) for _ in range(8)]
        assert eventually(lambda: all(map(is_reset, crowd[:2])))
        assert not any(map(is_reset, crowd[-2:]))


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"], ids=["nothing", "a part"])
def test_handshake_that_does_not_end_is_cut(authority: trustme.CA, said: bytes) -> None:
    """Who does not shake hands in time is cut off."""
    with served(authority, SOON) as address, connected(address) as one:
        one.sendall(said)
        assert eventually(lambda: is_reset(one))


def test_handshakes_are_counted(authority: trustme.CA, context: ssl.SSLContext) -> None:
    """Those that are under way are among the connections, and the oldest of them end."""
    with served(authority, FEW) as address, ExitStack() as stack:
        crowd = [stack.enter_context(connected(address)) for _ in range(6)]
        assert eventually(lambda: all(map(is_reset, crowd[:3])))
        assert not any(map(is_reset, crowd[3:]))
        with asking(address, context) as one:
            assert not is_reset(one)


@pytest.mark.parametrize("resets", [False, True])
def test_client_that_leaves_during_the_handshake(authority: trustme.CA, *, resets: bool) -> None:
    """Nothing is left of it."""
    with serving(authority, FEW) as (address, server):
        there = server.server_state.connections
        with connected(address) as one:
            one.sendall(b"\x16\x03\x01")
            assert eventually(lambda: bool(there))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", resets, 0))
        assert eventually(lambda: not there)


def test_nothing_is_left_of_a_handshake_that_was_cut(
    authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    """Its deadline passes without a word."""
    limits = Limits(connections=1, exchange_seconds=0.2)
    with serving(authority, limits) as (address, server), ExitStack() as stack:
        crowd = [stack.enter_context(connected(address)) for _ in range(3)]
        assert eventually(lambda: all(map(is_reset, crowd)))
        time.sleep(2 * limits.exchange_seconds)
        assert not server.server_state.connections
    assert caplog.messages == []


def test_handshake_that_is_wrong(authority: trustme.CA) -> None:
    """Nothing is left of a client that does not speak TLS."""
    with serving(authority, FEW) as (address, server), connected(address) as one:
        one.sendall(REQUEST)
        with suppress(ConnectionResetError):
            while one.recv(2**16):
                pass
        assert eventually(lambda: not server.server_state.connections)


def test_request_right_after_the_handshake(authority: trustme.CA, context: ssl.SSLContext) -> None:
    """What comes together with the handshake's last part is not lost, and answered by TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with served(authority, SOON) as address, connected(address) as one:
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        one.sendall(outgoing.read())
        while outgoing.pending == 0:
            incoming.write(one.recv(2**16))
            with suppress(ssl.SSLWantReadError):
                client.do_handshake()
        client.write(REQUEST)
        one.sendall(outgoing.read())
        answer = b""
        while not answer.startswith(b"HTTP/1.1 200"):
            incoming.write(one.recv(2**16))
            with suppress(ssl.SSLWantReadError):
                answer += client.read()
