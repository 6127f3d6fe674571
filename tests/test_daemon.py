import asyncio
import os
import signal
import socket
import sys
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable

import pytest

from exporter.config import Config
from exporter.daemon import Daemon, Serving, _address
from exporter.interpreter import SWITCH_SECONDS, TLS_READ_BYTES
from exporter.state import MemoryState


class Bound(socket.socket):
    """A socket that says it is bound to *name*."""

    def __init__(self, name: tuple[str, int]) -> None:
        super().__init__()
        self.name = name

    def getsockname(self) -> tuple[str, int]:
        """Return the name."""
        return self.name


@pytest.mark.parametrize(
    ("host", "told", "reached"),
    [
        ("127.0.0.1", "127.0.0.1:1", "127.0.0.1:1"),
        ("0.0.0.0", "0.0.0.0:1", "localhost:1"),  # noqa: S104 - a name, not bound
        ("::", "[::]:1", "localhost:1"),
        ("::1", "[::1]:1", "[::1]:1"),
    ],
)
def test_address(host: str, told: str, reached: str) -> None:
    """A socket on every interface is reached as localhost; IPv6 stands in brackets."""
    with Bound((host, 1)) as bound:
        assert _address(bound) == told
        assert _address(bound, local=True) == reached


def run_until_ready(look: Callable[[], None]) -> None:
    """Run an exporter without accounts, and stop it as soon as it answers, after a *look*."""

    def ready(_urls: object) -> None:
        look()
        os.kill(os.getpid(), signal.SIGTERM)

    config = Config(accounts=())
    serving = Serving(("127.0.0.1:0",), "/metrics")
    asyncio.run(Daemon(config, serving, MemoryState(), lambda: config).run(ready))


def test_garbage_is_collected_meanwhile() -> None:
    """While the exporter runs, a task of its own collects what errors leave behind."""
    running: list[str] = []
    run_until_ready(lambda: running.extend(map(repr, asyncio.all_tasks())))
    assert any("coro=<collect_garbage()" in one for one in running)


def test_interpreter_is_made_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own settings are those of a process that polls while it answers."""
    monkeypatch.setattr(SSLProtocol, "max_size", 2**18)
    sys.setswitchinterval(0.005)
    run_until_ready(lambda: None)
    assert SSLProtocol.max_size == TLS_READ_BYTES
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
