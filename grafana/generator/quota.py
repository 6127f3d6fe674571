"""Quota and plans: what is left, until when it lasts, when it ends, and what it costs."""

from collections.abc import Mapping

from exporter.metrics import period as periods
from exporter.metrics import plans
from grafana.generator import colours, figures, thresholds, units
from grafana.generator.board import Band, Board, Line
from grafana.generator.panels import Text, Words, gauges, graph, states
from grafana.generator.queries import LONG_BAR, OVER_RANGE, OVER_STEP, code, total, value
from grafana.generator.tables import Column, rows
from grafana.generator.targets import bars, lines, now

_NO_YES = {0: ("no", colours.MUTED), 1: ("yes", colours.GOOD)}
_PLAN = {"provider": "Provider", "account": "Account", "product": "Product", "plan": "Plan"}
_ACCOUNT = {"provider": "Provider", "account": "Account"}
_STATUSES = {
    "active": colours.GOOD,
    "suspended": colours.BAD,
    "expired": colours.WARNING,
    "cancelled": colours.MUTED,
    "unknown": colours.NEUTRAL,
}
_STATES = {
    "active": colours.GOOD,
    "limited": colours.WARNING,
    "paused": colours.BAD,
    "unknown": colours.NEUTRAL,
}
_PROXIES = value(plans.PLAN_PROXIES, country=".*")


def board() -> Board:
    """Return the dashboard."""
    return Board(
        "proxy-provider-quota",
        "Proxy providers / Quota and plans",
        "What is left of what was bought, whether it lasts, when it ends, and what it costs.",
        "product",
        [_quota(), _pace(), _plans(), _capacity(), _accounts()],
        since="now-7d",
    )


def _quota() -> Band:
    used = gauges(
        Text(
            "Quota used",
            "Share of the traffic quota that is used, by plan; unlimited plans and prepaid balances"
            f" have none. At {thresholds.QUOTA_HIGH:.0%} and {thresholds.QUOTA_CRITICAL:.0%} the"
            " alerts fire: buy traffic or slow down.",
        ),
        now(f"sort_desc({figures.QUOTA_USED})", figures.OF_PLAN),
        unit=units.RATIO,
        steps=thresholds.QUOTA_USED,
        most=1,
        long_names=True,
    )
    runway = gauges(
        Text(
            "Runway",
            "Time until what is left is used up, at the pace of the last day, shortest first; for"
            " prepaid balances too. Red is less than a day: buy traffic now.",
        ),
        now(f"sort({figures.RUNWAY})", figures.OF_PLAN),
        unit=units.SECONDS,
        steps=thresholds.RUNWAY,
        long_names=True,
    )
    remaining = gauges(
        Text(
            "Traffic left",
            "What is left of each quota and prepaid balance, least first. Zero means that requests"
            " fail or cost extra.",
        ),
        now(f"sort({figures.REMAINING})", figures.OF_PLAN),
        unit=units.BYTES,
        long_names=True,
    )
    return Band("Quota", [Line(11, (8, 8, 8), (used, runway, remaining))])


def _pace() -> Band:
    over_time = graph(
        Text(
            "Quota used over time",
            "Share of each quota that is used. It rises until its period ends and falls to 0 then;"
            " the dashed lines are where the alerts fire.",
        ),
        lines(figures.QUOTA_USED, figures.OF_PLAN),
        unit=units.RATIO,
        steps=thresholds.QUOTA_USED,
    )
    forecast = rows(
        Text(
            "Used by the end of the period",
            "Share of the quota that is used when it is renewed or ends: by the pace of the last"
            " day, and as Webshare itself projects it. Red is more than there is: slow down, or buy"
            " before the day in the last column.",
        ),
        _PLAN,
        [
            Column("Used", figures.QUOTA_USED, units.RATIO, thresholds.QUOTA_USED),
            Column("Forecast", figures.FORECAST, units.RATIO, thresholds.PROJECTED),
            Column("Provider's", figures.PROJECTED, units.RATIO, thresholds.PROJECTED),
            Column("Period ends", _ends(figures.QUOTA_END, figures.LIMIT), units.FROM_NOW),
        ],
        sort_by="Forecast",
    )
    spent = graph(
        Text(
            "Cost of traffic",
            "Cost of each step's traffic, six hours at least, by product, at the `prices` of the"
            " exporter's configuration; products without a price are left out. A bar that stands"
            " out is money: see the provider's dashboard.",
        ),
        bars(
            figures.cost(OVER_STEP, "provider", "account", "product"), figures.OF_PRODUCT, LONG_BAR
        ),
        unit=units.USD,
        stacked=True,
    )
    return Band("Pace", [Line(10, (14, 10), (over_time, spent)), Line(8, (24,), (forecast,))])


