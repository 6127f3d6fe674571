"""``backfill``: the providers' own history as OpenMetrics, for ``promtool`` to make blocks of.

Series are those of the live counters, with the labels that Prometheus adds to a scrape. Each begins
with 0, rises evenly within what the provider gives one total for, and ends when the exporter began
to count, at what the provider had counted by then. There the live series begins with 0: one reset,
and the rises before and after it add up to the provider's total, nothing twice.
"""

from exporter.backfill._account import Outside
from exporter.backfill._run import run
from exporter.backfill._task import Task

__all__ = ["Outside", "Task", "run"]
