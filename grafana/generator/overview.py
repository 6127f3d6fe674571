"""Overview: all providers side by side."""

from exporter.metrics import plans, realtime
from grafana.generator import colours, figures, thresholds, units
from grafana.generator.board import FIRING, Band, Board, Line, link_to
from grafana.generator.panels import Text, gauges, graph, number, states
from grafana.generator.queries import OVER_RANGE, OVER_STEP, total, value
from grafana.generator.tables import Column, rows
from grafana.generator.targets import bars, lines, now

WORKS = {1: ("works", colours.GOOD), 0: ("fails", colours.BAD)}

_PROVIDER = "proxy-provider-provider"


def board() -> Board:
    """Return the dashboard."""
    return Board(
        "proxy-provider-overview",
        "Proxy providers / Overview",
        "What was used, where and at what cost; whether it works, and how long it lasts.",
        "product",
        [_use(), _state(), _side_by_side(), _plans(), _collection()],
    )


def _use() -> Band:
    traffic = number(
        Text(
            "Traffic",
            "Traffic in the chosen range, by provider. No level is good by itself: compare it with"
            " what you planned, and open the provider in the table of plans when it differs.",
        ),
        now(figures.traffic(OVER_RANGE, "provider"), "{{provider}}"),
        unit=units.BYTES,
    )
    requests = number(
        Text(
            "Requests",
            "Requests in the chosen range, by provider; Evomi does not count them. Good is what"
            " your own software counts. Many more than that are retries: look at the errors.",
        ),
        now(figures.requests(OVER_RANGE, "provider"), "{{provider}}"),
        unit=units.COUNT,
    )
    success = number(
        Text(
            "Success ratio",
            "Share of requests that succeeded: Webshare's in the chosen range, WeProxies' of the"
            " day so far, which is all that it states; Evomi states none. Below"
            f" {thresholds.SUCCESS_LOW:.0%} open the provider and see which errors and countries.",
        ),
        now(figures.success(OVER_RANGE, "provider"), "{{provider}}"),
        now(figures.stated_success("provider"), "{{provider}} today"),
        unit=units.RATIO,
        steps=thresholds.SUCCESS,
    )
    connections = number(
        Text(
            "Active connections",
            "Open connections right now, as of the last poll; only WeProxies tells. Zero while you"
            " use it means that nothing gets through: look at the collection below.",
        ),
        now(total(value(realtime.ACCOUNT_ACTIVE_CONNECTIONS), "provider"), "{{provider}}"),
        unit=units.COUNT,
    )
    return Band(
        "Use in the chosen range",
        [Line(4, (7, 6, 6, 5), (traffic, requests, success, connections))],
    )


def _state() -> Band:
    failing = number(
        Text(
            "Accounts that fail",
            "Accounts whose last required poll failed. Good is 0; else see below which, and open"
            " the dashboard Exporter for the reason.",
        ),
        now(figures.FAILING),
        unit=units.COUNT,
        steps=thresholds.NONE_IS_GOOD,
    )
    alerts = number(
        Text(
            "Alerts that fire",
            "Alerts of this project that fire. Good is 0; else they are listed below, and each has"
            " a runbook that says what to do.",
        ),
        now(figures.ALERTS),
        unit=units.COUNT,
        steps=thresholds.NONE_IS_GOOD,
    )
    quota = number(
        Text(
            "Least quota left",
            "What is left of the plan that is closest to its limit. Orange is where the alert for a"
            " high quota fires, red the critical one: buy traffic or slow down.",
        ),
        now(f"min({figures.QUOTA_LEFT})"),
        unit=units.RATIO,
        steps=thresholds.QUOTA_LEFT,
    )
    runway = number(
        Text(
            "Shortest runway",
            "Time until the first plan or balance is used up, at the pace of the last day. Red is"
            " less than a day: buy traffic now.",
        ),
        now(f"min({figures.RUNWAY})"),
        unit=units.SECONDS,
        steps=thresholds.RUNWAY,
    )
    cost = number(
        Text(
            "Cost of traffic",
            "Traffic in the chosen range at the `prices` of the exporter's configuration; products"
            " without a price are left out. Compare it with your budget.",
        ),
        now(figures.cost(OVER_RANGE)),
        unit=units.USD,
    )
    prices = number(
        Text(
            "Price of plans",
            "What the active plans cost for their terms, as the provider states it; only Webshare"
            " does. It changes only when you buy: if you did not, look at the plans below.",
        ),
        now(total(value(plans.PLAN_PRICE_USD))),
        unit=units.USD,
    )
    return Band(
        "State", [Line(4, (4, 4, 4, 4, 4, 4), (failing, alerts, quota, runway, cost, prices))]
    )


