"""Clients that send slowly, read slowly, do nothing, or come in crowds: nobody else is harmed."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from exporter.connection import Limits
from exporter.face import create_app
from exporter.server import Server
from tests.attack.client import Address, connected, eventually, head, is_reset, say, statuses
from tests.attack.stage import attacked
from tests.faces import face

MIB = 2**20

SOON = Limits(exchange_seconds=0.5)

HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"

POST = b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n"

CHUNKED_POST = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

LARGE = b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n"

PAGE_BYTES = 16 * MIB
"""Of the page asked for: more than the sockets of both ends hold."""


@contextmanager
def served(limits: Limits) -> Iterator[Address]:
    """Serve, with a large page at ``/config``."""
    listener = socket.create_server(("127.0.0.1", 0))
    address: Address = listener.getsockname()
    app = create_app(replace(face(), config_text=lambda: "x" * PAGE_BYTES))
    with Server(app, [listener], limits=limits):
        yield address


def scrapes(address: Address) -> bool:
    """Tell whether an ordinary scrape succeeds."""
    return statuses(say(address, head("GET /metrics HTTP/1.1"))) == [200]


def answers(one: socket.socket) -> bool:
    """Tell whether a request is answered whole, on a connection that goes on."""
    one.sendall(HEALTHY)
    heard = more = one.recv(2**16)
    while more and not heard.endswith(b"healthy.\n"):
        more = one.recv(2**16)
        heard += more
    return bool(more) and statuses(heard) == [200]


@contextmanager
def open_files(most: int) -> Iterator[None]:
    """Let this process, and those that it starts, open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, most), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /metrics HTTP/1.1\r\nX: ", id="half-a-head"),
        pytest.param(HEALTHY + b"GET /metrics", id="half-a-head-after-a-request"),
        pytest.param(POST + b"x", id="half-a-body"),
        pytest.param(LARGE, id="reads-nothing"),
        pytest.param(head("GET /config HTTP/1.1"), id="reads-nothing-and-wants-no-more"),
        pytest.param(LARGE * 3, id="reads-nothing-of-several"),
    ],
)
def test_who_stops_halfway_is_cut(said: bytes) -> None:
    """An exchange that does not come to its end in time ends the connection."""
    with served(SOON) as address, connected(address) as one:
        one.sendall(said)
        assert eventually(lambda: is_reset(one))
        assert eventually(lambda: scrapes(address))


@pytest.mark.parametrize("start", [b"GET /metrics HTTP/1.1\r\n", POST], ids=["head", "body"])
def test_who_trickles_is_cut(start: bytes) -> None:
    """A byte now and then gains no time."""
    with served(SOON) as address, connected(address) as one:
        one.sendall(start)

        def is_cut() -> bool:
            try:
                one.sendall(b"x")
            except (ConnectionResetError, BrokenPipeError):
                return True
            return False

        assert eventually(is_cut)
        assert eventually(lambda: scrapes(address))


def test_who_reads_slowly_is_cut() -> None:
    """Nor does a byte read now and then."""
    with served(SOON) as address, connected(address) as one:
        one.sendall(LARGE)
        assert eventually(lambda: not one.recv(1) or is_reset(one))
        assert eventually(lambda: scrapes(address))


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        pytest.param((b"SSH-2.0-x\r\n\r\n",), [400], id="before-the-answer"),
        pytest.param((CHUNKED_POST, b"ZZZ\r\n"), [405], id="after-the-answer"),
    ],
)
def test_who_speaks_no_http_is_cut(said: tuple[bytes, ...], heard: list[int]) -> None:
    """What turns out to be no HTTP ends the connection, with an answer if there was none yet."""
    with served(Limits(exchange_seconds=3600)) as address:
        assert statuses(say(address, *said)) == heard
        assert scrapes(address)


def test_who_waits_between_requests_is_kept() -> None:
    """A connection at rest is kept for the next scrape, much longer than an exchange may take."""
    with served(SOON) as address, connected(address) as kept, connected(address) as silent:
        assert answers(kept)
        assert eventually(lambda: is_reset(silent))
        with connected(address) as later:
            assert eventually(lambda: is_reset(later))
        assert not is_reset(kept)
        assert answers(kept)


def test_crowd_ends_its_own() -> None:
    """One connection too many ends the one that was served longest ago, not the newest."""
    with served(Limits(connections=3)) as address, ExitStack() as stack:
        crowd = [stack.enter_context(connected(address)) for _ in range(3)]
        for number in (1, 2, 0):
            assert answers(crowd[number])
        assert eventually(lambda: scrapes(address))
        assert eventually(lambda: is_reset(crowd[1]))
        assert not is_reset(crowd[0])
        assert not is_reset(crowd[2])


def test_unread_answers_are_not_kept_without_end() -> None:
    """When clients leave more unread than is allowed, the oldest of them end."""
    limits = Limits(exchange_seconds=3600, unsent_bytes=2 * PAGE_BYTES)
    with served(limits) as address, ExitStack() as stack:
        crowd = []
        for _ in range(8):
            crowd.append(stack.enter_context(connected(address)))
            crowd[-1].sendall(LARGE)
            crowd[-1].recv(1)
        assert eventually(lambda: all(map(is_reset, crowd[:2])))
        assert not any(map(is_reset, crowd[-2:]))
        assert eventually(lambda: scrapes(address))


def test_crowd_that_does_nothing(tmp_path: Path) -> None:
    """Two thousand connect, more than there may be open files, and whoever asks is answered.

    Memory and files stay within bounds, and the log has nothing to say. They come by the hundred:
    those for whom the system's queue has no place believe to be connected, and never are.
    """
    with ExitStack() as stack:
        stack.enter_context(open_files(1024))
        stage = stack.enter_context(attacked(tmp_path))
        stack.enter_context(open_files(4096))
        before = stage.scrape().values
        crowd = []
        for _ in range(20):
            crowd += [stack.enter_context(connected(stage.address)) for _ in range(100)]
            assert statuses(say(stage.address, head("GET /-/healthy HTTP/1.1"))) == [200]
        assert eventually(lambda: any(map(is_reset, crowd)))
        after = stage.scrape().values
        assert after["process_open_fds"] <= before["process_open_fds"] + Limits().connections
        grown = after["process_resident_memory_bytes"] - before["process_resident_memory_bytes"]
        assert grown < 64 * MIB
        assert stage.lines() == []
