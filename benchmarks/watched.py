"""Watched: the whole exporter, with a watch over its polling loop.

python -m benchmarks.watched <configuration> <state> <port>
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.stall import Watch
from exporter.config import load
from exporter.daemon import Daemon, Serving
from exporter.providers import PROVIDERS
from exporter.state import open_state


def main(config: Path, state_path: Path, port: str) -> None:
    """Run until the parent ends."""
    watches = []

    def ready(_urls: Sequence[str]) -> None:
        watches.append(Watch())

    serving = Serving((f"127.0.0.1:{port}",), "/metrics")
    with closing(open_state(state_path)) as state:
        again = partial(load, config, os.environ, PROVIDERS)
        asyncio.run(Daemon(again(), serving, state, again).run(ready=ready))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
