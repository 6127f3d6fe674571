"""Exporter: whether the polls work, and whether the counters can be believed."""

from exporter.metrics import health, proof
from grafana.generator import colours, figures, process, thresholds, units
from grafana.generator.board import Band, Board, Line
from grafana.generator.panels import Text, graph, number, states
from grafana.generator.queries import OVER_RANGE, OVER_STEP, growth, of_target, total, value
from grafana.generator.tables import Column, rows
from grafana.generator.targets import bars, lines, now

_COLLECTOR = f"{figures.OF_ACCOUNT} {{{{collector}}}}"
_AGE = f"time() - {value(health.LAST_SUCCESS_TIMESTAMP_SECONDS)}"
_FAILURES = growth(health.POLL_FAILURES_TOTAL, OVER_RANGE)
_WORKS = {1: ("works", colours.GOOD), 0: ("fails", colours.BAD)}
_YES_NO = {1: ("yes", colours.GOOD), 0: ("no", colours.BAD)}


def board() -> Board:
    """Return the dashboard."""
    return Board(
        "proxy-provider-exporter",
        "Proxy providers / Exporter",
        "Whether the polls of the providers work, how old the data is, and whether it is right.",
        "product",
        [_glance(), _polls(), _requests(), _truth(), process.band()],
    )


def _glance() -> Band:
    targets = number(
        Text(
            "Exporters down",
            "Targets that Prometheus cannot scrape. Good is 0; else nothing here is fresh: start"
            " the exporter, or mend the network between them.",
        ),
        now(f"count({of_target('up')} == 0) or vector(0)"),
        unit=units.COUNT,
        steps=thresholds.NONE_IS_GOOD,
    )
    failing = number(
        Text(
            "Accounts that fail",
            "Accounts whose last required poll failed. Good is 0; else see the reason below.",
        ),
        now(figures.FAILING),
        unit=units.COUNT,
        steps=thresholds.NONE_IS_GOOD,
    )
    age = number(
        Text(
            "Oldest data",
            "Time since the last success of the collector that has waited longest. Red is where the"
            " alert for stale data fires: see the reason below.",
        ),
        now(f"max({_AGE})"),
        unit=units.SECONDS,
        steps=thresholds.AGE,
    )
    failures = number(
        Text(
            "Failed polls",
            "Polls that failed in the chosen range. A few are nothing: the next poll brings what"
            " was missed. If they go on, see the reason below.",
        ),
        now(f"round({total(_FAILURES)})"),
        unit=units.COUNT,
    )
    state = number(
        Text(
            "State on disk",
            "Whether the counters are kept on disk. Without it a restart begins at 0, and what was"
            " used meanwhile is not counted: set --storage.path, or make room on the disk.",
        ),
        now(f"min({value(health.EXPORTER_STATE_PERSISTENT)})"),
        unit=units.PLAIN,
        steps=thresholds.ONE_IS_GOOD,
        names=_YES_NO,
    )
    reload = number(
        Text(
            "Configuration loaded",
            "Whether the last load of the configuration succeeded. If not, the old one goes on: the"
            " log says what is wrong, and so does the command check-config.",
        ),
        now(f"min({value(health.EXPORTER_CONFIG_LAST_RELOAD_SUCCESSFUL)})"),
        unit=units.PLAIN,
        steps=thresholds.ONE_IS_GOOD,
        names=_YES_NO,
    )
    return Band(
        "At a glance",
        [Line(4, (4, 4, 4, 4, 4, 4), (targets, failing, age, failures, state, reload))],
    )


