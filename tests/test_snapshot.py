import pytest

from exporter.account import Account
from exporter.errors import AuthError, PayloadError, PollError, Reason, UnsupportedError
from exporter.snapshot import (
    UNSUPPORTED_ADVICE,
    Part,
    Snapshot,
    Timing,
    after_answer,
    after_failure,
)
from tests.fakes import Script, gauges, make_account, make_provider, report

PROVIDER = make_provider(usage=Script(report()), extra=Script(report()))
FIRST = Timing(wall=100.0, monotonic=10.0, duration=1.0)
SECOND = Timing(wall=200.0, monotonic=20.0, duration=2.0)
UNSUPPORTED = UnsupportedError("GET /", "no", status=403, reason=Reason.FORBIDDEN)
BROKEN = PayloadError("GET /", "no")


def _snapshot(account: Account | None = None, collector: str = "usage") -> Snapshot:
    return Snapshot(
        account=account or make_account(PROVIDER),
        collector=collector,
        required=collector == "usage",
    )


def _answered(snapshot: Snapshot, **failures: PollError) -> Snapshot:
    parts = {name: gauges(2.0) for name in ("a", "b") if name not in failures}
    return after_answer(snapshot, parts, failures=failures, counters=gauges(9.0), timing=SECOND)


@pytest.fixture(name="old")
def _old() -> Snapshot:
    parts = {"a": gauges(1.0), "b": gauges(1.0), "c": gauges(1.0)}
    return after_answer(_snapshot(), parts, failures={}, counters=gauges(8.0), timing=FIRST)


def test_before_the_first_poll() -> None:
    """A collector that waits has failed nothing, has no duration and every reason at 0."""
    snapshot = _snapshot()
    assert (snapshot.success, snapshot.supported, snapshot.duration) == (False, True, None)
    assert snapshot.failures == dict.fromkeys(Reason, 0)
    assert (snapshot.polls, snapshot.last_success, snapshot.series) == (0, None, 0)


def test_interval_is_the_accounts() -> None:
    """How often a collector polls is what its account says."""
    assert [_snapshot(collector=name).interval for name in ("usage", "extra")] == [300, 900]


def test_answer_replaces_all_parts(old: Snapshot) -> None:
    """What an answer has no more is gone, and what it has is of its own time."""
    new = _answered(old)
    assert {name: part.at for name, part in new.parts.items()} == {"a": 20.0, "b": 20.0}
    assert [one.value for one in new.counters.samples] == [9.0]
    assert new.series == 3


def test_parts_know_how_long_they_took(old: Snapshot) -> None:
    """Each part is as old as its poll, which lasted so long."""
    new = _answered(old, a=BROKEN)
    assert [(one.at, one.took) for one in new.parts.values()] == [(10.0, 1.0), (20.0, 2.0)]


def test_answer_is_a_success(old: Snapshot) -> None:
    """An answer counts as a poll and as a success, at our own time."""
    new = _answered(old)
    assert (new.success, new.error, new.polls, new.duration) == (True, None, 2, 2.0)
    assert new.last_success == 200.0


def test_failed_part_keeps_what_it_had(old: Snapshot) -> None:
    """A part that fails keeps its samples and their age, the others are new."""
    new = _answered(old, b=PayloadError("GET /", "no"))
    assert new.parts["b"] is old.parts["b"]
    assert new.parts["a"].at == 20.0
    assert "c" not in new.parts


def test_failed_part_that_had_nothing() -> None:
    """A part that never succeeded has nothing to keep."""
    assert list(_answered(_snapshot(), b=PayloadError("GET /", "no")).parts) == ["a"]


def test_failed_part_fails_the_poll(old: Snapshot) -> None:
    """The poll counts as failed, with that reason; the last success stays."""
    error = PayloadError("GET /", "no")
    new = _answered(old, b=error)
    assert (new.success, new.error, new.polls) == (False, error, 2)
    assert (new.failures[Reason.PAYLOAD], new.last_success) == (1, 100.0)


