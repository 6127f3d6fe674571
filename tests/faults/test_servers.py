"""Servers that misbehave, each to whole polls of every provider.

What the client makes of each is in ``tests/api/test_sockets.py``; here is what comes of it.
"""

import asyncio
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import pytest

from exporter.api._body import MAX_BYTES
from exporter.health import account_samples
from exporter.providers import PROVIDERS, Provider
from exporter.snapshot import Snapshot
from tests.faults.stage import HASTY, PATIENT, Stage, Values, failures, set_up
from tests.sockets import Behaviour, answer, for_ever, head, say, then_hang, then_reset

CHUNKED = head("Transfer-Encoding: chunked")
BOMB = gzip.compress(bytes(4 * MAX_BYTES), 1)
PAGE = b"<!doctype html><title>canary</title>"


def _moved(*locations: str) -> Behaviour:
    """Redirect to *locations* in turn; ``{}`` in one is another number each time."""
    numbers = count()

    async def behave(writer: object) -> None:
        number = next(numbers)
        location = locations[number % len(locations)].format(number)
        await answer(b"", f"Location: {location}", status="302 Found")(writer)  # type: ignore[arg-type]  # a writer

    return behave


SLOW: Mapping[str, Behaviour] = {
    "hangs-before-the-head": then_hang(),
    "hangs-in-the-head": then_hang(b"HTTP/1.1 200 OK\r\nDate: "),
    "hangs-in-the-body": then_hang(head("Content-Length: 9") + b'{"data'),
    "trickles": for_ever(head("Content-Length: 99"), b" ", pause=1.0),
    "trickles-its-head": for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=1.0),
    "continues-for-ever": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01),
}
"""Servers that never come to an end: only the poll's deadline ends them."""

QUICK: Mapping[str, tuple[Behaviour, str]] = {
    "resets": (then_reset(), "connection"),
    "resets-in-the-head": (then_reset(b"HTTP/1.1 200 OK\r\nDate: "), "connection"),
    "resets-in-the-body": (then_reset(head("Content-Length: 9") + b"{"), "connection"),
    "hangs-up": (say(), "connection"),
    "hangs-up-in-a-chunk": (say(CHUNKED + b"ff\r\n{"), "connection"),
    "length-too-long": (say(head("Content-Length: 99") + b"{}"), "connection"),
    "length-too-short": (say(head("Content-Length: 1") + b"{}"), "payload"),
    "length-twice": (
        say(head("Content-Length: 2", "Content-Length: 3") + b"{}"),
        "connection",
    ),
    "length-negative": (say(head("Content-Length: -1") + b"{}"), "connection"),
    "chunk-size-is-none": (say(CHUNKED + b"canary\r\n{}\r\n"), "connection"),
    "no-http": (say(b"SSH-2.0-canary\r\n"), "connection"),
    "header-of-1-mb": (say(head("X: " + "x" * 2**20)), "connection"),
    "headers-without-end": (for_ever(b"HTTP/1.1 200 OK\r\n", b"X: canary\r\n" * 99), "connection"),
    "body-without-end": (for_ever(head(), b" " * 2**16), "payload"),
    "chunks-without-end": (for_ever(CHUNKED, b"8000\r\n" + b" " * 2**15 + b"\r\n"), "payload"),
    "gzip-bomb": (answer(BOMB, "Content-Encoding: gzip"), "payload"),
    "gzip-cut": (answer(gzip.compress(b"{}")[:-4], "Content-Encoding: gzip"), "payload"),
    "gzip-is-none": (answer(b"{}", "Content-Encoding: gzip"), "payload"),
    "packed-otherwise": (answer(b"canary", "Content-Encoding: br"), "payload"),
    "invalid-utf-8": (answer(b'{"canary": "\xff"}'), "payload"),
    "utf-16": (answer('{"canary": 1}'.encode("utf-16")), "payload"),
    "html-with-200": (answer(PAGE, "Content-Type: text/html"), "payload"),
    "nothing-with-204": (answer(b"", status="204 No Content"), "payload"),
    "not-modified": (say(head(status="304 Not Modified")), "client_error"),
    "status-of-its-own": (answer(PAGE, status="799 Canary"), "server_error"),
    "no-status": (say(head(status="099 Canary")), "connection"),
    "redirect-loop": (_moved("/canary", "/canary/"), "client_error"),
    "redirects-without-end": (_moved("/canary/{}"), "client_error"),
    "redirect-without-target": (answer(b"", status="302 Found"), "client_error"),
    "date-of-the-future": (
        answer(PAGE, "Date: Fri, 31 Dec 9999 23:59:59 GMT"),
        "payload",
    ),
}
"""Servers that come to an end by themselves, or that we leave at once."""

FAULTS = (*SLOW, *QUICK)


