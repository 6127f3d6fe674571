"""Usage counters: what was used since the exporter began to count.

They only rise. The ledger makes them; where each comes from is said by the provider that reads it.
"""

from exporter.metrics._family import counter

ACCOUNT_TRAFFIC_BYTES_TOTAL = counter(
    "account_traffic_bytes_total",
    "Traffic of all products of the account since counting began, as of the last poll.",
)
ACCOUNT_REQUESTS_TOTAL = counter(
    "account_requests_total",
    "Requests of all products of the account since counting began, as of the last poll.",
)
PRODUCT_TRAFFIC_BYTES_TOTAL = counter(
    "product_traffic_bytes_total",
    "Traffic of the plan since counting began, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_REQUESTS_TOTAL = counter(
    "product_requests_total",
    "Requests of the plan since counting began, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_REQUEST_FAILURES_TOTAL = counter(
    "product_request_failures_total",
    "Failed requests of the plan since counting began, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_REQUEST_ERRORS_TOTAL = counter(
    "product_request_errors_total",
    "Failed requests of the plan by the provider's reason since counting began, as of the last"
    " poll.",
    "product",
    "plan",
    "reason",
    "category",
    "http_status",
)
PRODUCT_PROTOCOL_REQUESTS_TOTAL = counter(
    "product_protocol_requests_total",
    "Requests of the plan by proxy protocol since counting began, as of the last poll.",
    "product",
    "plan",
    "protocol",
)
PRODUCT_COMPONENT_TRAFFIC_BYTES_TOTAL = counter(
    "product_component_traffic_bytes_total",
    "Traffic of the product by billed component since counting began, as of the last poll.",
    "product",
    "plan",
    "component",
)
COUNTRY_TRAFFIC_BYTES_TOTAL = counter(
    "country_traffic_bytes_total",
    "Traffic by country since counting began, as of the last poll.",
    "product",
    "plan",
    "country",
)
COUNTRY_REQUESTS_TOTAL = counter(
    "country_requests_total",
    "Requests by country since counting began, as of the last poll.",
    "product",
    "plan",
    "country",
)