@pytest.mark.parametrize(("collector", "success"), [("usage", False), ("extra", True)])
def test_unsupported_part_beside_others(collector: str, success: bool) -> None:  # noqa: FBT001 - a column of the table
    """An optional collector is excused for what the account may not use if there is more."""
    new = _answered(_snapshot(collector=collector), b=UNSUPPORTED)
    assert (new.success, new.supported) == (success, True)


def test_failure_counts_before_what_is_unsupported(old: Snapshot) -> None:
    """A poll is judged by the part that failed, not by one that is not for this account."""
    error = PayloadError("GET /", "no")
    assert _answered(old, a=UNSUPPORTED, b=error).error is error


@pytest.mark.parametrize(("collector", "supported"), [("usage", True), ("extra", False)])
def test_nothing_but_unsupported_parts(collector: str, supported: bool) -> None:  # noqa: FBT001 - a column of the table
    """An optional collector of which no part is for this account is not supported."""
    new = _answered(_snapshot(collector=collector), a=UNSUPPORTED, b=UNSUPPORTED)
    assert (new.success, new.supported) == (False, supported)


def test_failure_keeps_everything_shown(old: Snapshot) -> None:
    """A failed poll leaves gauges, counters and the last success as they were."""
    new = after_failure(old, AuthError("GET /", "no"), timing=SECOND)
    assert (new.parts, new.counters) == (old.parts, old.counters)
    assert (new.success, new.polls, new.duration, new.last_success) == (False, 2, 2.0, 100.0)


@pytest.mark.parametrize("reason", Reason)
def test_failures_are_counted_by_reason(old: Snapshot, reason: Reason) -> None:
    """Each failure raises the count of its reason by one, and no other."""
    error = PollError("GET /", "no", reason=reason)
    twice = after_failure(after_failure(old, error, timing=SECOND), error, timing=SECOND)
    assert twice.failures == {**dict.fromkeys(Reason, 0), reason: 2}


def test_unsupported_optional_collector_has_not_failed() -> None:
    """An optional collector that is not for this account counts no failure."""
    new = after_failure(_snapshot(collector="extra"), UNSUPPORTED, timing=FIRST)
    assert (new.supported, new.success, new.polls) == (False, False, 1)
    assert sum(new.failures.values()) == 0


def test_unsupported_required_collector_has_failed() -> None:
    """A required collector must be for every account."""
    new = after_failure(_snapshot(), UNSUPPORTED, timing=FIRST)
    assert (new.supported, new.failures[Reason.FORBIDDEN]) == (True, 1)


def test_refused_endpoint_that_fails_otherwise() -> None:
    """What failed last decides what to do; whether it is supported is as last said."""
    refused = after_failure(_snapshot(collector="extra"), UNSUPPORTED, timing=FIRST)
    assert (refused.is_refused, refused.advice) == (True, UNSUPPORTED_ADVICE)
    failed = after_failure(refused, BROKEN, timing=SECOND)
    assert (failed.is_refused, failed.supported) == (False, False)
    assert failed.advice == BROKEN.advice
    assert _snapshot().advice == ""


def test_supported_again_after_an_answer() -> None:
    """A collector that answers is supported from then on."""
    refused = after_failure(_snapshot(collector="extra"), UNSUPPORTED, timing=FIRST)
    assert _answered(refused).supported


def test_earlier_snapshots_never_change(old: Snapshot) -> None:
    """The next snapshot is another one: what a scrape holds stays as it is."""
    before = (dict(old.parts), dict(old.failures), old.polls)
    after_failure(_answered(old), AuthError("GET /", "no"), timing=SECOND)
    assert (dict(old.parts), dict(old.failures), old.polls) == before


def test_series_that_stay_are_held_once(old: Snapshot) -> None:
    """A poll of the same series brings values alone, whichever it kept of its parts."""
    new = _answered(old, b=BROKEN)
    for name in ("a", "b"):
        assert new.parts[name].samples.shape is old.parts[name].samples.shape
    assert new.counters.samples.shape is old.counters.samples.shape
    assert [one.value for one in new.counters.samples] == [9.0]


def test_parts_are_told_apart_by_identity() -> None:
    """Two polls with equal samples are two parts: they age apart."""
    assert Part(at=1.0) != Part(at=1.0)
