"""The configuration that end-to-end tests poll the simulator with."""

import json

from exporter.providers import PROVIDERS
from exporter.simulator import World


def configuration(world: World, url: str, **settings: object) -> str:
    """Return one that polls every account of *world*, all at *url*, every second.

    *settings* are its other keys.
    """
    accounts = [
        {
            "provider": account.provider,
            "name": account.name,
            "api_key": account.key,
            "base_url": url,
            "intervals": {one.name: "1s" for one in PROVIDERS[account.provider].collectors},
        }
        for account in world.accounts
    ]
    return json.dumps({"hold_new_series": "1s", **settings, "accounts": accounts})
