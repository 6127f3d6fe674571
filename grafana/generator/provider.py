"""Provider: the use, quality and places of one provider or several, down to the product."""

from exporter.metrics import usage
from grafana.generator import figures, realtime, thresholds, units
from grafana.generator.board import Band, Board, Line
from grafana.generator.panels import Text, gauges, graph, number, world
from grafana.generator.queries import OVER_RANGE, OVER_STEP, growth, total
from grafana.generator.tables import Column, rows
from grafana.generator.targets import bars, cells, lines, now

_REQUESTS_BY_COUNTRY = growth(usage.COUNTRY_REQUESTS_TOTAL, OVER_RANGE)
_TRAFFIC_BY_COUNTRY = growth(usage.COUNTRY_TRAFFIC_BYTES_TOTAL, OVER_RANGE)
_COUNTED_REQUESTS = figures.requests(OVER_RANGE, "provider", "account")
_COUNTED_TRAFFIC = f"{figures.traffic(OVER_RANGE, 'provider', 'account')} and {_COUNTED_REQUESTS}"
_ERRORS = usage.PRODUCT_REQUEST_ERRORS_TOTAL


def board() -> Board:
    """Return the dashboard."""
    return Board(
        "proxy-provider-provider",
        "Proxy providers / Provider",
        "What one provider was used for: by account, product and country, and how well it worked.",
        "country",
        [_glance(), _traffic(), _quality(), _countries(), realtime.band()],
    )


