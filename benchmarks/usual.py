"""Usual: the usual stack (httpx, pydantic, prometheus_client) doing what the exporter does.

python -m benchmarks.usual <url of the API> <accounts> <seconds between polls> <port>

One client for all, Gauges that are set at each poll, ``start_http_server``: 100 series an account.
It keeps no ledger, and does not retry, back off or forget.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import datetime

import httpx
from prometheus_client import Gauge, start_http_server
from pydantic import BaseModel

from benchmarks.stall import Watch
from exporter.errors import Reason

_ACCOUNT = ("provider", "account")
_PLAN = (*_ACCOUNT, "product", "plan")


class Span(BaseModel):
    """The span that a summary is about."""

    start: datetime
    end: datetime


class Total(BaseModel):
    """The account's own total."""

    bytes_used: float
    requests: float
    success_rate: float


class Row(BaseModel):
    """What one subscription used."""

    subscription_id: str
    product_name: str
    bytes_used: float
    requests: float


class Summary(BaseModel):
    """What the API answers."""

    period: Span
    total: Total
    by_subscription: list[Row]


class Envelope(BaseModel):
    """What every answer comes in."""

    success: bool
    data: Summary


def _gauges(names: str, *labels: str) -> Mapping[str, Gauge]:
    return {
        name: Gauge(f"proxy_provider_{name}", "As of the last poll.", labels)
        for name in names.split()
    }


ROW = _gauges(
    "product_period_traffic_bytes product_period_requests product_traffic_bytes"
    " product_requests corrections_bytes corrections_requests gap_seconds",
    *_PLAN,
)
ACCOUNT = _gauges(
    "traffic_bytes requests period_traffic_bytes period_requests success_ratio period_start"
    " period_end discrepancy_bytes up success supported polls requests_sent duration_seconds"
    " interval_seconds last_success_seconds",
    *_ACCOUNT,
)
FAILURES = Gauge("proxy_provider_failures", "As of the last poll.", (*_ACCOUNT, "reason"))


def begin(name: str, interval: float) -> None:
    """Make what the polls do not change."""
    for reason in Reason:
        FAILURES.labels("weproxies", name, reason).set(0)
    for gauge, value in (("supported", 1), ("interval_seconds", interval)):
        ACCOUNT[gauge].labels("weproxies", name).set(value)


async def poll(client: httpx.AsyncClient, url: str, name: str) -> None:
    """Poll one account, and set its gauges."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {name}"}
    response = await client.get(f"{url}/api/v1/usage", params={"period": "all"}, headers=headers)
    response.raise_for_status()
    summary = Envelope.model_validate_json(response.content).data
    for row in summary.by_subscription:
        used, sent = row.bytes_used, row.requests
        for gauge, value in zip(ROW.values(), (used, sent, used, sent, 0, 0, 0), strict=True):
            gauge.labels("weproxies", name, row.product_name, row.subscription_id).set(value)
    total, span = summary.total, summary.period
    values = {
        **dict.fromkeys(("traffic_bytes", "period_traffic_bytes"), total.bytes_used),
        **dict.fromkeys(("requests", "period_requests"), total.requests),
        **dict.fromkeys(("up", "success"), 1),
        "success_ratio": total.success_rate / 100,
        "period_start": span.start.timestamp(),
        "period_end": span.end.timestamp(),
        "discrepancy_bytes": 0,
        "duration_seconds": time.monotonic() - began,
        "last_success_seconds": time.time(),
    }
    for one, figure in values.items():
        ACCOUNT[one].labels("weproxies", name).set(figure)
    for one in ("polls", "requests_sent"):
        ACCOUNT[one].labels("weproxies", name).inc()


async def _poll_for_ever(
    client: httpx.AsyncClient, url: str, name: str, times: list[float]
) -> None:
    start, interval = times
    begin(name, interval)
    loop = asyncio.get_running_loop()
    turn = loop.time() + start
    while True:
        await asyncio.sleep(turn - loop.time())
        try:
            await poll(client, url, name)
        except httpx.HTTPError:  # too slow for its own limits, as at times on a busy machine
            for one in ("up", "success"):
                ACCOUNT[one].labels("weproxies", name).set(0)
        turn += interval


async def main(url: str, accounts: int, interval: float, port: int) -> None:
    """Run until the parent ends; polls are spread over the interval."""
    start_http_server(port, "127.0.0.1")
    watch = Watch()
    async with httpx.AsyncClient(timeout=10.0) as client, asyncio.TaskGroup() as group:
        for number in range(accounts):
            times = [interval * (number + 1) / accounts, interval]
            group.create_task(_poll_for_ever(client, url, f"account-{number:04}", times))
    del watch


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
