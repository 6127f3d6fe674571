"""Period gauges: what the provider says of a period, as of the last poll."""

from exporter.metrics._family import gauge

ACCOUNT_PERIOD_TRAFFIC_BYTES = gauge(
    "account_period_traffic_bytes",
    "Traffic of the account in the period, as of the last poll.",
    "period",
)
ACCOUNT_PERIOD_REQUESTS = gauge(
    "account_period_requests",
    "Requests of the account in the period, as of the last poll.",
    "period",
)
ACCOUNT_PERIOD_SUCCESS_RATIO = gauge(
    "account_period_success_ratio",
    "Share of the account's requests that succeeded in the period, 0 to 1, as of the last poll.",
    "period",
)
PRODUCT_PERIOD_TRAFFIC_BYTES = gauge(
    "product_period_traffic_bytes",
    "Traffic of the plan in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_COMPONENT_TRAFFIC_BYTES = gauge(
    "product_period_component_traffic_bytes",
    "Traffic of the product by billed component in the period, as of the last poll.",
    "product",
    "plan",
    "period",
    "component",
)
PRODUCT_PERIOD_REQUESTS = gauge(
    "product_period_requests",
    "Requests of the plan in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_REQUEST_FAILURES = gauge(
    "product_period_request_failures",
    "Failed requests of the plan in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_REQUEST_ERRORS = gauge(
    "product_period_request_errors",
    "Failed requests of the plan by the provider's reason in the period, as of the last poll.",
    "product",
    "plan",
    "period",
    "reason",
    "category",
    "http_status",
)
PRODUCT_PERIOD_PROTOCOL_REQUESTS = gauge(
    "product_period_protocol_requests",
    "Requests of the plan by proxy protocol in the period, as of the last poll.",
    "product",
    "plan",
    "period",
    "protocol",
)
PRODUCT_PERIOD_SUCCESS_RATIO = gauge(
    "product_period_success_ratio",
    "Share of the plan's requests that succeeded in the period, 0 to 1, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_PROJECTED_TRAFFIC_BYTES = gauge(
    "product_period_projected_traffic_bytes",
    "Traffic that the provider expects by the period's end, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_AVERAGE_REQUEST_BYTES = gauge(
    "product_period_average_request_bytes",
    "Average traffic of one request in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_AVERAGE_CONCURRENCY = gauge(
    "product_period_average_concurrency",
    "Average number of requests at a time in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_AVERAGE_REQUESTS_PER_SECOND = gauge(
    "product_period_average_requests_per_second",
    "Average requests a second in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_PERIOD_PROXIES_USED = gauge(
    "product_period_proxies_used",
    "Proxies of the plan that served a request in the period, as of the last poll.",
    "product",
    "plan",
    "period",
)
PRODUCT_LAST_REQUEST_TIMESTAMP_SECONDS = gauge(
    "product_last_request_timestamp_seconds",
    "Unix time of the plan's latest request, as of the last poll.",
    "product",
    "plan",
)
COUNTRY_PERIOD_TRAFFIC_BYTES = gauge(
    "country_period_traffic_bytes",
    "Traffic by country in the period, as of the last poll.",
    "product",
    "plan",
    "period",
    "country",
)
COUNTRY_PERIOD_REQUESTS = gauge(
    "country_period_requests",
    "Requests by country in the period, as of the last poll.",
    "product",
    "plan",
    "period",
    "country",
)
PERIOD_START_TIMESTAMP_SECONDS = gauge(
    "period_start_timestamp_seconds",
    "Unix time at which the period began, as of the last poll.",
    "product",
    "plan",
    "period",
)
PERIOD_END_TIMESTAMP_SECONDS = gauge(
    "period_end_timestamp_seconds",
    "Unix time at which the period ends, as of the last poll.",
    "product",
    "plan",
    "period",
)
