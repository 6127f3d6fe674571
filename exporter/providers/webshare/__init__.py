"""Webshare.

API:     https://apidocs.webshare.io (read 2026-11-20)
Auth:    ``Authorization: Token <key>``
Limits:  240 requests a minute, 60 for the proxy list; whether by key or by address is not said.
         We count ``proxy/list/status`` among the latter, since nothing says otherwise
Units:   traffic in bytes, ``bandwidth_limit`` in GB of 2**30 bytes (their own client's code,
         webshare-cli ``internal/tui/stats.go``), prices and credits in US dollars
Resets:  usage begins anew with the term: 30 days from ``start_date``, for yearly customers too.
         A plan that is customised gets a new id, and the old one turns ``cancelled``
Times:   ISO 8601 with the profile's offset; statistics by the hour, complete after some two hours,
         for 90 days, and never asked for past the subscription's ``end_date``
Nulls:   averages and the last request without traffic, an error's ``http_status``; old accounts
         lack keys altogether
"""

from collections.abc import Mapping

from exporter.providers._provider import Provider
from exporter.providers.webshare._history import history
from exporter.providers.webshare.account import ACCOUNT
from exporter.providers.webshare.proxies import PROXIES
from exporter.providers.webshare.usage import USAGE
from exporter.secret import Secret


def _auth(secret: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Token {secret.reveal()}"}


WEBSHARE = Provider(
    name="webshare",
    title="Webshare",
    base_url="https://proxy.webshare.io",
    key_variable="WEBSHARE_API_KEY",
    auth=_auth,
    # 240 and 60 requests a minute.
    spacing={"": 0.25, "/api/v3/proxy/list": 1.0},
    collectors=(USAGE, PROXIES, ACCOUNT),
    history=history,
    history_days=90,
)
"""Webshare, as the exporter knows it."""

__all__ = ["WEBSHARE"]