def _side_by_side() -> Band:
    traffic = graph(
        Text(
            "Traffic by provider",
            "Each bar is what was used in one step, an hour at least. A steady rhythm is good; a"
            " spike may be a runaway job or a leaked key, a gap an outage: see the provider.",
        ),
        bars(figures.traffic(OVER_STEP, "provider"), "{{provider}}"),
        unit=units.BYTES,
        stacked=True,
        by_provider=True,
    )
    requests = graph(
        Text(
            "Requests by provider",
            "Each bar is the requests of one step, an hour at least; Evomi does not count them. If"
            " they rise and traffic does not, look at the errors of the provider.",
        ),
        bars(figures.requests(OVER_STEP, "provider"), "{{provider}}"),
        unit=units.COUNT,
        stacked=True,
        by_provider=True,
    )
    success = graph(
        Text(
            "Success ratio by account",
            "Share of requests that succeeded: Webshare's of each step, WeProxies' of the day so"
            " far. Good is level and above the dashed line, where the alert fires; on a fall see"
            " the errors by reason of that provider.",
        ),
        bars(figures.success(OVER_STEP, "provider", "account"), figures.OF_ACCOUNT),
        lines(figures.stated_success("provider", "account"), f"{figures.OF_ACCOUNT} today"),
        unit=units.RATIO,
        steps=thresholds.SUCCESS,
        soft_least=0.75,
        most=1,
    )
    accounts = gauges(
        Text(
            "Traffic by account",
            "Traffic in the chosen range by account, largest first. Shares that you did not expect"
            " are worth a look at the provider's dashboard.",
        ),
        now(f"sort_desc({figures.traffic(OVER_RANGE, 'provider', 'account')})", figures.OF_ACCOUNT),
        unit=units.BYTES,
    )
    return Band(
        "Side by side",
        [Line(8, (12, 12), (traffic, requests)), Line(8, (14, 10), (success, accounts))],
    )


def _plans() -> Band:
    table = rows(
        Text(
            "Plans",
            "Every active plan and balance. Click a provider or an account to see its use, a"
            " product to see its quota. Colours change where the alerts fire; a cell is empty where"
            " the provider says nothing, such as the limit of an unlimited plan.",
        ),
        {
            "provider": "Provider",
            "account": "Account",
            "name": "Name",
            "product": "Product",
            "plan": "Plan",
        },
        [
            Column("", value(plans.PLAN_INFO)),
            Column("Traffic in range", figures.TRAFFIC_OF_PLANS, units.BYTES),
            Column("Quota", figures.LIMIT, units.BYTES),
            Column("Left", figures.REMAINING, units.BYTES),
            Column("Quota used", figures.QUOTA_USED, units.RATIO, thresholds.QUOTA_USED),
            Column("Runway", figures.RUNWAY, units.SECONDS, thresholds.RUNWAY),
            Column("Ends", f"1000 * {figures.EXPIRY}", units.FROM_NOW),
            Column("Price", value(plans.PLAN_PRICE_USD), units.USD),
        ],
        sort_by="Traffic in range",
        links={
            "provider": link_to(_PROVIDER, "provider"),
            "account": link_to(_PROVIDER, "provider", "account"),
            "product": link_to("proxy-provider-quota", "provider", "account", "product"),
        },
    )
    return Band("Plans", [Line(12, (24,), (table,))])


def _collection() -> Band:
    collection = states(
        Text(
            "Collection by account",
            "Whether the required polls of each account worked. Good is one unbroken bar; where it"
            " breaks, gauges stop but counters catch up later. Open Exporter for the reason.",
        ),
        lines(figures.UP, figures.OF_ACCOUNT),
        names=WORKS,
    )
    firing = rows(
        Text(
            "Alerts that fire",
            "What fires now, with its severity. Good is an empty table; else follow the runbook of"
            " the alert.",
        ),
        {
            "alertname": "Alert",
            "severity": "Severity",
            "provider": "Provider",
            "account": "Account",
            "product": "Product",
        },
        [
            Column(
                "",
                f"max by (alertname, severity, provider, account, product) ({FIRING})",
            )
        ],
        sort_by="Severity",
        descending=False,
        empty="none",
    )
    return Band("Collection", [Line(9, (12, 12), (collection, firing))])
