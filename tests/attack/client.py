"""Client: says raw bytes, and hears what comes back."""

import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds in which an answer or an end has to come: machines are shared."""

Address = tuple[str, int]


@contextmanager
def connected(address: Address) -> Iterator[socket.socket]:
    """Connect, and hang up at the end."""
    with socket.create_connection(address, timeout=PATIENCE) as one:
        yield one


def head(first: str, *headers: str) -> bytes:
    """Return the head of a request, after which the server is to hang up."""
    lines = (first, "Host: x", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1")


def say(address: Address, *pieces: bytes) -> bytes:
    """Send *pieces*, the next when there was an answer to the one before; return all that came.

    The server hangs up; where it does so while we still speak, what it said may be lost on the way.
    """
    heard = bytearray()
    with connected(address) as one:
        try:
            for piece in pieces[:-1]:
                one.sendall(piece)
                heard += one.recv(2**16)
            one.sendall(pieces[-1])
            while more := one.recv(2**16):
                heard += more
        except (ConnectionResetError, BrokenPipeError):
            pass
    return bytes(heard)


def statuses(heard: bytes) -> list[int]:
    """Return the statuses of all answers in *heard*."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)]


def header(heard: bytes, name: str) -> str | None:
    """Return a header of the first answer, None when it is not there."""
    lines = heard.partition(b"\r\n\r\n")[0].decode("latin-1").splitlines()[1:]
    found = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}
    return found.get(name)


def is_reset(one: socket.socket) -> bool:
    """Tell whether the server has reset the connection; nothing is read of what it said before."""
    poll = select.poll()
    poll.register(one, 0)
    return bool(poll.poll(0))


def eventually(holds: Callable[[], bool]) -> bool:
    """Tell whether *holds* does, within our patience."""
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()