def _glance() -> Band:
    traffic = number(
        Text(
            "Traffic",
            "Traffic of the chosen products in the chosen range. Compare it with what you planned;"
            " below it is told apart by account and product.",
        ),
        now(figures.traffic(OVER_RANGE)),
        unit=units.BYTES,
    )
    requests = number(
        Text(
            "Requests",
            "Requests of the chosen products in the chosen range; Evomi does not count them. Good"
            " is what your own software counts.",
        ),
        now(figures.requests(OVER_RANGE)),
        unit=units.COUNT,
    )
    size = number(
        Text(
            "Traffic of one request",
            "Average traffic of a request in the chosen range, where requests are counted. If it"
            " grows, pages are heavier or assets are loaded that you could block.",
        ),
        now(f"sum({_COUNTED_TRAFFIC}) / (sum({_COUNTED_REQUESTS}) > 0)"),
        unit=units.BYTES,
    )
    success = number(
        Text(
            "Success ratio",
            "Webshare's share of requests that succeeded in the chosen range, and WeProxies' of the"
            f" day so far; Evomi states none. Below {thresholds.SUCCESS_LOW:.0%} see the errors by"
            " reason.",
        ),
        now(figures.success(OVER_RANGE, "provider"), "{{provider}}"),
        now(figures.stated_success("provider"), "{{provider}} today"),
        unit=units.RATIO,
        steps=thresholds.SUCCESS,
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
    return Band("At a glance", [Line(4, (4, 4, 5, 7, 4), (traffic, requests, size, success, cost))])


def _traffic() -> Band:
    products = graph(
        Text(
            "Traffic by product",
            "Each bar is what a product used in one step, an hour at least. A steady rhythm is"
            " good; a spike may be a runaway job or a leaked key, a gap an outage.",
        ),
        bars(figures.traffic(OVER_STEP, "provider", "account", "product"), figures.OF_PRODUCT),
        unit=units.BYTES,
        stacked=True,
    )
    requests = graph(
        Text(
            "Requests by product",
            "Each bar is the requests of one step, an hour at least; Evomi does not count them. If"
            " they rise and traffic does not, look at the errors.",
        ),
        bars(figures.requests(OVER_STEP, "provider", "account", "product"), figures.OF_PRODUCT),
        unit=units.COUNT,
        stacked=True,
    )
    shares = gauges(
        Text(
            "Traffic by plan",
            "Traffic in the chosen range by plan, largest first. A plan without any is paid for"
            " nothing: use it or end it.",
        ),
        now(
            f"sort_desc({figures.traffic(OVER_RANGE, 'provider', 'account', 'product', 'plan')})",
            figures.OF_PLAN,
        ),
        unit=units.BYTES,
        long_names=True,
    )
    component = total(
        growth(usage.PRODUCT_COMPONENT_TRAFFIC_BYTES_TOTAL, OVER_STEP),
        "provider",
        "account",
        "product",
        "component",
    )
    components = graph(
        Text(
            "Traffic by billed component",
            "Evomi's traffic by what it is billed as; `extra` is billed on top. If its share grows,"
            " check the options of your proxies, such as the quality of addresses.",
        ),
        bars(component, f"{figures.OF_PRODUCT} {{{{component}}}}"),
        unit=units.BYTES,
        stacked=True,
    )
    protocols = graph(
        Text(
            "Requests by protocol",
            "Webshare's requests by the protocol to the proxy. What you do not use should not be"
            " here: if it is, someone else has your credentials.",
        ),
        bars(
            total(growth(usage.PRODUCT_PROTOCOL_REQUESTS_TOTAL, OVER_STEP), "provider", "protocol"),
            "{{provider}} {{protocol}}",
        ),
        unit=units.COUNT,
        stacked=True,
    )
    return Band(
        "Traffic",
        [
            Line(10, (12, 12), (products, requests)),
            Line(13, (8, 8, 8), (shares, components, protocols)),
        ],
    )


def _quality() -> Band:
    success = graph(
        Text(
            "Success ratio by product",
            "Share of requests that succeeded: by Webshare's product in each step, by WeProxies'"
            " account of the day so far. Good is level and above the dashed line, where the alert"
            " fires; on a fall see the reasons beside.",
        ),
        bars(figures.success(OVER_STEP, "provider", "account", "product"), figures.OF_PRODUCT),
        lines(figures.stated_success("provider", "account"), f"{figures.OF_ACCOUNT} today"),
        unit=units.RATIO,
        steps=thresholds.SUCCESS,
        soft_least=0.75,
        most=1,
    )
    reasons = graph(
        Text(
            "Errors by reason",
            "Failed requests of each step by Webshare's reason. Few and level is good. A reason"
            " that surges tells whom to ask: your targets, your limits, or the provider.",
        ),
        bars(total(growth(_ERRORS, OVER_STEP), "provider", "reason"), "{{provider}} {{reason}}"),
        unit=units.COUNT,
        stacked=True,
    )
    every = total(
        growth(_ERRORS, OVER_RANGE),
        "provider",
        "account",
        "product",
        "reason",
        "category",
        "http_status",
    )
    table = rows(
        Text(
            "Errors in the chosen range",
            "Failed requests by reason, the category that Webshare puts it in, and the status that"
            " the client got. Begin with the largest.",
        ),
        {
            "provider": "Provider",
            "account": "Account",
            "product": "Product",
            "reason": "Reason",
            "category": "Category",
            "http_status": "Status",
        },
        [Column("Requests", every)],
        sort_by="Requests",
    )
    return Band("Quality", [Line(9, (12, 12), (success, reasons)), Line(8, (24,), (table,))])


def _countries() -> Band:
    place = world(
        Text(
            "Requests by country",
            "Requests in the chosen range where the proxies are; Evomi does not say. Countries that"
            " you never asked for are worth a question. Random and unknown ones are in the table.",
        ),
        cells(total(_REQUESTS_BY_COUNTRY, "country")),
        unit=units.COUNT,
    )
    table = rows(
        Text(
            "Countries",
            "Requests and traffic in the chosen range by country; only WeProxies tells traffic,"
            " without a product. ZZ is random. Much traffic for few requests is heavy pages.",
        ),
        {"provider": "Provider", "country": "Country"},
        [
            Column("Requests", total(_REQUESTS_BY_COUNTRY, "provider", "country")),
            Column("Traffic", total(_TRAFFIC_BY_COUNTRY, "provider", "country"), units.BYTES),
        ],
        sort_by="Requests",
    )
    return Band("Countries", [Line(11, (15, 9), (place, table))])
