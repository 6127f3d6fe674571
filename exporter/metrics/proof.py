"""How to know that the usage counters are right."""

from exporter.metrics._family import counter, gauge

USAGE_CORRECTIONS_BYTES_TOTAL = counter(
    "usage_corrections_bytes_total",
    "Traffic that the provider took back after the counters had counted it.",
    "product",
    "plan",
)
USAGE_CORRECTIONS_REQUESTS_TOTAL = counter(
    "usage_corrections_requests_total",
    "Requests that the provider took back after the counters had counted them.",
    "product",
    "plan",
)
USAGE_DISCREPANCY_BYTES = gauge(
    "usage_discrepancy_bytes",
    "The provider's own total minus the ledger's for the same span, as of the last poll.",
    "product",
    "plan",
)
USAGE_COMPLETE_UNTIL_TIMESTAMP_SECONDS = gauge(
    "usage_complete_until_timestamp_seconds",
    "Unix time up to which usage is settled, as of the last poll.",
    "product",
    "plan",
)
USAGE_GAP_SECONDS_TOTAL = counter(
    "usage_gap_seconds_total",
    "Time that no answer of the provider covered, because an outage outlasted its history.",
    "product",
    "plan",
)
