import base64
import json
from collections.abc import Iterable, Mapping

from exporter.account import Account
from exporter.errors import AuthError, PayloadError, Reason, UnsupportedError
from exporter.exposition import Format, join, render
from exporter.health import account_samples, poll_samples, steady_samples
from exporter.metrics import Sample
from exporter.secret import Credential, Secret
from exporter.snapshot import Snapshot, Timing, after_answer, after_failure

INTERVALS = {"usage": 300.0, "proxies": 900.0}
TIMING = Timing(wall=1_800_000_000.5, monotonic=50.0, duration=0.25)


def account(key: str = "key", prices: Mapping[str, float] | None = None) -> Account:
    """Make an account."""
    credential = Credential(Secret(key))
    return Account("webshare", "main", credential, "", INTERVALS, prices=prices or {})


def new(collector: str = "usage", *, of: Account | None = None) -> Snapshot:
    """Make the snapshot of a collector before its first poll."""
    return Snapshot(account=of or account(), collector=collector, required=collector == "usage")


def succeeded(before: Snapshot) -> Snapshot:
    """Return what a poll without anything to show leaves."""
    return after_answer(before, {}, failures={}, counters=(), timing=TIMING)


def collector_samples(snapshot: Snapshot) -> Iterable[Sample]:
    """Return how the polls of one collector go."""
    return (*steady_samples(snapshot), *poll_samples(snapshot))


def lines(samples: Iterable[Sample]) -> dict[str, str]:
    """Return values by series, as they are exposed, without prefix and account."""
    text = join([render(samples, ("p", "a"))], Format.TEXT)
    series = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {
        name.removeprefix("proxy_provider_").replace('provider="p",account="a"', ""): value
        for name, _, value in series
    }


def test_collector_before_the_first_poll() -> None:
    """Health is there from the start, every reason at 0, with nothing invented."""
    reasons = {
        f'poll_failures_total{{,collector="usage",reason="{reason}"}}': "0.0" for reason in Reason
    }
    assert lines(collector_samples(new())) == reasons | {
        'collector_success{,collector="usage"}': "0.0",
        'collector_supported{,collector="usage"}': "1.0",
        'polls_total{,collector="usage"}': "0.0",
        'poll_interval_seconds{,collector="usage"}': "300.0",
    }


def test_collector_after_a_success() -> None:
    """A success shows its end by the wall clock, and how long the poll took."""
    shown = lines(collector_samples(succeeded(new())))
    assert shown['collector_success{,collector="usage"}'] == "1.0"
    assert shown['polls_total{,collector="usage"}'] == "1.0"
    assert shown['poll_duration_seconds{,collector="usage"}'] == "0.25"
    assert shown['last_success_timestamp_seconds{,collector="usage"}'] == "1.8000000005e+09"


def test_collector_after_a_failure() -> None:
    """A failure is counted by its reason, and leaves the time of the last success."""
    failed = after_failure(succeeded(new()), PayloadError("GET /x", "odd"), timing=TIMING)
    shown = lines(collector_samples(failed))
    assert shown['collector_success{,collector="usage"}'] == "0.0"
    assert shown['polls_total{,collector="usage"}'] == "2.0"
    assert shown['poll_failures_total{,collector="usage",reason="payload"}'] == "1.0"
    assert shown['poll_failures_total{,collector="usage",reason="auth"}'] == "0.0"
    assert 'last_success_timestamp_seconds{,collector="usage"}' in shown


def test_collector_that_is_not_supported() -> None:
    """An optional endpoint that is not for this account counts as no failure."""
    error = UnsupportedError("GET /x", "403")
    shown = lines(collector_samples(after_failure(new("proxies"), error, timing=TIMING)))
    assert shown['collector_supported{,collector="proxies"}'] == "0.0"
    failures = {value for name, value in shown.items() if name.startswith("poll_failures_total")}
    assert failures == {"0.0"}


def test_up_needs_every_required_collector() -> None:
    """An account is up when its required collectors are; optional ones do not matter."""
    failed = after_failure(new("proxies"), PayloadError("GET /x", "odd"), timing=TIMING)
    assert lines(account_samples([succeeded(new()), failed]))["up{}"] == "1.0"


def test_down_before_the_first_poll_and_after_a_failure() -> None:
    """An account is down until a required collector succeeds, and once it fails."""
    failed = after_failure(succeeded(new()), AuthError("GET /x", "401"), timing=TIMING)
    assert lines(account_samples([new()]))["up{}"] == "0.0"
    assert lines(account_samples([failed, succeeded(new("proxies"))]))["up{}"] == "0.0"


def test_requests_of_an_account_are_summed() -> None:
    """Requests of all collectors are added by their code."""
    usage = Snapshot(
        account=account(), collector="usage", required=True, requests={"200": 3, "error": 1}
    )
    proxies = Snapshot(
        account=account(), collector="proxies", required=False, requests={"429": 1, "200": 2}
    )
    shown = lines(account_samples([usage, proxies]))
    assert shown == {
        "up{}": "0.0",
        'api_requests_total{,code="200"}': "5.0",
        'api_requests_total{,code="429"}': "1.0",
        'api_requests_total{,code="error"}': "1.0",
    }


def test_prices_are_of_the_account() -> None:
    """Configured prices are shown by product."""
    shown = lines(account_samples([new(of=account(prices={"rp": 4.9e-10}))]))
    assert shown['product_traffic_price_usd_per_byte{,product="rp"}'] == "4.9e-10"


def test_expiry_of_a_token() -> None:
    """A credential that says when it expires is shown with that time."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1_900_000_000}).encode()).decode()
    shown = lines(account_samples([new(of=account(f"e30.{claims}.c2ln"))]))
    assert shown["credential_expiry_timestamp_seconds{}"] == "1.9e+09"
