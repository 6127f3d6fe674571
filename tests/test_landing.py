import dataclasses
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from exporter import __version__
from exporter.account import Account
from exporter.errors import ADVICE, AuthError, PayloadError, PollError, Reason, UnsupportedError
from exporter.landing import Clock, Group, Problem, Row, State, groups, render, row
from exporter.metrics import Samples, realtime, usage
from exporter.secret import Credential, Secret
from exporter.snapshot import Part, Snapshot

NOW = Clock(wall=1_800_000_000.0, monotonic=1000.0, stale_after=3)
SAMPLE = realtime.ACCOUNT_ACTIVE_SESSIONS.sample(1)
COUNTER = usage.ACCOUNT_REQUESTS_TOTAL.sample(1)
TITLES = {"webshare": "Webshare"}
KEY = "hush-hush"


def account(name: str = "main", provider: str = "webshare", interval: float = 300) -> Account:
    """Make an account with one collector."""
    return Account(provider, name, Credential(Secret(KEY)), "", {"usage": interval})


NEW = Snapshot(account=account(), collector="usage", required=True)
GOOD = replace(
    NEW,
    success=True,
    polls=2,
    duration=0.25,
    last_success=NOW.wall - 125,
    parts={"x": Part(Samples.of([SAMPLE, SAMPLE]), NOW.monotonic)},
    counters=Part(Samples.of([COUNTER]), 0.0),
)
BAD = replace(GOOD, success=False, error=AuthError("GET /usage", "401 Unauthorized"))
UNSUPPORTED = replace(
    BAD, required=False, supported=False, error=UnsupportedError("GET /x", "403 Forbidden")
)


def test_row_after_a_success() -> None:
    """A good collector shows when it last succeeded, and what it costs and gives."""
    assert row(GOOD, NOW) == Row(
        collector="usage",
        required=True,
        state=State.OK,
        last_success="2 m ago",
        last_success_utc="2027-01-15 07:57:55 UTC",
        interval="5m",
        duration="250 ms",
        series=3,
        is_stale=False,
        problem=None,
    )


def test_row_before_the_first_poll() -> None:
    """What is not known yet is left empty."""
    shown = row(NEW, NOW)
    assert shown.state is State.WAITING
    assert (shown.last_success, shown.last_success_utc, shown.duration) == ("", "", "")


def test_row_after_a_failure() -> None:
    """A failure shows its reason, its message and what to do."""
    shown = row(BAD, NOW)
    assert shown.state is State.FAILING
    assert shown.problem == Problem(
        "auth",
        "GET /usage: 401 Unauthorized",
        "Check the account's key: the provider does not accept it.",
    )


def test_row_when_it_is_not_supported() -> None:
    """A collector that is not for this account is no failure, and needs no action."""
    shown = row(UNSUPPORTED, NOW)
    assert shown.state is State.UNSUPPORTED
    assert shown.problem is not None
    assert shown.problem.advice.startswith("The provider does not offer this")


def test_row_with_stale_gauges() -> None:
    """Gauges that a scrape leaves out are not counted, and the row says so."""
    later = dataclasses.replace(NOW, monotonic=NOW.monotonic + 900.5)
    shown = row(BAD, later)
    assert (shown.series, shown.is_stale) == (1, True)
    assert not row(BAD, dataclasses.replace(NOW, monotonic=NOW.monotonic + 900)).is_stale


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 m"),
        (3599, "59 m"),
        (7200, "2 h"),
        (86400 * 3, "3 d"),
    ],
)
def test_age(seconds: float, expected: str) -> None:
    """An age has its largest unit, and is never negative."""
    shown = row(replace(GOOD, last_success=NOW.wall - seconds), NOW)
    assert f"{expected} ago" == shown.last_success


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(30, "30s"), (90, "1m30s"), (5400, "1h30m"), (86400, "1d"), (1.5, "1s500ms")],
)
def test_interval(seconds: float, expected: str) -> None:
    """An interval reads as in the configuration."""
    assert expected == row(replace(NEW, account=account(interval=seconds)), NOW).interval


@pytest.mark.parametrize(("seconds", "expected"), [(0.0314, "31 ms"), (2.04, "2.0 s")])
def test_duration(seconds: float, expected: str) -> None:
    """A duration is in milliseconds below a second."""
    assert expected == row(replace(GOOD, duration=seconds), NOW).duration


