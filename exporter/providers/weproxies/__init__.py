"""WeProxies. Experimental: no more than three pages of documentation, on a staging host.

API:     https://docs-staging.weproxies.com/api/usage and api/subscriptions (read 2026-11-20)
Auth:    ``Authorization: Bearer <token>``; tokens die after a year by default
Limit:   undocumented; we send four requests a second at most, as to Webshare
Units:   ``bytes`` and ``bytes_used`` are bytes; a GB of ``traffic_..._gb`` is 2**30 by analogy with
         ``gb_used`` of the usage sample; ``success_rate`` is a percentage
Periods: ``today``, ``week`` and ``month`` are calendar ones by the samples; ``all`` never resets
Lists:   ``by_country`` of the summary is cut; ``usage/by-country`` is whole with a high ``limit``;
         ``by_subscription`` is whole
Traps:   ``success: false`` may come with 200; credentials stand in the list of subscriptions; the
         sample code divides bytes by 10**9 where the sample answer uses 2**30
"""

from collections.abc import Mapping

from exporter.providers._provider import Provider
from exporter.providers.weproxies._history import history
from exporter.providers.weproxies._options import Options
from exporter.providers.weproxies.countries import COUNTRIES
from exporter.providers.weproxies.realtime import REALTIME
from exporter.providers.weproxies.subscriptions import SUBSCRIPTIONS
from exporter.providers.weproxies.usage import USAGE
from exporter.secret import Secret


def _auth(secret: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret.reveal()}"}


WEPROXIES = Provider(
    name="weproxies",
    title="WeProxies",
    base_url="https://api.weproxies.com",
    key_variable="WEPROXIES_API_TOKEN",
    auth=_auth,
    spacing={"": 0.25},
    collectors=(USAGE, COUNTRIES, REALTIME, SUBSCRIPTIONS),
    options=Options,
    history=history,
    history_days=365,
)
"""WeProxies, as the exporter knows it."""

__all__ = ["WEPROXIES"]
