"""The simulator of a run, as a process: ``python -m tests.chaos.simulate FILE`` plays its world."""

import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from exporter.simulator import Fault, World, run
from tests.chaos.cast import accounts


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: so many accounts that began before *now*, and what strikes them."""

    accounts: int
    now: float
    faults: list[Fault]
    seed: int


def main(file: Path) -> None:
    """Serve until SIGTERM, and print the URL."""
    play = msgspec.json.decode(file.read_bytes(), type=Play)
    world = World(accounts(play.accounts, play.now), faults=play.faults, seed=play.seed)

    def say(url: str) -> None:
        print(url, flush=True)  # noqa: T201 - its output

    run("127.0.0.1", 0, world, ready=say)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
