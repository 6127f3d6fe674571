"""``once``: poll everything once, and print the exposition."""

import math
import time
from functools import partial

from exporter.api import Pool
from exporter.config import Config
from exporter.exposition import Format
from exporter.output import standard_output
from exporter.own_samples import own_samples
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import PROVIDERS
from exporter.scrape import Scrape
from exporter.session import Resources
from exporter.state import State
from exporter.store import Store


async def run(config: Config, state: State) -> int:
    """Poll, print, and return the exit code: 1 when a required collector failed, else 0."""
    own = partial(own_samples, state, time.time())
    pool, store = Pool(), Store()
    polling = Polling(
        PROVIDERS,
        store,
        Resources(pool, state, config.hold_new_series),
        Bounds(config.poll_timeout, config.max_series),
    )
    for account in config.accounts:
        polling.add(account)
    await polling.poll_once()
    await pool.aclose()
    scrape = Scrape(store, own, stale_after=math.inf)
    with standard_output() as out:
        out.buffer.write(scrape.body(Format.TEXT, gzip=False))
    return int(any(one.required and not one.success for one in store.all()))
