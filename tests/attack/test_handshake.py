"""Clients that begin to speak TLS, and what becomes of them: nothing may be left of any."""

import gc
import socket
import ssl
import struct
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import trustme
import uvicorn

from exporter.connection import Limits
from exporter.tls_connection import TlsConnection
from exporter.web_config._tls import FreshContext
from tests.attack.client import Address, connected, eventually, is_reset
from tests.attack.encrypted import REQUEST, SOON, asking, served, serving

FEW = Limits(connections=3, exchange_seconds=3600)

BEGIN = b"\x16\x03\x01"
"""The first bytes of a handshake."""


@pytest.fixture(autouse=True)
def _no_collections() -> Iterator[None]:
    """Collect no garbage: while the exporter runs, that takes minutes."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def handshakes() -> int:
    """Count the handshakes and encrypted connections that are in memory."""
    return sum(isinstance(one, SSLProtocol) for one in gc.get_objects())


def the_one(server: uvicorn.Server) -> TlsConnection:
    """Return the server's only connection, as soon as there is one."""
    assert eventually(lambda: len(server.server_state.connections) == 1)
    (found,) = server.server_state.connections
    assert isinstance(found, TlsConnection)
    return found


@pytest.mark.parametrize("said", [b"", BEGIN], ids=["nothing", "a part"])
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
    """It is counted no more, and forgotten."""
    with serving(authority, FEW) as (address, server):
        with connected(address) as one:
            one.sendall(BEGIN)
            the_one(server)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", resets, 0))
        assert eventually(lambda: not server.server_state.connections)
        assert eventually(lambda: handshakes() == 0)


def test_client_that_does_not_speak_tls(authority: trustme.CA) -> None:
    """It is told, counted no more, and forgotten."""
    with serving(authority, FEW) as (address, server), connected(address) as one:
        one.sendall(REQUEST)
        with suppress(ConnectionResetError):
            while one.recv(2**16):
                pass
        assert eventually(lambda: not server.server_state.connections)
        assert eventually(lambda: handshakes() == 0)


def test_handshake_that_was_cut_is_forgotten(authority: trustme.CA) -> None:
    """Not even its deadline is left."""
    with serving(authority, Limits(connections=1, exchange_seconds=3600)) as (address, server):
        with ExitStack() as stack:
            crowd = [stack.enter_context(connected(address)) for _ in range(4)]
            assert eventually(lambda: all(map(is_reset, crowd[:-1])))
        assert eventually(lambda: not server.server_state.connections)
        gc.collect()
        assert not [one for one in gc.get_objects() if isinstance(one, TlsConnection)]


def test_crowd_that_comes_at_once(authority: trustme.CA) -> None:
    """Those that are cut before their handshakes begin do not begin them."""
    with ExitStack() as stack:
        crowd: list[socket.socket] = []

        def come(address: Address) -> None:
            crowd.extend(stack.enter_context(connected(address)) for _ in range(6))

        with serving(authority, FEW, before=come):
            assert eventually(lambda: all(map(is_reset, crowd[:3])))
            assert eventually(lambda: handshakes() == FEW.connections)


def test_certificate_that_cannot_be_had(authority: trustme.CA) -> None:
    """The client is not left waiting."""

    def current() -> ssl.SSLContext:
        raise OSError

    with serving(authority, FEW, tls=FreshContext(current)) as (address, server):
        with connected(address) as one:
            one.sendall(BEGIN)
            assert eventually(lambda: is_reset(one))
        assert eventually(lambda: not server.server_state.connections)


@pytest.mark.parametrize("during_the_handshake", [True, False])
def test_cutting_who_has_just_left(
    authority: trustme.CA, context: ssl.SSLContext, *, during_the_handshake: bool
) -> None:
    """The client that it makes room for gets its answer all the same."""
    with serving(authority, FEW) as (address, server):
        with connected(address) if during_the_handshake else asking(address, context):
            connection = the_one(server)
        assert eventually(lambda: not server.server_state.connections)
        connection.cut()


def say_at_once(address: Address, context: ssl.SSLContext) -> bytes:
    """Send a request together with the handshake's last part, and return the answer's head."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with connected(address) as one:
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
        while b"\r\n\r\n" not in answer:
            incoming.write(one.recv(2**16))
            with suppress(ssl.SSLWantReadError):
                answer += client.read()
    return answer.partition(b"\r\n\r\n")[0]


def test_request_right_after_the_handshake(authority: trustme.CA, context: ssl.SSLContext) -> None:
    """What comes together with the handshake's last part is not lost, and answered by TLS."""
    with served(authority, SOON) as address:
        head = say_at_once(address, context)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nscheme: https" in head
