import json
from email.utils import formatdate

import httpx
import pytest

from exporter.simulator import Fault, RateLimit, World
from tests.simulator.worlds import DAY, HOUR, KEYS, NOW, Clock, ask, make_world, webshare

LIMITS = "/api/v2/verification/limits/"
STATUS = "/api/v3/proxy/list/status?plan_id=12"
PATHS = [LIMITS, "/api/v1/usage", "/public"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (LIMITS, {"detail": "Invalid token."}),
        ("/api/v1/usage", {"success": False, "error": "Invalid or expired token"}),
        ("/public", {"success": False, "error": "Invalid API key"}),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Token wrong"},
        {"authorization": "Bearer w-key"},
        {"authorization": "Bearer e-key"},
        {"x-apikey": "p-key"},
    ],
)
def test_wrong_key(path: str, body: object, headers: dict[str, str]) -> None:
    """No key, a wrong one, one in the wrong place or of another provider is 401."""
    answer = ask(make_world(), path, headers=headers)
    assert (401, body) == (answer.status_code, answer.json())


@pytest.mark.parametrize("path", [*PATHS, "/", "/-/healthy", "/api/v2/nothing/", "/nothing"])
def test_date_is_the_worlds(path: str) -> None:
    """Every answer carries one date, of the world's clock."""
    answer = ask(make_world(Clock(NOW + 5 * DAY)), path)
    assert answer.headers.get_list("date") == [formatdate(NOW + 5 * DAY, usegmt=True)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v2/subscription", '{"detail":"Not Found"}'),
        ("/api/v3/proxy/list/status/", '{"detail":"Not Found"}'),
        ("/api/v1/me", '{"success":false,"error":"Not Found"}'),
        ("/public/settings", '{"success":false,"error":"Not Found"}'),
        ("/elsewhere", "Not Found\n"),
    ],
)
def test_path_that_does_not_exist(path: str, body: str) -> None:
    """What is not played is 404 in the provider's words; a slash matters."""
    answer = ask(make_world(), path)
    assert (404, body) == (answer.status_code, answer.text)


def test_writes_are_refused_and_recorded() -> None:
    """To set an alert is refused and noted, so that a test can prove that nobody tries."""
    world = make_world()
    answer = ask(world, "/api/v1/usage/alerts", method="POST")
    assert answer.status_code == 405
    assert answer.json()["success"] is False
    assert ask(world, "/api/v1/usage/alerts").status_code == 405
    assert list(world.log) == ["POST /api/v1/usage/alerts account=scraping"]


def test_requests_are_recorded() -> None:
    """Requests are kept with provider, path, account if the key is right, and query."""
    world = make_world()
    ask(world, STATUS)
    ask(world, "/public", headers={})
    assert [tuple(record) for record in world.requests] == [
        ("webshare", "GET", "/api/v3/proxy/list/status", "main", "plan_id=12"),
        ("evomi", "GET", "/public", None, ""),
    ]
    assert not world.log


