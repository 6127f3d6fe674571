"""Realtime gauges: what goes on at the provider right now."""

from exporter.metrics._family import gauge

ACCOUNT_ACTIVE_CONNECTIONS = gauge(
    "account_active_connections", "Open connections of the account, as of the last poll."
)
COUNTRY_ACTIVE_CONNECTIONS = gauge(
    "country_active_connections",
    "Open connections by country, as of the last poll.",
    "product",
    "plan",
    "country",
)
ACCOUNT_ACTIVE_SESSIONS = gauge(
    "account_active_sessions", "Proxy sessions of the current minute, as of the last poll."
)
ACCOUNT_CURRENT_MINUTE_REQUESTS = gauge(
    "account_current_minute_requests",
    "Requests in the minute that was still filling at the last poll.",
)
ACCOUNT_CURRENT_MINUTE_TRAFFIC_BYTES = gauge(
    "account_current_minute_traffic_bytes",
    "Traffic in the minute that was still filling at the last poll.",
)
ACCOUNT_LAST_HOUR_REQUESTS = gauge(
    "account_last_hour_requests", "Requests in the hour before the last poll."
)
ACCOUNT_LAST_HOUR_TRAFFIC_BYTES = gauge(
    "account_last_hour_traffic_bytes", "Traffic in the hour before the last poll."
)
ACCOUNT_LAST_HOUR_RESPONSE_TIME_SECONDS = gauge(
    "account_last_hour_response_time_seconds",
    "Average response time in the hour before the last poll.",
)
ACCOUNT_REALTIME_TIMESTAMP_SECONDS = gauge(
    "account_realtime_timestamp_seconds",
    "Unix time that the provider gave its latest realtime figures.",
)
