"""A server that speaks TLS, and whoever asks it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.connection import Limits
from exporter.tls_connection import encrypted
from tests.attack.client import Address, connected

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

PAGE = "x" * (16 * 2**20)
"""More than the sockets of both ends hold."""

SOON = Limits(exchange_seconds=0.5)


async def _page(request: Request) -> Response:
    return PlainTextResponse(PAGE, headers={"Scheme": request.url.scheme})


@contextmanager
def serving(
    authority: trustme.CA,
    limits: Limits,
    *,
    tls: ssl.SSLContext | None = None,
    before: Callable[[Address], object] = bool,
) -> Iterator[tuple[Address, uvicorn.Server]]:
    """Serve a large page by TLS; *before* the server begins, its address is there already."""
    if tls is None:
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
    before(listener.getsockname())
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