@dataclass(frozen=True)
class Outcome:
    """What a good poll showed, what a bad one after it, and how it went on after that."""

    before: tuple[list[Snapshot], Values]
    after: tuple[list[Snapshot], Values]
    healed: list[Snapshot]
    other: list[Snapshot]
    began: float
    """When the bad poll began, by the monotonic clock."""
    log: str
    targets: frozenset[str]
    """What the good poll asked for."""
    counted: int
    arrived: int
    """How many requests the bad poll made: as it counted them, and as they arrived."""


class Play:
    """The faults of a provider, each played once."""

    def __init__(self, stage: Stage, runner: asyncio.Runner) -> None:
        self.stage = stage
        self._runner = runner
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, fault: str) -> Outcome:
        """Return what comes of *fault*."""
        if fault not in self._outcomes:
            self._outcomes[fault] = self._runner.run(self._play(fault))
        return self._outcomes[fault]

    async def _until_well(self) -> None:
        """Poll until all is well: where the machine is slow, a good poll may not end in time."""
        while True:
            self.stage.origin.heads.clear()
            await self.stage.polls(None)
            if all(one.success for one in self.stage.victim.snapshots):
                return

    async def _play(self, fault: str) -> Outcome:
        stage, victim = self.stage, self.stage.victim
        behaviour, limit = (SLOW[fault], HASTY) if fault in SLOW else (QUICK[fault][0], PATIENT)
        await self._until_well()
        before, began = (victim.snapshots, victim.values), stage.jumping.now
        targets = frozenset(stage.origin.targets())
        stage.origin.heads.clear()
        log = await stage.polls(behaviour, limit)
        after, arrived = (victim.snapshots, victim.values), len(stage.origin.heads)
        other = stage.other.snapshots
        counted = _requests(after[0]) - _requests(before[0])
        await stage.polls(None)
        healed = victim.snapshots
        return Outcome(before, after, healed, other, began, log, targets, counted, arrived)


def _requests(snapshots: list[Snapshot]) -> int:
    return sum(sum(one.requests.values()) for one in snapshots)


def _up(snapshots: list[Snapshot]) -> float:
    return next(iter(account_samples(snapshots))).value


@pytest.fixture(name="play", scope="module", params=PROVIDERS.values(), ids=list(PROVIDERS))
def _play(request: pytest.FixtureRequest) -> Iterator[Play]:
    provider = request.param
    assert isinstance(provider, Provider)
    with asyncio.Runner() as runner:
        context = set_up(provider)
        yield Play(runner.run(context.__aenter__()), runner)
        runner.run(context.__aexit__(None, None, None))


@pytest.mark.parametrize("fault", FAULTS)
def test_reason(play: Play, fault: str) -> None:
    """Each collector counts one failure, of the kind that the README's table says."""
    outcome = play.outcome(fault)
    expected = "timeout" if fault in SLOW else QUICK[fault][1]
    for old, new in zip(outcome.before[0], outcome.after[0], strict=True):
        assert old.success
        assert failures(old, new) == {expected: 1}, str(new.error)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_shown_stays(play: Play, fault: str) -> None:
    """No counter moves and no gauge changes; only a sum that lacks a product may go."""
    outcome = play.outcome(fault)
    before, after = outcome.before[1], outcome.after[1]
    assert after.items() <= before.items()
    assert all("_account_period_" in family for _, family, _ in before.keys() - after.keys())


@pytest.mark.parametrize("fault", FAULTS)
def test_other_account_does_not_notice(play: Play, fault: str) -> None:
    """The other account, polled meanwhile, is up, and all it shows is new."""
    outcome = play.outcome(fault)
    assert (_up(outcome.after[0]), _up(outcome.other)) == (0, 1)
    for one in outcome.other:
        assert (one.success, one.error) == (True, None)
        assert all(part.at > outcome.began for part in one.parts.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_end_of_the_fault(play: Play, fault: str) -> None:
    """The first poll after the fault succeeds: nothing of it stays behind."""
    assert all(one.success for one in play.outcome(fault).healed)


@pytest.mark.parametrize("fault", FAULTS)
def test_requests_are_few_and_counted(play: Play, fault: str) -> None:
    """A fault makes no more than six requests of one, and every request is counted.

    One that the deadline ends while it is being sent may not have arrived.
    """
    outcome = play.outcome(fault)
    assert 0 < outcome.arrived <= 6 * len(outcome.targets)
    ended_by_deadline = len(outcome.after[0]) if fault in SLOW else 0
    assert 0 <= outcome.counted - outcome.arrived <= ended_by_deadline


@pytest.mark.parametrize("fault", FAULTS)
def test_log_begins_and_tells_nothing(play: Play, fault: str) -> None:
    """A warning for each collector says where it failed, and nothing of what the server said."""
    outcome = play.outcome(fault)
    assert outcome.log.count('level=warn logger=poller msg="poll failed"') == len(outcome.after[0])
    for text in ("canary", "Traceback", *play.stage.keys):
        assert text not in outcome.log
