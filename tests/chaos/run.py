"""Run: simulator, exporter and scraper, each a process of its own, from calm to rest."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from tests.chaos.cast import accounts, configuration
from tests.chaos.exposition import parse
from tests.chaos.faults import Window, faults
from tests.chaos.journal import Journal, read
from tests.chaos.simulate import Play
from tests.chaos.span import Span
from tests.chaos.witness import Witness
from tests.e2e.programs import exporter, process, until

START_SECONDS = 5.0
"""Until the calm begins: for the processes to start."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left; *began* is when its calm did, in Unix seconds."""

    span: Span
    began: float
    witness: Witness
    journal: Journal


def run(span: Span, folder: Path, *, seed: int) -> Outcome:
    """Run for *span*, with everything in *folder*, and end the exporter in order."""
    began = time.time() + START_SECONDS
    config, log, witness = folder / "config.yml", folder / "exporter.log", Witness()
    with ExitStack() as stack:
        simulator = stack.enter_context(_simulator(span, folder, began, seed))
        those = accounts(span.accounts, began)
        config.write_text(configuration(those, simulator, interval=span.interval), "utf-8")
        config.chmod(0o600)
        state = f"--storage.path={folder / 'state.db'}"
        _, url = stack.enter_context(exporter(config, state, log=log))
        client = stack.enter_context(httpx.Client(base_url=url, timeout=10))
        while time.time() < began + span.seconds:
            _scrape(client, witness)
            time.sleep(1.0 - time.time() % 1.0)
    return Outcome(span, began, witness, read(log.read_text("utf-8")))


@contextmanager
def _simulator(span: Span, folder: Path, began: float, seed: int) -> Iterator[str]:
    """Run the simulator, and yield its URL."""
    window = Window(began + span.calm, began + span.calm + span.chaos)
    strikes = list(faults(accounts(span.accounts, began), window, seed))
    file, log = folder / "play.json", folder / "simulator.log"
    file.write_bytes(msgspec.json.encode(Play(span.accounts, began, strikes, seed)))
    with process(sys.executable, "-m", "tests.chaos.simulate", file, log=log):
        yield until(lambda: log.read_text("utf-8").strip(), "the simulator serves")


def _scrape(client: httpx.Client, witness: Witness) -> None:
    at, start = time.time(), time.monotonic()
    try:
        answer = client.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
        seconds = time.monotonic() - start
        answer.raise_for_status()
    except httpx.HTTPError as error:
        witness.failed.append(repr(error))
    else:
        witness.see(parse(answer.text, at=at, seconds=seconds))