def _plans() -> Band:
    table = rows(
        Text(
            "Plans",
            "Every active plan: when it ends unless it is renewed, what it cost, and what it was"
            f" used for. Red is less than {thresholds.EXPIRING_SECONDS / 86400:.0f} days: renew it,"
            " unless the account renews by itself (see Accounts).",
        ),
        {"provider": "Provider", "account": "Account", "name": "Name"}
        | {"product": "Product", "plan": "Plan"},
        [
            Column("", value(plans.PLAN_INFO)),
            Column(
                "Time left",
                figures.left_until(plans.PLAN_EXPIRY_TIMESTAMP_SECONDS),
                units.SECONDS,
                thresholds.TIME_LEFT,
            ),
            Column("Unlimited", value(plans.PRODUCT_TRAFFIC_UNLIMITED), names=_NO_YES),
            Column("Quota", figures.LIMIT, units.BYTES),
            Column("Used", figures.USED, units.BYTES),
            Column(
                "Traffic in range",
                figures.TRAFFIC_OF_PLANS,
                units.BYTES,
            ),
            Column("Price of plan", value(plans.PLAN_PRICE_USD), units.USD),
            Column("Cost in range", _cost_of_balances(), units.USD),
        ],
        sort_by="Traffic in range",
    )
    status = states(
        Text(
            "Status of plans",
            "The status that each plan has had, cancelled ones too. A change that you did not make"
            " is worth a look at the provider's own page.",
        ),
        lines(code(plans.PLAN_STATUS, "status", _codes(_STATUSES)), figures.OF_PLAN),
        names=_names(_STATUSES),
    )
    return Band("Plans", [Line(12, (24,), (table,)), Line(8, (24,), (status,))])


def _capacity() -> Band:
    proxies = gauges(
        Text(
            "Proxies by country",
            "Proxies that you hold, by country; Webshare's plans and Evomi's static packages. It"
            " changes only when you buy or the provider replaces.",
        ),
        now(
            f"sort_desc({total(_PROXIES, 'provider', 'country')})",
            "{{provider}} {{country}}",
        ),
        unit=units.COUNT,
    )
    table = rows(
        Text(
            "Capacity",
            "What is left of what Webshare's plans allow, and how many requests go on at a time."
            " Proxies not allocated are paid for and missing: ask the provider. With no"
            " replacements left, a bad proxy stays until the term ends.",
        ),
        _PLAN,
        [
            Column("Proxies used", figures.of_term(periods.PRODUCT_PERIOD_PROXIES_USED)),
            Column(
                "Not allocated",
                value(plans.PLAN_PROXIES_UNALLOCATED),
                steps=thresholds.NONE_IS_GOOD,
            ),
            Column("Refreshes", value(plans.PLAN_REFRESHES_AVAILABLE)),
            Column("Replacements", value(plans.PLAN_REPLACEMENTS_AVAILABLE)),
            Column("Concurrency", figures.AT_A_TIME),
        ],
        sort_by="Proxies used",
    )
    return Band("Capacity", [Line(9, (7, 17), (proxies, table))])


def _accounts() -> Band:
    table = rows(
        Text(
            "Accounts",
            "Whether accounts renew by themselves, are slowed down, failed to renew, and when a"
            " credential ends. Any red cell is for whoever holds the account: pay, or renew the"
            " credential. A cell is empty where the provider says nothing.",
        ),
        _ACCOUNT,
        [
            Column("Works", figures.UP, names={1: ("yes", colours.GOOD), 0: ("no", colours.BAD)}),
            Column("Renews by itself", value(plans.ACCOUNT_AUTO_RENEWAL), names=_NO_YES),
            Column(
                "Slowed down",
                value(plans.ACCOUNT_THROTTLED),
                names={0: ("no", colours.GOOD), 1: ("yes", colours.BAD)},
            ),
            Column(
                "Failed renewals",
                value(plans.ACCOUNT_RENEWAL_FAILURES),
                steps=thresholds.NONE_IS_GOOD,
            ),
            Column("Credits", value(plans.ACCOUNT_CREDITS_USD), units.USD),
            Column(
                "Credential lasts",
                figures.left_until(plans.CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS),
                units.SECONDS,
                thresholds.CREDENTIAL_LEFT,
            ),
        ],
        sort_by="Provider",
        descending=False,
    )
    state = states(
        Text(
            "State of accounts",
            "The state that Webshare gives each account. Good is active; limited or paused means"
            " that proxies do not work as bought: see the provider's notices.",
        ),
        lines(code(plans.ACCOUNT_STATE, "state", _codes(_STATES)), figures.OF_ACCOUNT),
        names=_names(_STATES),
    )
    notices = rows(
        Text(
            "Open notices",
            "Notices of Webshare that nobody has dealt with, by kind. Good is none: read them on"
            " the provider's page.",
        ),
        _ACCOUNT | {"kind": "Kind"},
        [Column("Notices", value(plans.ACCOUNT_NOTIFICATIONS))],
        sort_by="Notices",
        empty="none",
    )
    return Band("Accounts", [Line(8, (15, 9), (table, notices)), Line(5, (24,), (state,))])


def _codes(states: Mapping[str, str]) -> dict[str, int]:
    return {state: number for number, state in enumerate(states, start=1)}


def _names(states: Mapping[str, str]) -> Words:
    return dict(enumerate(states.items(), start=1))


def _ends(time: str, limited: str) -> str:
    return f"1000 * ({time} and {limited})"


def _cost_of_balances() -> str:
    used = figures.traffic(OVER_RANGE, "provider", "account", "product", "plan")
    price = value(plans.PRODUCT_TRAFFIC_PRICE_USD_PER_BYTE)
    return f"{used} * on (provider, account, product) group_left () {price}"