def _polls() -> Band:
    success = states(
        Text(
            "Collectors",
            "Whether the last poll of each collector worked. Good is unbroken; where it breaks, see"
            " the reason below and the exporter's own page.",
        ),
        lines(value(health.COLLECTOR_SUCCESS), _COLLECTOR),
        names=_WORKS,
    )
    reasons = graph(
        Text(
            "Failed polls by reason",
            "Polls that failed in each step. auth and forbidden are for you to mend, rate_limited"
            " asks for a longer interval, the others are the provider's or the network's.",
        ),
        bars(
            total(growth(health.POLL_FAILURES_TOTAL, OVER_STEP), "reason"),
            "{{reason}}",
        ),
        unit=units.COUNT,
        stacked=True,
    )
    age = graph(
        Text(
            "Age of the data",
            "Time since the last success of the collector that has waited longest, by account. Good"
            " is a saw-tooth no higher than the longest interval; above the dashed line the alert"
            " for stale data fires.",
        ),
        lines(f"max by (provider, account) ({_AGE})", figures.OF_ACCOUNT),
        unit=units.SECONDS,
        steps=thresholds.AGE,
    )
    table = rows(
        Text(
            "Polls by collector",
            "How each collector is polled; polls and failures are those of the chosen range. A"
            " duration near the interval means that the provider is slow or has many plans; one"
            " that is not supported may be turned off with an interval of 0.",
        ),
        {"provider": "Provider", "account": "Account", "collector": "Collector"},
        [
            Column("Works", value(health.COLLECTOR_SUCCESS), names=_WORKS),
            Column(
                "Supported",
                value(health.COLLECTOR_SUPPORTED),
                names={1: ("yes", colours.GOOD), 0: ("no", colours.MUTED)},
            ),
            Column("Age", _AGE, units.SECONDS, thresholds.AGE),
            Column("Interval", value(health.POLL_INTERVAL_SECONDS), units.SECONDS),
            Column("Duration", value(health.POLL_DURATION_SECONDS), units.SECONDS),
            Column("Polls", f"round({growth(health.POLLS_TOTAL, OVER_RANGE)})"),
            Column("Failed", f"round({total(_FAILURES, 'provider', 'account', 'collector')})"),
        ],
        sort_by="Failed",
    )
    return Band(
        "Polls",
        [Line(15, (8, 16), (success, table)), Line(9, (12, 12), (reasons, age))],
    )


def _requests() -> Band:
    polls = graph(
        Text(
            "Polls over time",
            "Polls in each step. Good is level; a fall means that polls wait for a provider that"
            " asks for fewer.",
        ),
        bars(
            total(growth(health.POLLS_TOTAL, OVER_STEP), "provider", "collector"),
            "{{provider}} {{collector}}",
        ),
        unit=units.COUNT,
        stacked=True,
    )
    requests = graph(
        Text(
            "API requests by status",
            "Requests to the providers in each step, by status; error is no answer. Good is 200"
            " alone: 401 is the key, 403 a right, 429 too many requests, 5xx the provider.",
        ),
        bars(
            total(growth(health.API_REQUESTS_TOTAL, OVER_STEP), "provider", "code"),
            "{{provider}} {{code}}",
        ),
        unit=units.COUNT,
        stacked=True,
    )
    duration = graph(
        Text(
            "Duration of polls",
            "How long the last poll took, of the slowest account of each collector. Good is level"
            " and far below the interval; a rise is a slow provider.",
        ),
        lines(
            f"max by (provider, collector) ({value(health.POLL_DURATION_SECONDS)})",
            "{{provider}} {{collector}}",
        ),
        unit=units.SECONDS,
    )
    return Band("Requests", [Line(8, (8, 8, 8), (polls, requests, duration))])


def _truth() -> Band:
    plan = {"provider": "Provider", "account": "Account", "product": "Product", "plan": "Plan"}
    complete = value(proof.USAGE_COMPLETE_UNTIL_TIMESTAMP_SECONDS)
    table = rows(
        Text(
            "Can the counters be believed?",
            "Until when usage is settled, by how much the provider's own total differs from the"
            " ledger, what it took back, and time that no answer covered. A difference that stays"
            " after corrections are taken off is worth a report; a gap is an outage longer than the"
            " provider's history.",
        ),
        plan,
        [
            Column("Complete until", f"1000 * {complete}", units.FROM_NOW),
            Column("Difference", value(proof.USAGE_DISCREPANCY_BYTES), units.BYTES),
            Column(
                "Taken back in range",
                growth(proof.USAGE_CORRECTIONS_BYTES_TOTAL, OVER_RANGE),
                units.BYTES,
            ),
            Column(
                "Requests taken back",
                growth(proof.USAGE_CORRECTIONS_REQUESTS_TOTAL, OVER_RANGE),
            ),
            Column(
                "Not covered in range",
                growth(proof.USAGE_GAP_SECONDS_TOTAL, OVER_RANGE),
                units.SECONDS,
                thresholds.NONE_IS_GOOD,
            ),
        ],
        sort_by="Difference",
    )
    discrepancy = graph(
        Text(
            "Difference to the provider's total",
            "The provider's own total minus the ledger's. Good is near 0; above it the provider"
            " counts more than it shows by hour or day, below it has taken usage back.",
        ),
        lines(value(proof.USAGE_DISCREPANCY_BYTES), figures.OF_PLAN),
        unit=units.BYTES,
        about_zero=1e6,
    )
    return Band("Truth", [Line(9, (24,), (table,)), Line(7, (24,), (discrepancy,))])
