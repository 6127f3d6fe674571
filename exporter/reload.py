"""Reload: the configuration is loaded again while the exporter runs, all of it or nothing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from exporter.config import Config
from exporter.errors import UsageError
from exporter.logs import fields

log = logging.getLogger(__name__)


class Reloader:
    """Loads the configuration with *load*, and hands it to *apply*; one at a time.

    Of the load at the start it is told that it succeeded.
    """

    def __init__(
        self, load: Callable[[], Config], apply: Callable[[Config], Awaitable[None]]
    ) -> None:
        self.successful = True
        """Whether the last attempt succeeded."""
        self.succeeded_at = time.time()
        """When the configuration that holds was loaded, in Unix seconds."""
        self._load = load
        self._apply = apply
        self._turn = asyncio.Lock()
        self._closed = False
        self._begun: set[asyncio.Task[str | None]] = set()

    async def reload(self) -> str | None:
        """Load and apply; return what is wrong with the configuration: then all stays as it was."""
        async with self._turn:
            if self._closed:
                return "the exporter is stopping"
            try:
                return await self._reload()
            except BaseException:
                self.successful = False
                raise

    async def _reload(self) -> str | None:
        try:
            config = await asyncio.to_thread(self._load)
        except UsageError as error:
            self.successful = False
            log.error(  # noqa: TRY400 - a mistake of the user's needs no traceback
                "configuration not reloaded: the one before stays",
                extra=fields(error="; ".join(error.mistakes)),
            )
            return str(error)
        await self._apply(config)
        self.successful, self.succeeded_at = True, time.time()
        log.info("configuration reloaded", extra=fields(accounts=len(config.accounts)))
        return None

    def begin(self) -> None:
        """Reload, without waiting for the outcome: the log and the metrics tell."""
        task = asyncio.get_running_loop().create_task(self.reload())
        self._begun.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[str | None]) -> None:
        self._begun.discard(task)
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            log.error("configuration not reloaded", exc_info=bug)

    async def close(self) -> None:
        """Wait for the reload under way, and refuse those that wait."""
        self._closed = True
        async with self._turn:
            pass
