"""Realtime: what goes on right now, as the last row of a provider's dashboard."""

from exporter.metrics import period, realtime
from grafana.generator import figures, units
from grafana.generator.board import Band, Line
from grafana.generator.panels import Text, gauges, graph
from grafana.generator.queries import total, value
from grafana.generator.tables import Column, rows
from grafana.generator.targets import lines, now


def band() -> Band:
    """Return the row."""
    connections = graph(
        Text(
            "Active connections",
            "Open connections by account; only WeProxies tells. Good is the number of workers that"
            " you run; zero while they run means that nothing gets through.",
        ),
        lines(value(realtime.ACCOUNT_ACTIVE_CONNECTIONS), figures.OF_ACCOUNT),
        unit=units.COUNT,
    )
    by_country = gauges(
        Text(
            "Active connections by country",
            "Open connections by country as of the last poll, the eight largest; only WeProxies"
            " tells. Countries that you never asked for are worth a question.",
        ),
        now(
            f"sort_desc(topk(8, {total(value(realtime.COUNTRY_ACTIVE_CONNECTIONS), 'country')}))",
            "{{country}}",
        ),
        unit=units.COUNT,
    )
    response = graph(
        Text(
            "Response time",
            "Average response time of the last hour by account; only WeProxies tells. Good is"
            " level; a rise is slow targets or a busy pool: compare with the success ratio.",
        ),
        lines(value(realtime.ACCOUNT_LAST_HOUR_RESPONSE_TIME_SECONDS), figures.OF_ACCOUNT),
        unit=units.SECONDS,
    )
    last_request = rows(
        Text(
            "Latest figures",
            "When Webshare last saw a request of a plan, and how much went on at a time in its"
            " term. A plan whose last request is long ago is paid for nothing.",
        ),
        {"provider": "Provider", "account": "Account", "product": "Product", "plan": "Plan"},
        [
            Column(
                "Last request",
                f"1000 * {value(period.PRODUCT_LAST_REQUEST_TIMESTAMP_SECONDS)}",
                units.FROM_NOW,
            ),
            Column("Concurrency", figures.AT_A_TIME),
            Column("Requests/s", figures.A_SECOND),
        ],
        sort_by="Last request",
    )
    minute = graph(
        Text(
            "Requests of the current minute",
            "Requests in the minute that was still filling at the last poll; only WeProxies tells."
            " Read it as a sign of life: zero while you use it means that nothing gets through.",
        ),
        lines(value(realtime.ACCOUNT_CURRENT_MINUTE_REQUESTS), figures.OF_ACCOUNT),
        unit=units.COUNT,
    )
    hour = graph(
        Text(
            "Traffic of the last hour",
            "Traffic in the hour before each poll, as WeProxies tells it at once; the counters"
            " above come later. If the two differ for long, look at the dashboard Exporter.",
        ),
        lines(value(realtime.ACCOUNT_LAST_HOUR_TRAFFIC_BYTES), figures.OF_ACCOUNT),
        unit=units.BYTES,
    )
    return Band(
        "Right now",
        [
            Line(8, (9, 6, 9), (connections, by_country, response)),
            Line(8, (6, 5, 13), (minute, hour, last_request)),
        ],
    )
