import asyncio
import os
import signal
import socket

import pytest

from exporter.config import Config
from exporter.daemon import Daemon, Serving, _address
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


def test_garbage_is_collected_meanwhile() -> None:
    """While the exporter runs, a task of its own collects what errors leave behind."""
    running: list[str] = []

    def ready(_urls: object) -> None:
        running.extend(map(repr, asyncio.all_tasks()))
        os.kill(os.getpid(), signal.SIGTERM)

    config = Config(accounts=())
    serving = Serving(("127.0.0.1:0",), "/metrics")
    asyncio.run(Daemon(config, serving, MemoryState(), lambda: config).run(ready))
    assert any("coro=<collect_garbage()" in one for one in running)
