import pytest

from exporter.errors import PayloadError, PollError
from tests.providers.webshare_api import DOCUMENTED, Webshare


def _failure(collector: str, path: str, answer: object) -> PollError:
    """Return what the poll, or the one part of it that *answer* concerns, failed with."""
    try:
        report = Webshare({**DOCUMENTED, path: answer}).poll(collector)
    except PollError as error:
        return error
    return next(iter(report.failures.values()))


@pytest.mark.parametrize(
    ("collector", "path", "answer", "place"),
    [
        ("usage", "/api/v2/subscription/", {"id": 1, "free_credits": -5}, "$.free_credits"),
        (
            "usage",
            "/api/v2/subscription/plan/",
            {"results": [{"id": 1}, {"id": 2, "bandwidth_limit": -5}]},
            "$.results[1].bandwidth_limit",
        ),
        ("usage", "/api/v2/stats/aggregate/", {"bandwidth_total": -5}, "$.bandwidth_total"),
        ("usage", "/api/v2/stats/aggregate/", {"requests_total": 1e300}, "$.requests_total"),
        ("usage", "/api/v2/stats/aggregate/", {"countries_used": [1]}, "$.countries_used"),
        ("usage", "/api/v2/stats/aggregate/", {"protocols_used": {"http": -5}}, "$.protocols_used"),
        (
            "usage",
            "/api/v2/stats/",
            [{"timestamp": "2022-08-11T12:00:00Z", "error_reasons": [{"count": -5}]}],
            "$[0].error_reasons[0].count",
        ),
        ("usage", "/api/v2/stats/", [{"bandwidth_total": 5}], "$[0]"),
        ("usage", "/api/v2/subscription/", {"detail": "Sorry."}, "id"),
        ("proxies", "/api/v3/proxy/list/status", {"countries": {"GB": -5}}, "$.countries"),
        ("proxies", "/api/v3/proxy/list/status", {"detail": "Sorry."}, "countries"),
        ("account", "/api/v2/verification/limits/", {"detail": "Sorry."}, "proxy_state"),
        ("account", "/api/v2/notification/", {"detail": "Sorry."}, "results"),
    ],
)
def test_answer_that_does_not_fit(collector: str, path: str, answer: object, place: str) -> None:
    """Negative and huge amounts and wrong shapes fail by their place, and show no value."""
    error = _failure(collector, path, answer)
    assert isinstance(error, PayloadError)
    assert str(error).startswith(f"GET {path}")
    assert place in str(error)
    assert "-5" not in str(error)
    assert "Sorry" not in str(error)
