"""``doctor``: ask every account once, and say what works, what does not, and what to do.

It is a user's first contact, and what a bug report should hold: no secret is in it.
"""

import asyncio
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from exporter.account import Account
from exporter.api import Pool
from exporter.config import Config
from exporter.errors import PollError, UnsupportedError
from exporter.output import say
from exporter.polling import AT_THE_START
from exporter.providers import PROVIDERS, Collector, Provider, Report
from exporter.secret import expiry
from exporter.session import Resources, Session
from exporter.state import MemoryState
from exporter.version import version_line

DAY = 86_400.0

_WORTH_A_WORD = ("FAILED", "failed")

SKEW_SECONDS = 60.0
"""A clock that is further off is worth a word: dashboards and alerts compare with Prometheus'."""


@dataclass(slots=True)
class Finding:
    """What asking one collector came to."""

    collector: Collector
    seconds: float
    codes: Counter[str]
    report: Report | None = None
    errors: list[PollError] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """``ok``, ``unsupported``, ``failed`` or, where the account needs it, ``FAILED``."""
        if not self.errors:
            return "ok"
        if self.collector.required:
            return "FAILED"
        refused = all(isinstance(error, UnsupportedError) for error in self.errors)
        return "unsupported" if refused else "failed"

    @property
    def fails_account(self) -> bool:
        """Tell whether the account does not work without it."""
        return self.verdict == "FAILED"


async def run(config: Config, providers: Mapping[str, Provider] = PROVIDERS) -> int:
    """Examine every account, print what was found, and return 1 when an account fails."""
    async with aclosing(Pool()) as pool:
        shared = Resources(pool, MemoryState(), config.hold_new_series)
        sessions = [
            Session(account, providers[account.provider], shared) for account in config.accounts
        ]
        say(f"{version_line()} on {platform.platform()}")
        try:
            found = await _examine_all(sessions, config.poll_timeout)
        except ExceptionGroup as errors:  # a task group makes one even of what cannot be printed
            raise errors.exceptions[0] from None
    failed = sum(any(one.fails_account for one in findings) for findings in found)
    say(f"\n{_conclusion(found, failed)}")
    return int(failed > 0)


async def _examine_all(sessions: Sequence[Session], within: float) -> list[list[Finding]]:
    """Examine every account; print what was found in their order, each as soon as it is known."""
    gates = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_THE_START))
    found = []
    async with asyncio.TaskGroup() as group:
        examining = [
            group.create_task(_examine(session, within, gates[session.account.base_url]))
            for session in sessions
        ]
        for session, task in zip(sessions, examining, strict=True):
            found.append(await task)
            say("\n".join(("", *_describe(session, found[-1]))))
    return found


def _conclusion(found: Sequence[Iterable[Finding]], failed: int) -> str:
    working = [findings for findings in found if not any(one.fails_account for one in findings)]
    optional = sum(one.verdict == "failed" for findings in working for one in findings)
    fail = "collector fails" if optional == 1 else "collectors fail"
    rest = f"; {optional} optional {fail}" if optional else ""
    if failed:
        return f"{failed} of {len(found)} accounts fail{rest}."
    return f"All accounts work ({len(found)}){rest}."


async def _examine(session: Session, within: float, gate: asyncio.Semaphore) -> list[Finding]:
    account = session.account
    async with gate:
        return [
            await _ask(session, collector, within)
            for collector in session.provider.collectors
            if collector.name in account.intervals
        ]


async def _ask(session: Session, collector: Collector, within: float) -> Finding:
    began = time.monotonic()
    finding = Finding(collector, 0.0, Counter())
    try:
        finding.report = await session.ask(collector, within=within, codes=finding.codes)
        finding.errors = list(finding.report.failures.values())
    except PollError as error:
        finding.errors = [error]
    finding.seconds = time.monotonic() - began
    return finding


def _describe(session: Session, findings: Iterable[Finding]) -> Iterator[str]:
    account = session.account
    findings = tuple(findings)
    yield f"{account.provider}/{account.name}  {account.base_url}"
    for one in findings:
        yield from _describe_finding(one)
    yield _row("key", _key(account))
    yield _row("clock", _clock(session.client.time.skew))
    yield _row("history", _history(session.provider))
    advice = {
        error.advice for one in findings if one.verdict in _WORTH_A_WORD for error in one.errors
    }
    for text in sorted(advice):
        yield _row("to do", text)


def _describe_finding(one: Finding) -> Iterator[str]:
    answers = ", ".join(f"{count} x {code}" for code, count in sorted(one.codes.items()))
    series = sum(map(len, one.report.parts.values())) if one.report else 0
    text = f"{one.seconds:.1f} s, answers {answers or 'none'}, {series} gauges"
    yield _row(one.verdict, f"{one.collector.name:<14}{text}")
    for line in dict.fromkeys(f"{error.reason}: {error}" for error in one.errors):
        yield _row("", f"{'':<14}{line}")


def _row(what: str, text: str) -> str:
    return f"  {what:<12}{text}"


def _key(account: Account) -> str:
    source = str(account.credential.file or "given as it is, not by a file")
    expires = expiry(account.credential.secret)
    if expires is None:
        return source
    days = (expires - time.time()) / DAY
    ends = f"expires {_date(expires)} (in {days:.0f} days)" if days > 0 else "HAS EXPIRED"
    return f"{source}; {ends}"


def _clock(skew: float | None) -> str:
    if skew is None:
        return "the provider did not say its time"
    if abs(skew) < SKEW_SECONDS:
        return "agrees with the provider's"
    return f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the provider's: check NTP"


def _history(provider: Provider) -> str:
    """Say how far back ``backfill`` reaches."""
    if provider.history is None:
        return "none: the provider tells no past usage"
    since = datetime.fromtimestamp(time.time() - provider.history_days * DAY, UTC)
    return f"backfill reaches back up to {provider.history_days} days, to {since:%Y-%m-%d}"


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
