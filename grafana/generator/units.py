"""Units: Grafana's ids for what our families measure."""

BYTES = "decbytes"
"""Providers bill in powers of 1000."""

RATIO = "percentunit"
SECONDS = "s"
FROM_NOW = "dateTimeFromNow"
"""A time as "in 3 days"; its values are milliseconds."""

USD = "currencyUSD"
COUNT = "short"
PLAIN = "none"