def test_groups_by_account() -> None:
    """Collectors stand under their account, providers under their title if they have one."""
    other = replace(GOOD, account=account("team", "evomi"))
    shown = groups([GOOD, other, replace(BAD, collector="usage")], NOW, TITLES)
    assert [(group.provider, group.account, len(group.rows)) for group in shown] == [
        ("Webshare", "main", 2),
        ("evomi", "team", 1),
    ]


class Page(HTMLParser):
    """The text of a page, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.text = re.sub(r"\s+", " ", " ".join(self.pieces))
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Hold elements to their order."""
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        """Collect the text, without the style sheet."""
        if self._open and self._open[-1] != "style":
            self.pieces.append(data)


def page(*snapshots: Snapshot) -> Page:
    """Render the page of *snapshots*."""
    return Page(render(groups(snapshots, NOW, TITLES), "/metrics"))


def test_page_has_version_and_links() -> None:
    """The page says what it is, and leads to the others."""
    shown = page(GOOD)
    assert f"proxy-provider-exporter version {__version__}" in shown.text
    links = {attributes["href"] for tag, attributes in shown.elements if tag == "a"}
    assert links == {"/metrics", "/config", "/-/healthy", "/-/ready"}


@pytest.mark.parametrize(
    ("snapshots", "summary"),
    [
        ([GOOD], "1 account, 1 collector: none failing ."),
        ([GOOD, BAD, UNSUPPORTED], "1 account, 3 collectors: 1 failing ."),
        ([NEW, BAD], "1 account, 2 collectors: 1 failing , 1 waiting for the first poll."),
        ([NEW], "1 account, 1 collector: none failing, 1 waiting for the first poll."),
    ],
    ids=["good", "failing", "both", "waiting"],
)
def test_page_sums_up(snapshots: list[Snapshot], summary: str) -> None:
    """The first line tells how many there are, and how many fail or wait."""
    assert summary in page(*snapshots).text


def test_page_without_accounts() -> None:
    """A page without accounts says so."""
    assert "No account is polled yet." in page().text


def test_page_tells_of_a_failure() -> None:
    """The reader finds state, reason, message and advice."""
    text = page(BAD).text
    assert "failing" in text
    assert "auth GET /usage: 401 Unauthorized Check the account's key" in text


def test_page_tells_of_stale_gauges() -> None:
    """The reader is told when gauges are left out."""
    old = replace(BAD, parts={"x": Part(Samples.of([SAMPLE]), -1e6)})
    assert "Gauges of this collector are too old" in page(old).text
    assert "Gauges of this collector are too old" not in page(BAD).text


def test_page_has_the_time_of_success() -> None:
    """An age carries the time in UTC."""
    times = [attributes for tag, attributes in page(GOOD).elements if tag == "time"]
    assert times == [{"datetime": "2027-01-15 07:57:55Z", "title": "2027-01-15 07:57:55 UTC"}]


def test_page_needs_nothing_else() -> None:
    """The page has no script, and loads nothing."""
    for tag, attributes in page(GOOD, NEW, BAD).elements:
        assert tag not in {"script", "link", "img", "iframe", "form"}
        assert not {"src", "onclick", "style"} & attributes.keys()


def test_page_has_headers_of_rows_and_columns() -> None:
    """Who hears the page is told what a cell belongs to."""
    scopes = [attributes["scope"] for tag, attributes in page(GOOD).elements if tag == "th"]
    assert scopes == ["col"] * 6 + ["row"]


def test_page_escapes_what_others_wrote() -> None:
    """Names and messages are text, whatever is in them."""
    evil = "<script>alert('x')</script>\"&"
    shown = replace(
        BAD, account=account(evil), error=PayloadError("GET /", evil), collector="usage"
    )
    html = render(groups([shown], NOW, {"webshare": evil}), '/"><script>')
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert") == 3


def test_page_has_no_secret() -> None:
    """No credential is on the page."""
    html = render(groups([GOOD, BAD, NEW], NOW, TITLES), "/metrics")
    assert KEY not in html


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_advice(reason: Reason) -> None:
    """Whatever a poll fails with, the reader is told what to do, in a sentence."""
    shown = row(replace(BAD, error=PollError("GET /", "x", reason=reason)), NOW).problem
    assert shown is not None
    assert shown.reason == reason
    assert shown.advice.lower() == f"{ADVICE[reason]}.".lower()


def test_group_without_rows() -> None:
    """A group is shown under its name even without collectors."""
    assert "Webshare · main" in Page(render([Group("Webshare", "main", ())], "/metrics")).text
