"""The same bounds where the connection is encrypted: asyncio keeps what is unsent elsewhere."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.connection import Limits, bounded
from tests.attack.client import Address, connected, eventually, is_reset

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

PAGE = "x" * (16 * 2**20)
"""More than the sockets of both ends hold."""

SOON = Limits(exchange_seconds=0.5)

CROWDED = Limits(exchange_seconds=3600, unsent_bytes=2 * len(PAGE))


async def _page(_request: Request) -> Response:
    return PlainTextResponse(PAGE)


@contextmanager
def served(authority: trustme.CA, folder: Path, limits: Limits) -> Iterator[Address]:
    """Serve a large page by TLS."""
    leaf = authority.issue_cert("127.0.0.1")
    file = folder / "server.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(file)
    config = uvicorn.Config(
        Starlette(routes=[Route("/", _page)]),
        http=bounded(limits),
        lifespan="off",
        log_config=None,
        ssl_certfile=file,
        ssl_keyfile=file,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()


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


def test_who_does_not_read_is_cut(
    authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    """An answer that is not read in time ends the connection."""
    with served(authority, tmp_path, SOON) as address, asking(address, context) as one:
        assert eventually(lambda: is_reset(one))


def test_unread_answers_are_not_kept_without_end(
    authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    """When clients leave more unread than is allowed, the oldest of them end."""
    with served(authority, tmp_path, CROWDED) as address, ExitStack() as stack:
        crowd = [stack.enter_context(asking(address, context)) for _ in range(8)]
        assert eventually(lambda: all(map(is_reset, crowd[:2])))
        assert not any(map(is_reset, crowd[-2:]))
