"""Bad answers to one account, through the real polling of the real providers.

The simulator answers; what it says to one account is spoiled, and the other one must not notice.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import httpx
import pytest
import respx

from exporter.errors import Reason
from exporter.health import account_samples
from exporter.logs import LogfmtFormatter
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import PROVIDERS, Provider
from exporter.secret import Credential, Secret
from exporter.simulator import create_app, demo_world
from exporter.snapshot import Snapshot
from exporter.store import Store
from tests.clocks import WALL, Jumping
from tests.fakes import make_account, make_resources

Spoil = Callable[[httpx.Response], httpx.Response]


def _status(status: int) -> Spoil:
    return lambda _answer: httpx.Response(status, json={"detail": "canary"})


def _body(text: str) -> Spoil:
    return lambda _answer: httpx.Response(200, text=text)


def _redirect(_answer: httpx.Response) -> httpx.Response:
    return httpx.Response(302, headers={"Location": "https://elsewhere.example/canary"})


def _cut(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(200, content=answer.content[: len(answer.content) // 2])


def _refuse(_answer: httpx.Response) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def _hang_up(_answer: httpx.Response) -> httpx.Response:
    raise httpx.RemoteProtocolError("canary")


def _be_slow(_answer: httpx.Response) -> httpx.Response:
    raise httpx.ReadTimeout("canary")


def _numbers(instead: str) -> Spoil:
    """Return the same answer, with *instead* for every number."""

    def spoil(answer: httpx.Response) -> httpx.Response:
        marked = json.loads(answer.content, parse_int=_mark, parse_float=_mark)
        return httpx.Response(200, text=json.dumps(marked).replace('"@"', instead))

    return spoil


def _mark(_number: str) -> str:
    return "@"


FAULTS: dict[str, tuple[Spoil, Reason]] = {
    **{str(status): (_status(status), Reason.CLIENT_ERROR) for status in (400, 402, 404, 405, 422)},
    "401": (_status(401), Reason.AUTH),
    "403": (_status(403), Reason.FORBIDDEN),
    "408": (_status(408), Reason.TIMEOUT),
    "429": (_status(429), Reason.RATE_LIMITED),
    **{str(status): (_status(status), Reason.SERVER_ERROR) for status in (500, 502, 503, 504)},
    "redirect": (_redirect, Reason.CLIENT_ERROR),
    "refused": (_refuse, Reason.CONNECTION),
    "hung-up": (_hang_up, Reason.CONNECTION),
    "slow": (_be_slow, Reason.TIMEOUT),
    "html": (_body("<html>canary</html>"), Reason.PAYLOAD),
    "cut": (_cut, Reason.PAYLOAD),
    "empty": (_body(""), Reason.PAYLOAD),
    "null": (_body("null"), Reason.PAYLOAD),
    "text": (_body('"canary"'), Reason.PAYLOAD),
    "number": (_body("12345"), Reason.PAYLOAD),
    "deep": (_body("[" * 100_000), Reason.PAYLOAD),
}

NUMBERS = {
    "negative": "-12345",
    "a-bit-negative": '"-0.001"',
    "nan": "NaN",
    "nan-as-text": '"nan"',
    "infinite-as-text": '"inf"',
    "out-of-range": "12345e999",
    "huge": "123456789e200",
    "long": "9" * 5000,
    "long-as-text": f'"{"9" * 400}"',
    "word": '"canary"',
    "array": "[[12345]]",
    "object": '{"canary": 12345}',
    "true": "true",
}

SPOILS = {
    **{name: spoil for name, (spoil, _) in FAULTS.items()},
    **{name: _numbers(instead) for name, instead in NUMBERS.items()},
}

UNSUPPORTED = {"403", "404", "405"}


@dataclass(frozen=True)
class Outcome:
    """What came of a good poll and a bad one after it; snapshots are by account."""

    before: Mapping[str, list[Snapshot]]
    after: Mapping[str, list[Snapshot]]
    began: float
    """When the bad poll began, by the monotonic clock."""
    log: str


class Play:
    """Two accounts of one provider, polled for real; the answers to one may be spoiled."""

    def __init__(self, provider: Provider, runner: asyncio.Runner) -> None:
        self.jumping = Jumping()
        world = demo_world(WALL, clock=self.jumping.clock().wall)
        self.keys = [one.key for one in world.accounts if one.provider == provider.name]
        self._app = create_app(world)
        self._store = Store()
        shared = make_resources(self.jumping.clock())
        bounds = Bounds(poll_timeout=30.0, max_series=10_000)
        self._polling = Polling({provider.name: provider}, self._store, shared, bounds)
        for name, key in zip(("victim", "other"), self.keys, strict=True):
            credential, options = Credential(Secret(key)), provider.options()
            account = make_account(provider, name, credential=credential, options=options)
            self._polling.add(account)
        self._run = runner.run
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, fault: str) -> Outcome:
        """Return what comes of *fault*; it is played once."""
        if fault not in self._outcomes:
            before = self._poll(None)
            began = self.jumping.now
            with _logging() as log:
                after = self._poll(SPOILS[fault])
            self._outcomes[fault] = Outcome(before, after, began, log.getvalue())
        return self._outcomes[fault]

    def _poll(self, spoil: Spoil | None) -> Mapping[str, list[Snapshot]]:
        async def answer(request: httpx.Request) -> httpx.Response:
            is_victim = any(self.keys[0] in value for value in request.headers.values())
            told = await self._simulate(request)
            return spoil(told) if spoil and is_victim else told

        self.jumping.now += 300
        with respx.mock(assert_all_called=False) as router:
            router.get().mock(side_effect=answer)
            self._run(self._polling.poll_once())
        accounts: dict[str, list[Snapshot]] = {}
        for one in self._store.all():
            accounts.setdefault(one.account.name, []).append(one)
        return accounts

    async def _simulate(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.get(request.url, headers=dict(request.headers))
        headers = {"Date": answer.headers["Date"]}
        return httpx.Response(answer.status_code, content=answer.content, headers=headers)


@contextmanager
def _logging() -> Iterator[StringIO]:
    """Write the log as users see it, all of it."""
    stream, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(LogfmtFormatter())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture(name="play", scope="module", params=list(PROVIDERS))
def _play(request: pytest.FixtureRequest) -> Iterator[Play]:
    with asyncio.Runner() as runner:
        yield Play(PROVIDERS[str(request.param)], runner)


def _up(snapshots: list[Snapshot]) -> float:
    return next(iter(account_samples(snapshots))).value


def _shown(snapshots: list[Snapshot]) -> dict[tuple[str, str, tuple[str, ...]], float]:
    """Return all values shown, by collector, family and labels."""
    return {
        (one.collector, sample.family.name, sample.labels): sample.value
        for one in snapshots
        for part in (*one.parts.values(), one.counters)
        for sample in part.samples
    }


def _counters(snapshots: list[Snapshot]) -> dict[tuple[str, str, tuple[str, ...]], float]:
    required = [one for one in snapshots if one.required]
    return {key: value for key, value in _shown(required).items() if key[1].endswith("_total")}


def _failures(before: Snapshot, after: Snapshot) -> dict[str, int]:
    """Return what was counted between the two, by reason."""
    grown = {reason: after.failures[reason] - before.failures[reason] for reason in Reason}
    return {str(reason): by for reason, by in grown.items() if by}


@pytest.mark.parametrize("fault", SPOILS)
def test_without_a_fault(play: Play, fault: str) -> None:
    """Good answers are good again after any bad ones: all collectors succeed and show something."""
    snapshots = play.outcome(fault).before["victim"]
    assert _up(snapshots) == 1
    assert all(one.success and one.supported and one.series for one in snapshots)


@pytest.mark.parametrize("fault", SPOILS)
def test_other_account_stays_fresh(play: Play, fault: str) -> None:
    """Whatever one account is answered, another of the same provider is up and as new as ever."""
    outcome = play.outcome(fault)
    assert _up(outcome.after["other"]) == 1
    for one in outcome.after["other"]:
        assert (one.success, one.supported, one.error) == (True, True, None)
        assert all(part.at >= outcome.began for part in one.parts.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_are_counted(play: Play, fault: str) -> None:
    """Each collector counts them by their reason, unless they say that it is not supported."""
    outcome = play.outcome(fault)
    assert _up(outcome.after["victim"]) == 0
    for old, new in zip(outcome.before["victim"], outcome.after["victim"], strict=True):
        is_failure = new.required or fault not in UNSUPPORTED
        assert _failures(old, new) == ({FAULTS[fault][1]: 1} if is_failure else {})
        assert (new.success, new.supported) == (False, is_failure)


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_change_nothing_that_is_shown(play: Play, fault: str) -> None:
    """Gauges and counters stay as they were; only a sum that lacks a product may go."""
    outcome = play.outcome(fault)
    before, after = _shown(outcome.before["victim"]), _shown(outcome.after["victim"])
    assert after.items() <= before.items()
    assert all("_account_period_" in family for _, family, _ in before.keys() - after.keys())


@pytest.mark.parametrize("fault", NUMBERS)
def test_bad_numbers_are_a_bad_payload(play: Play, fault: str) -> None:
    """Numbers that can be none do not fit what is documented: they are never a bug of ours."""
    outcome = play.outcome(fault)
    for old, new in zip(outcome.before["victim"], outcome.after["victim"], strict=True):
        assert _failures(old, new) in ({"payload": 1}, {})
        assert not (new.required and new.success)


@pytest.mark.parametrize("fault", SPOILS)
def test_bad_answers_move_no_counter(play: Play, fault: str) -> None:
    """What an account has used neither rises nor falls by what cannot be read."""
    outcome = play.outcome(fault)
    assert _counters(outcome.after["victim"]) == _counters(outcome.before["victim"])


@pytest.mark.parametrize("fault", SPOILS)
def test_nothing_of_an_answer_is_told(play: Play, fault: str) -> None:
    """Errors and log lines hold neither a key nor anything that the provider said."""
    outcome = play.outcome(fault)
    errors = [str(one.error) for one in outcome.after["victim"]]
    assert "poll failed" in outcome.log
    for text in (outcome.log, *errors):
        assert not any(word in text for word in ("canary", "12345", *play.keys))