def test_rate_limits_by_default() -> None:
    """Webshare allows 60 requests a minute for the proxy list, and says when to come back."""
    clock = Clock()
    world = make_world(clock)
    for _ in range(60):
        assert ask(world, STATUS).status_code == 200
        clock.now += 0.5
    answer = ask(world, STATUS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert answer.json() == {"detail": "Request was throttled."}
    assert ask(world, LIMITS).status_code == 200
    clock.now += 30
    assert ask(world, STATUS).status_code == 200


def test_rate_limits_count_by_key_and_provider() -> None:
    """A limit holds for one key of one provider."""
    other = type(webshare())("other", "other-key", anchor=NOW - DAY)
    accounts = (*make_world().accounts, other)
    world = World(accounts, clock=Clock(), rate_limits=(RateLimit("webshare", "/", 1),))
    statuses = [
        ask(world, path, headers=headers).status_code
        for path, headers in [
            (LIMITS, None),
            (LIMITS, None),
            (LIMITS, {"authorization": "Token other-key"}),
            ("/public", None),
            ("/public", None),
        ]
    ]
    assert statuses == [200, 429, 200, 200, 200]


def test_rate_limits_may_be_off() -> None:
    """Without limits nothing is throttled."""
    world = World((webshare(),), clock=Clock(), rate_limits=())
    assert {200} == {ask(world, LIMITS).status_code for _ in range(300)}


def faulty(*faults: Fault) -> World:
    """Make a world with faults."""
    world = make_world()
    world.faults = faults
    return world


def test_fault_with_a_status() -> None:
    """A fault answers with its status, its Retry-After and the provider's error."""
    answer = ask(faulty(Fault(kind="status", status=503, retry_after=7)), LIMITS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"detail": "Simulated fault"}


def test_fault_with_a_body() -> None:
    """A fault may bring its own body."""
    answer = ask(faulty(Fault(kind="status", status=403, body="no")), LIMITS)
    assert (answer.status_code, answer.text) == (403, "no")
    assert "retry-after" not in answer.headers


def test_fault_with_a_page() -> None:
    """A page instead of JSON comes with 200."""
    answer = ask(faulty(Fault(kind="html")), "/public")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_fault_without_success() -> None:
    """A failure may come with 200 and say so in its body."""
    answer = ask(faulty(Fault(kind="unsuccessful")), "/public")
    assert (answer.status_code, answer.json()["success"]) == (200, False)


@pytest.mark.parametrize(
    ("fault", "is_struck"),
    [
        (Fault(kind="status"), True),
        (Fault(kind="status", provider="webshare", account="main"), True),
        (Fault(kind="status", provider="evomi"), False),
        (Fault(kind="status", account="other"), False),
        (Fault(kind="status", path="/api/v2/verification/"), True),
        (Fault(kind="status", path="/api/v2/stats/"), False),
        (Fault(kind="status", since=NOW, until=NOW + 1), True),
        (Fault(kind="status", since=NOW + 1), False),
        (Fault(kind="status", until=NOW), False),
        (Fault(kind="status", probability=0), False),
    ],
)
def test_fault_strikes_what_it_names(fault: Fault, *, is_struck: bool) -> None:
    """A fault strikes by provider, account, path, time and chance."""
    assert is_struck == (ask(faulty(fault), LIMITS).status_code == 503)


def test_fault_by_chance_is_repeatable() -> None:
    """Chance is decided by the seed and the number of the request."""
    runs = []
    for _ in range(2):
        world = faulty(Fault(kind="status", probability=0.4))
        runs.append([ask(world, LIMITS).status_code for _ in range(40)])
    assert runs[0] == runs[1]
    assert 5 < runs[0].count(503) < 30


def test_slow_fault_answers_in_the_end() -> None:
    """A slow fault passes the request on, to the next fault too."""
    slow = Fault(kind="slow", delay_seconds=0.01)
    assert ask(faulty(slow), LIMITS).status_code == 200
    assert ask(faulty(slow, Fault(kind="status")), LIMITS).status_code == 503


def put(world: World, faults: object) -> httpx.Response:
    """Replace the faults."""
    content = json.dumps(faults).encode()
    return ask(world, "/-/faults", method="PUT", headers={}, content=content)


def test_faults_are_replaced() -> None:
    """Faults are replaced as a list, listed again, and cleared."""
    world = make_world()
    assert put(world, [{"kind": "html", "provider": "evomi"}]).status_code == 200
    (fault,) = ask(world, "/-/faults", headers={}).json()
    assert (fault["kind"], fault["provider"]) == ("html", "evomi")
    assert ask(world, "/public").text.startswith("<!doctype html>")
    assert put(world, []).json() == []
    assert ask(world, "/public").headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "faults",
    [
        {},
        [{"kind": "gone"}],
        [{"kind": "html", "acount": "x"}],
        [{"kind": "slow", "delay_seconds": -1}],
    ],
    ids=["no list", "kind", "misspelt", "negative"],
)
def test_faults_that_cannot_be(faults: object) -> None:
    """Faults that cannot be are refused with the reason, and the old ones stay."""
    world = faulty(Fault(kind="html"))
    answer = put(world, faults)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert len(world.faults) == 1


def test_truth_is_told() -> None:
    """The truth of a span is told of every line, without a key."""
    world = make_world()
    answer = ask(world, f"/-/truth?since={NOW - HOUR}&until={NOW}", headers={}).json()
    assert answer["now"] == NOW
    (row,) = [row for row in answer["lines"] if row["line"] == "12"]
    usage = world.truth("webshare", "main", "12", NOW - HOUR, NOW)
    assert (row["provider"], row["account"]) == ("webshare", "main")
    assert usage.traffic_bytes == row["truth"]["traffic_bytes"] == row["corrected"]["traffic_bytes"]
    assert usage.countries == row["truth"]["countries"]
    assert row["truth"]["errors"][0]["reason"] == "client_connect_forbidden_host"


def test_truth_of_all_time_by_default() -> None:
    """Without a span everything up to now is meant."""
    world = make_world()
    rows = ask(world, "/-/truth", headers={}).json()["lines"]
    assert len(rows) == 13
    assert world.truth("webshare", "main", "11", 0, NOW).requests == rows[0]["truth"]["requests"]


def test_truth_of_no_time() -> None:
    """A time that is no number is refused."""
    assert ask(make_world(), "/-/truth?since=monday", headers={}).status_code == 400


def test_healthy() -> None:
    """The simulator says that it runs."""
    assert ask(make_world(), "/-/healthy", headers={}).text == "Healthy.\n"


def test_index_shows_how_to_ask() -> None:
    """The page lists accounts, keys and lines to try."""
    page = ask(make_world(), "/", headers={}).text
    assert "curl -H 'Authorization: Token w-key' 'http://sim/api/v2/stats/aggregate/'" in page
    assert "curl -H 'Authorization: Bearer p-key' 'http://sim/api/v1/usage?period=today'" in page
    assert "curl -H 'x-apikey: e-key' 'http://sim/public'" in page


def test_head_is_answered() -> None:
    """HEAD works where GET does."""
    assert ask(make_world(), LIMITS, method="HEAD", headers=KEYS["webshare"]).status_code == 200
