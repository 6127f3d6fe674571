"""Health of the polls and of the exporter."""

from exporter.metrics._family import PREFIX, Family, counter, gauge

UP = gauge(
    "up",
    "1 when the last poll of every required collector of the account succeeded, else 0.",
)
COLLECTOR_SUCCESS = gauge(
    "collector_success", "1 when the last poll of the collector succeeded, else 0.", "collector"
)
COLLECTOR_SUPPORTED = gauge(
    "collector_supported",
    "0 when the provider says that the account may not use the collector's endpoint, else 1.",
    "collector",
)
POLLS_TOTAL = counter("polls_total", "Polls of the provider that have ended.", "collector")
POLL_FAILURES_TOTAL = counter(
    "poll_failures_total", "Polls of the provider that failed, by reason.", "collector", "reason"
)
POLL_DURATION_SECONDS = gauge("poll_duration_seconds", "How long the last poll took.", "collector")
POLL_INTERVAL_SECONDS = gauge(
    "poll_interval_seconds", "Time between two polls as configured.", "collector"
)
LAST_SUCCESS_TIMESTAMP_SECONDS = gauge(
    "last_success_timestamp_seconds",
    "Unix time at which the last successful poll ended.",
    "collector",
)
API_REQUESTS_TOTAL = counter(
    "api_requests_total",
    "Requests sent to the provider, by status code, or error when no answer came.",
    "code",
)


def _own(name: str, help_text: str, *labels: str) -> Family:
    return Family(f"{PREFIX}exporter_{name}", "gauge", help_text, labels, per_account=False)


EXPORTER_BUILD_INFO = _own(
    "build_info",
    "Always 1; the exporter's version and revision, and the Python it runs on.",
    "version",
    "revision",
    "pythonversion",
)
EXPORTER_CONFIG_LAST_RELOAD_SUCCESSFUL = _own(
    "config_last_reload_successful", "1 when the last load of the configuration succeeded, else 0."
)
EXPORTER_CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS = _own(
    "config_last_reload_success_timestamp_seconds",
    "Unix time of the last successful load of the configuration.",
)
EXPORTER_STATE_PERSISTENT = _own(
    "state_persistent", "1 while the ledger is on disk and commits succeed, else 0."
)
EXPORTER_STATE_SET_ASIDE = _own(
    "state_set_aside", "1 when a broken state file was set aside at this start, else 0."
)
EXPORTER_STATE_COMMIT_FAILURES_TOTAL = Family(
    f"{PREFIX}exporter_state_commit_failures_total",
    "counter",
    "Commits of the ledger to disk that failed.",
    per_account=False,
)
