"""The running exporter: wires everything, and ends when it is told to."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from exporter import __version__
from exporter.api import Pool
from exporter.config import Config, effective
from exporter.guard import Guard
from exporter.listen import bind
from exporter.logs import fields
from exporter.own_samples import own_samples
from exporter.polling import Bounds, Polling
from exporter.providers import PROVIDERS
from exporter.scrape import Scrape
from exporter.server import Face, Server, create_app
from exporter.session import Resources
from exporter.snapshot import SnapshotStore
from exporter.state import State
from exporter.web_config import WebConfigFile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the exporter listens, under which path it has its metrics, and who may ask for them."""

    addresses: tuple[str, ...]
    telemetry_path: str
    web_config: WebConfigFile | None = None
    """None is plain HTTP, open to all."""

    def server(self, face: Face, sockets: Iterable[socket.socket]) -> Server:
        """Return what serves *face* on *sockets*."""
        app, web = create_app(face), self.web_config
        if web is None:
            return Server(app, sockets)
        return Server(Guard(app, lambda: web.config), sockets, tls=web.tls())

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.web_config and self.web_config.config.tls else "http"


class Daemon:
    """The exporter as a process: polls until it is stopped, and answers scrapes all the while."""

    def __init__(self, config: Config, serving: Serving, state: State) -> None:
        self._config = config
        self._serving = serving
        self._loaded_at = time.time()
        self._state = state
        self._store = SnapshotStore()
        self._pool = Pool()
        self._polling = Polling(
            PROVIDERS,
            self._store,
            Resources(self._pool, self._state, config.hold_new_series),
            Bounds(config.poll_timeout, config.max_series),
        )

    async def run(self, ready: Callable[[Sequence[str]], None] = lambda _urls: None) -> None:
        """Run until SIGTERM or SIGINT; *ready* is told the URLs as soon as they answer.

        Raises: StartError when an address cannot be listened on.
        """
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        for account in self._config.accounts:
            self._polling.add(account)
        sockets = bind(self._serving.addresses)
        with self._serving.server(self._face(), sockets):
            self._announce(sockets)
            scheme = self._serving.scheme
            ready([f"{scheme}://{_address(one, local=True)}" for one in sockets])
            self._polling.start()
            await stopped.wait()
            log.info("stopping")
            await self._polling.stop()
        await self._pool.aclose()

    def _face(self) -> Face:
        own = partial(own_samples, self._state, self._loaded_at)
        scrape = Scrape(self._store, own, stale_after=self._config.stale_after)
        return Face(
            scrape=scrape,
            telemetry_path=self._serving.telemetry_path,
            waiting_for=self._polling.unpolled,
            config_text=lambda: effective(self._config, PROVIDERS),
            snapshots=self._store.all,
            titles={name: provider.title for name, provider in PROVIDERS.items()},
        )

    def _announce(self, sockets: Iterable[socket.socket]) -> None:
        for one in sockets:
            accounts = len(self._config.accounts)
            extra = fields(
                address=_address(one),
                scheme=self._serving.scheme,
                version=__version__,
                accounts=accounts,
            )
            log.info("listening", extra=extra)


_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def _address(one: socket.socket, *, local: bool = False) -> str:
    """Return what *one* listens on; *local*: as a program on this machine reaches it."""
    host, port = one.getsockname()[:2]
    if local and host in _ANY:
        host = "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
