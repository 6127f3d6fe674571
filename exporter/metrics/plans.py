"""Quota, plans and capacity: what was bought, what is left, and until when."""

from exporter.metrics._family import gauge

PRODUCT_TRAFFIC_LIMIT_BYTES = gauge(
    "product_traffic_limit_bytes",
    "Traffic that the plan includes (GB as 2^30), absent when unlimited, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_TRAFFIC_UNLIMITED = gauge(
    "product_traffic_unlimited",
    "1 when the provider sets the plan no traffic limit, else 0, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_TRAFFIC_USED_BYTES = gauge(
    "product_traffic_used_bytes",
    "Traffic that the provider counts against the plan's limit (GB as 2^30), as of the last poll.",
    "product",
    "plan",
)
PRODUCT_TRAFFIC_REMAINING_BYTES = gauge(
    "product_traffic_remaining_bytes",
    "Traffic left until plan or balance runs out (GB as 2^30, MB as 10^6), as of the last poll.",
    "product",
    "plan",
)
PLAN_INFO = gauge(
    "plan_info",
    "Always 1; the name that people know the plan by, as of the last poll.",
    "product",
    "plan",
    "name",
)
PLAN_STATUS = gauge(
    "plan_status",
    "1 for the status that the plan has, 0 for the others, as of the last poll.",
    "product",
    "plan",
    "status",
)
PLAN_EXPIRY_TIMESTAMP_SECONDS = gauge(
    "plan_expiry_timestamp_seconds",
    "Unix time at which the plan ends unless it is renewed, as of the last poll.",
    "product",
    "plan",
)
ACCOUNT_AUTO_RENEWAL = gauge(
    "account_auto_renewal",
    "1 when the provider renews the account's plans by itself, else 0, as of the last poll.",
)
PLAN_PRICE_USD = gauge(
    "plan_price_usd",
    "Price of the plan for the current kind of term in US dollars, as of the last poll.",
    "product",
    "plan",
)
PRODUCT_TRAFFIC_PRICE_USD_PER_BYTE = gauge(
    "product_traffic_price_usd_per_byte",
    "Price of a byte of the product's traffic in US dollars, from the exporter's configuration.",
    "product",
)
PLAN_PROXIES = gauge(
    "plan_proxies",
    "Proxies of the plan by country, as of the last poll.",
    "product",
    "plan",
    "country",
)
PLAN_PROXIES_UNALLOCATED = gauge(
    "plan_proxies_unallocated",
    "Proxies that were bought but that the provider has not allocated, as of the last poll.",
    "product",
    "plan",
)
PLAN_REFRESHES_AVAILABLE = gauge(
    "plan_refreshes_available",
    "Refreshes of the proxy list left in the term, as of the last poll.",
    "product",
    "plan",
)
PLAN_REPLACEMENTS_AVAILABLE = gauge(
    "plan_replacements_available",
    "Replacements of single proxies left in the term, as of the last poll.",
    "product",
    "plan",
)
ACCOUNT_STATE = gauge(
    "account_state",
    "1 for the state that the account is in, 0 for the others, as of the last poll.",
    "state",
)
ACCOUNT_THROTTLED = gauge(
    "account_throttled",
    "1 while the provider slows the account down, else 0, as of the last poll.",
)
ACCOUNT_RENEWAL_FAILURES = gauge(
    "account_renewal_failures",
    "Failed tries to renew the account's plans, as of the last poll.",
)
ACCOUNT_CREDITS_USD = gauge(
    "account_credits_usd", "Credits of the account in US dollars, as of the last poll."
)
ACCOUNT_NOTIFICATIONS = gauge(
    "account_notifications",
    "Open notices of the provider by kind, as of the last poll.",
    "kind",
)
CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS = gauge(
    "credential_expiry_timestamp_seconds",
    "Unix time at which the account's credential expires, as the credential itself says.",
)
