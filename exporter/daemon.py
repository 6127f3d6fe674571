"""The running exporter: wires everything, and ends when it is told to."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from exporter import __version__
from exporter.api import Pool
from exporter.config import Config, effective
from exporter.face import Face, create_app
from exporter.guard import Guard
from exporter.interpreter import collect_garbage, favour_polls, shrink_connections
from exporter.listen import bind
from exporter.logs import fields
from exporter.metrics import Sample
from exporter.own_samples import own_samples
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import PROVIDERS
from exporter.reload import Reloader
from exporter.scrape import Scrape
from exporter.server import Server
from exporter.session import Resources
from exporter.state import State
from exporter.store import Store
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


def ignore_hang_up() -> None:
    """Let no SIGHUP end the process where nothing can be reloaded, at its begin and at its end."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class Daemon:
    """The exporter as a process: polls until it is stopped, and answers scrapes all the while.

    *load* loads the configuration again; it raises UsageError when that is wrong.
    """

    def __init__(
        self, config: Config, serving: Serving, state: State, load: Callable[[], Config]
    ) -> None:
        self._config = config
        self._serving = serving
        self._state = state
        self._store = Store()
        self._shared = Resources(Pool(), state, config.hold_new_series)
        self._bounds = Bounds(config.poll_timeout, config.max_series)
        self._polling = Polling(PROVIDERS, self._store, self._shared, self._bounds)
        self._reloader = Reloader(load, self._apply)
        self._scrape = Scrape(self._store, self._own_samples, stale_after=config.stale_after)

    async def run(self, ready: Callable[[Sequence[str]], None] = lambda _urls: None) -> None:
        """Run until SIGTERM or SIGINT; *ready* is told the URLs as soon as they answer.

        SIGHUP loads the configuration again. Raises: StartError when an address cannot be listened
        on.
        """
        favour_polls()
        shrink_connections()
        collecting = asyncio.create_task(collect_garbage())
        try:
            await self._run(ready)
        finally:
            collecting.cancel()

    async def _run(self, ready: Callable[[Sequence[str]], None]) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self._reloader.begin)
        for account in self._config.accounts:
            self._polling.add(account)
        sockets = bind(self._serving.addresses)
        with self._serving.server(self._face(loop), sockets):
            self._announce(sockets)
            scheme = self._serving.scheme
            ready([f"{scheme}://{_address(one, local=True)}" for one in sockets])
            self._polling.start()
            await stopped.wait()
            log.info("stopping")
            await self._reloader.close()
            await self._polling.stop()
        await self._shared.pool.aclose()
        loop.remove_signal_handler(signal.SIGHUP)
        ignore_hang_up()

    async def _apply(self, config: Config) -> None:
        await self._polling.update(config.accounts)
        self._config = config
        self._shared.hold = config.hold_new_series
        self._bounds.poll_timeout = config.poll_timeout
        self._bounds.max_series = config.max_series
        self._scrape.stale_after = config.stale_after

    def _own_samples(self) -> Iterator[Sample]:
        loaded = self._reloader
        return own_samples(self._state, loaded.succeeded_at, reloaded=loaded.successful)

    def _face(self, loop: asyncio.AbstractEventLoop) -> Face:
        async def reload() -> str | None:
            begun = asyncio.run_coroutine_threadsafe(self._reloader.reload(), loop)
            return await asyncio.wrap_future(begun)

        return Face(
            scrape=self._scrape,
            telemetry_path=self._serving.telemetry_path,
            waiting_for=self._polling.unpolled,
            config_text=lambda: effective(self._config, PROVIDERS),
            snapshots=self._store.all,
            reload=reload,
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
