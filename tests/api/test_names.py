"""Hosts by name, where the name server does not answer."""

import asyncio
import gc
import socket
import subprocess
import sys
from threading import Event

import pytest

from exporter.api._names import Names

PATIENCE = 30.0

HANGS = "hangs.example"

ADDRESS = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))


class Resolver:
    """What ``socket.getaddrinfo`` is in its place: it answers for HANGS once it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = Event()
        self.fails = False

    def __call__(self, host: str, *_: object, **__: object) -> list[object]:
        """Answer, one address."""
        self.asked.append(host)
        if host == HANGS:
            self.answers.wait(PATIENCE)
            if self.fails:
                raise OSError("no such name")
        return [ADDRESS]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Put one in the place of the system's."""
    found = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", found)
    return found


def test_name_that_hangs_keeps_no_other_waiting(resolver: Resolver) -> None:
    """However many wait for it: they wait for the same lookup, and others have their own."""

    async def ask() -> None:
        names = Names()
        waiting = [asyncio.create_task(names.addresses(HANGS)) for _ in range(100)]
        assert await names.addresses("answers.example") == ["192.0.2.1"]
        assert not any(one.done() for one in waiting)
        resolver.answers.set()
        assert await asyncio.gather(*waiting) == [["192.0.2.1"]] * 100

    asyncio.run(asyncio.wait_for(ask(), PATIENCE))
    assert sorted(resolver.asked) == ["answers.example", HANGS]


def test_who_gives_up_leaves_the_lookup_to_the_others(resolver: Resolver) -> None:
    """A poll that is over in the meantime ends no lookup, and who comes next begins none."""

    async def ask() -> None:
        names = Names()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names.addresses(HANGS), 0.01)
        waiting = asyncio.create_task(names.addresses(HANGS))
        await asyncio.sleep(0)
        resolver.answers.set()
        assert await waiting == ["192.0.2.1"]

    asyncio.run(asyncio.wait_for(ask(), PATIENCE))
    assert resolver.asked == [HANGS]


def test_lookup_that_fails_is_told_to_those_who_wait(
    resolver: Resolver, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has given up by then misses nothing, and nothing is logged or left of it."""
    resolver.fails = True

    async def ask() -> None:
        names = Names()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names.addresses(HANGS), 0.01)
        waiting = [asyncio.create_task(names.addresses(HANGS)) for _ in range(3)]
        await asyncio.sleep(0)
        resolver.answers.set()
        errors = await asyncio.gather(*waiting, return_exceptions=True)
        assert list(map(str, errors)) == ["no such name"] * 3

    asyncio.run(asyncio.wait_for(ask(), PATIENCE))
    gc.collect()
    assert caplog.messages == []


def test_answers_are_not_kept(resolver: Resolver) -> None:
    """The next connection asks anew: a provider may have moved."""

    async def ask() -> None:
        names = Names()
        for _ in range(2):
            await names.addresses("answers.example")

    asyncio.run(asyncio.wait_for(ask(), PATIENCE))
    assert resolver.asked == ["answers.example"] * 2


def test_process_does_not_wait_for_a_name() -> None:
    """A lookup that hangs does not hold up the end of the process."""
    program = f"""
import asyncio, socket, time
socket.getaddrinfo = lambda *_, **__: time.sleep({2 * PATIENCE})
from exporter.api._names import Names
try:
    asyncio.run(asyncio.wait_for(Names().addresses("{HANGS}"), 0.1))
except TimeoutError:
    print("given up")
"""
    ended = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ended.stdout == "given up\n"
