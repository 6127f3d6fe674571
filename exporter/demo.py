"""``demo`` and ``simulate``: the simulated providers, with the exporter in one process or alone."""

import time
from collections.abc import Sequence

from exporter.account import Account
from exporter.config import Config
from exporter.daemon import Daemon, Serving
from exporter.listen import parse_address, refusal
from exporter.output import say
from exporter.providers import PROVIDERS
from exporter.secret import Credential, Secret
from exporter.simulator import SimulatorServer, World, demo_world
from exporter.simulator import run as run_simulator
from exporter.state import State

POLL_SECONDS = 5.0
"""Between two polls of every collector: counters are to move while one watches."""

_PRICES = {"webshare": {"shared_residential": 3.5e-9}, "evomi": {"rpc": 0.49e-9, "rp": 2.15e-9}}
"""US dollars a byte, for the cost panels."""


async def run(addresses: Sequence[str], state: State) -> None:
    """Run both until SIGTERM or SIGINT, and say what there is to try.

    Raises: StartError when an address cannot be listened on.
    """
    world = demo_world(time.time())
    with SimulatorServer(world) as simulator:
        settings = _config(world, simulator.url)
        exporter = Daemon(
            settings, Serving(tuple(addresses), "/metrics"), state, load=lambda: settings
        )

        def welcome(urls: Sequence[str]) -> None:
            say(_welcome(urls[0], simulator.url))

        await exporter.run(ready=welcome)


def simulate(address: str) -> None:
    """Serve the simulated providers until SIGTERM or SIGINT.

    Raises: StartError when *address* cannot be listened on.
    """
    host, port = parse_address(address)
    try:
        run_simulator(host or "0.0.0.0", port, demo_world(time.time()), ready=say)  # noqa: S104 - as asked
    except BrokenPipeError:
        raise  # of our output, not of the address
    except OSError as error:
        raise refusal(address, error) from error


def _config(played: World, url: str) -> Config:
    """Return a configuration with every account of *played*, whose providers answer at *url*."""
    accounts = tuple(
        Account(
            provider=account.provider,
            name=account.name,
            credential=Credential(Secret(account.key)),
            base_url=url,
            intervals={one.name: POLL_SECONDS for one in PROVIDERS[account.provider].collectors},
            options=PROVIDERS[account.provider].options(),
            prices=_PRICES.get(account.provider, {}),
        )
        for account in played.accounts
    )
    return Config(accounts=accounts, hold_new_series=POLL_SECONDS)


def _welcome(exporter: str, simulator: str) -> str:
    """Return what the demo says when it is ready."""
    return f"""
The exporter polls six simulated accounts of three providers, every {POLL_SECONDS:.0f} seconds.

  Exporter    {exporter}/
  Metrics     {exporter}/metrics
  Simulator   {simulator}/

Three things to try:

  1. Open {exporter}/ in a browser: every account, and how its polls go.
  2. Watch a counter move:
       watch -n 5 "curl -s {exporter}/metrics | grep ^proxy_provider_account_traffic_bytes_total"
  3. Break a provider, see the exporter say so, and mend it:
       curl -X PUT {simulator}/-/faults -d '[{{"kind": "status", "provider": "evomi"}}]'
       curl -X PUT {simulator}/-/faults -d '[]'

Ctrl-C ends it.
"""
