import socket
import time
from dataclasses import replace

import httpx
import pytest

from exporter.errors import StartError
from exporter.face import create_app
from exporter.server import Server
from tests.faces import face


def test_stop_with_open_connections() -> None:
    """Connections that are idle, or in the middle of a request, do not hold up the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    server = Server(create_app(face()), [listener])
    server.start()
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{address[1]}") as idle,
        socket.create_connection(address) as silent,
        socket.create_connection(address) as halfway,
    ):
        assert idle.get("/-/healthy").status_code == httpx.codes.OK
        halfway.sendall(b"GET /metrics HTTP/1.1\r\n")
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 2
        assert silent.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_stop_while_nobody_reads() -> None:
    """A client that does not read its answer is cut off."""
    huge = replace(face(), config_text=lambda: "x" * 50_000_000)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(create_app(huge), [listener])
    server.start()
    with socket.create_connection(listener.getsockname()) as stuck:
        stuck.sendall(b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n")
        assert stuck.recv(15) == b"HTTP/1.1 200 OK"
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 3


def test_several_sockets() -> None:
    """Every address that is listened on is answered."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [listener.getsockname() for listener in listeners]
    with Server(create_app(face()), listeners):
        for _, port in addresses:
            assert httpx.get(f"http://127.0.0.1:{port}/-/ready").status_code == httpx.codes.OK


def test_start_that_fails() -> None:
    """A socket that cannot be listened on is an error at once, and the others are closed."""
    good, closed = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    closed.close()
    with pytest.raises(StartError, match=r"did not start: .*Bad file descriptor"):
        Server(create_app(face()), [good, closed]).start()
    assert good.fileno() == -1
