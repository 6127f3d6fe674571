"""The collector ``proxies``: how many of each active plan there are, by country."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from exporter.api import Api
from exporter.errors import PollError
from exporter.metrics import Sample, plans
from exporter.providers._labels import country
from exporter.providers._provider import Collector, Context, Report, gather, reads
from exporter.providers._samples import add_rows
from exporter.providers.webshare._answers import Plan, ProxyStatus, rows
from exporter.providers.webshare._plans import ACTIVE, list_plans, place


@dataclass(frozen=True, slots=True)
class Answer:
    """The plans, and by the id of each active one its proxies or why they are not known."""

    plans: Mapping[str, Plan]
    statuses: Mapping[str, ProxyStatus]
    failures: Mapping[str, PollError]


async def fetch(api: Api, _context: Context) -> Answer:
    """Ask for the plans, then for the proxies of each active one.

    Raises: PollError.
    """
    listed = await list_plans(api)
    active = [name for name, plan in listed.items() if plan.status == ACTIVE]
    statuses, failures = await gather({name: partial(_ask, api, name) for name in active})
    return Answer(listed, statuses, failures)


async def _ask(api: Api, name: str) -> ProxyStatus:
    return await api.get("/api/v3/proxy/list/status", ProxyStatus, {"plan_id": name})


def parse(answer: Answer) -> Report:
    """Return the proxies of each plan."""
    parts = {
        name: tuple(_samples(status, answer.plans[name]))
        for name, status in answer.statuses.items()
    }
    return Report(parts, answer.failures)


def _samples(status: ProxyStatus, plan: Plan) -> Iterator[Sample]:
    product, name = place(plan)
    counts = add_rows((country(code), count) for code, count in rows(status.countries).items())
    for code, count in counts.items():
        yield plans.PLAN_PROXIES.sample(count, product=product, plan=name, country=code)
    if status.unallocated_countries is not None:
        unallocated = sum(rows(status.unallocated_countries).values())
        yield plans.PLAN_PROXIES_UNALLOCATED.sample(unallocated, product=product, plan=name)


PROXIES = Collector(
    name="proxies",
    interval=900,
    poll=reads(fetch, parse),
    families=(plans.PLAN_PROXIES, plans.PLAN_PROXIES_UNALLOCATED),
)
"""What proxies there are."""
