"""Stage: the installed program, with one account, to be attacked from the scrape's side."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exporter.simulator import SimulatorServer, World
from tests.attack.client import Address, head, say, statuses
from tests.chaos.cast import accounts, configuration
from tests.chaos.exposition import Scrape, parse
from tests.e2e.programs import exporter, until


@dataclass(frozen=True, slots=True)
class Stage:
    """The program, which answers at *address* and logs to *log*."""

    address: Address
    log: Path

    def scrape(self) -> Scrape:
        """Scrape as a scraper does that is new, and comes but once."""
        at = time.time()
        heard = say(self.address, head("GET /metrics HTTP/1.1"))
        assert statuses(heard) == [200]
        text = heard.partition(b"\r\n\r\n")[2].decode()
        return parse(text, at=at, seconds=time.time() - at)

    def lines(self) -> list[str]:
        """Return the log, less that it listens."""
        lines = self.log.read_text("utf-8").splitlines()
        return [line for line in lines if not re.search("msg=listening", line)]


@contextmanager
def attacked(folder: Path) -> Iterator[Stage]:
    """Run the program until it was scraped with all that it has."""
    world = World(accounts(1, time.time()))
    config, log = folder / "config.yml", folder / "exporter.log"
    with SimulatorServer(world) as simulator:
        config.write_text(configuration(world.accounts, simulator.url, interval=5), "utf-8")
        config.chmod(0o600)
        with exporter(config, log=log) as (_, url):
            host, _, port = url.removeprefix("http://").partition(":")
            stage = Stage((host, int(port)), log)
            until(lambda: all(stage.scrape().of("proxy_provider_collector_success").values()), "up")
            yield stage
