"""An answer that is far too long."""

import pytest

from exporter.errors import Reason
from exporter.providers.webshare._hours import MOST_HOURS
from tests.providers.webshare_api import DOCUMENTED, Webshare


@pytest.mark.parametrize("over", [0, 1], ids=["as-many", "one-more"])
def test_more_hours_than_there_can_be(over: int) -> None:
    """A plan whose statistics have more hours than 90 days have fails, before any is read."""
    hour = {"timestamp": "2022-08-11T10:00:00Z", "bandwidth_total": 1}
    webshare = Webshare({**DOCUMENTED, "/api/v2/stats/": [hour] * (MOST_HOURS + over)})
    failures = webshare.poll("usage").failures.values()
    assert [error.reason for error in failures] == [Reason.PAYLOAD] * over
