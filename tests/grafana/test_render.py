"""How the pictures of the dashboards are made, as far as it needs no browser."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from grafana.render.answers import query_of
from grafana.render.book import INSTANCE, JOB, Book
from tests.grafana.boards import BOARDS

PACKAGES = Path(__file__).parents[2] / "grafana" / "render" / "package-lock.json"

NOW = 1_700_000_123.0
DAY = 86400
BOARD = BOARDS["proxy-provider-overview"]


@pytest.mark.parametrize(
    ("width", "least", "step"),
    [(24, None, 60), (24, "5m", 300), (24, "1h", 3600), (3, None, 600)],
    ids=["as often as scraped", "a poll", "an hour", "a narrow panel"],
)
def test_a_step_is_a_pixel_and_no_less_than_the_least(
    width: int, least: str | None, step: int
) -> None:
    """As Grafana takes it: rounded, and the range is aligned with it."""
    panel = {"gridPos": {"w": width}}
    query = query_of(BOARD, panel, {"expr": "up", "interval": least}, (NOW - DAY, NOW))
    assert query["step"] == step
    assert query["start"] % step == query["end"] % step == 0
    assert NOW - DAY - step < query["start"] <= NOW - DAY
    assert NOW - step < query["end"] <= NOW


def test_variables_are_put_in_with_all_chosen() -> None:
    """Those of Grafana, too."""
    expr = 'increase(a{job=~"$job", product=~"$product"}[$__range]) + rate(b[$__rate_interval])'
    target = {"expr": expr, "interval": "5m"}
    query = query_of(BOARD, {"gridPos": {"w": 24}}, target, (NOW - DAY, NOW))
    assert query["query"] == 'increase(a{job=~".+", product=~".*"}[86400s]) + rate(b[360s])'


def test_the_npm_packages_are_pinned_without_an_address() -> None:
    """Any registry will do; what it hands out is compared with what was tried."""
    packages = json.loads(PACKAGES.read_text("utf-8"))["packages"]
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_a_book_has_each_family_together_with_times(tmp_path: Path) -> None:
    """As OpenMetrics wants it, with the labels that Prometheus adds."""
    with ExitStack() as stack:
        book = Book(tmp_path, stack)
        for at, value in ((60, 1), (120, 2)):
            scrape = f'# TYPE a counter\na_total{{x="1"}} {value}\n# TYPE b gauge\nb {value}\n'
            assert book.enter(scrape, at) == 2
            book.enter_gauge("up", 1, at)
        book.bind(tmp_path / "out")
    added = f'job="{JOB}",instance="{INSTANCE}"'
    assert (tmp_path / "out").read_text("utf-8").splitlines() == [
        "# TYPE a counter",
        f'a_total{{{added},x="1"}} 1 60',
        f'a_total{{{added},x="1"}} 2 120',
        "# TYPE b gauge",
        f"b{{{added}}} 1 60",
        f"b{{{added}}} 2 120",
        "# TYPE up gauge",
        f"up{{{added}}} 1 60",
        f"up{{{added}}} 1 120",
        "# EOF",
    ]
