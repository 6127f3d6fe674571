"""Evomi.

API:      https://docs.evomi.com/public-api/ (read 2026-11-20)
Auth:     ``x-apikey: <key>``; a request without a User-Agent is refused
Limit:    undocumented; we send four requests a second at most, as to Webshare
Units:    MB of 10**6 bytes ("total_bandwidth_gb = total_bandwidth_mb / 1,000")
Windows:  ``3d`` and ``7d`` roll and have day buckets, ``24h`` has hour buckets; their zone is not
          documented; the oldest one may be cut, the newest one grows, minutes behind the traffic
Products: shared datacenter is ``dcp`` in ``public`` and ``sdc`` in ``usage``; static residential
          is billed by address and not in ``usage``
Balance:  falls with use, rises when topped up
Traps:    ``[]`` may stand for an empty object, a bare number for a bucket that does not split; an
          error may come with 200 and ``success: false``; ``public`` holds proxy passwords
"""

from collections.abc import Mapping

from exporter.providers._provider import Provider
from exporter.providers.evomi._answers import CODES
from exporter.providers.evomi._held import GUESSES
from exporter.providers.evomi._history import history
from exporter.providers.evomi._options import Options
from exporter.providers.evomi.balance import BALANCE
from exporter.providers.evomi.usage import USAGE
from exporter.secret import Secret


def _auth(secret: Secret) -> Mapping[str, str]:
    return {"x-apikey": secret.reveal()}


EVOMI = Provider(
    name="evomi",
    title="Evomi",
    base_url="https://api.evomi.com",
    key_variable="EVOMI_API_KEY",
    auth=_auth,
    spacing={"": 0.25},
    collectors=(USAGE, BALANCE),
    options=Options,
    products={**{code: code for code in GUESSES}, **CODES},
    history=history,
    history_days=7,
)
"""Evomi, as the exporter knows it."""

__all__ = ["EVOMI"]
