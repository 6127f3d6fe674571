"""World: the accounts, the clock that all answers follow, and what goes wrong."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from exporter.simulator.account import Account, AnyAccount
from exporter.simulator.fault import Fault, RequestRecord
from exporter.simulator.report import Correction, Lateness, Span, corrected
from exporter.simulator.traffic import Line
from exporter.simulator.usage import Usage

# Long enough for hours of polling, short enough to run for ever.
_REQUESTS_KEPT = 100_000
_LOG_KEPT = 1000
_MINUTE = 60.0
PROMPT = Lateness()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests a minute and key below a path."""

    provider: str
    path: str
    per_minute: int


# Only Webshare documents any.
DOCUMENTED_LIMITS = (
    RateLimit("webshare", "/api/", 240),
    RateLimit("webshare", "/api/v3/proxy/list/", 60),
)


class World:
    """Everything the simulator plays, and the truth about it.

    *faults* and *corrections* may be replaced at any time, from any thread. *requests* and *log*
    (requests that would write) are for tests to look at.
    """

    def __init__(  # noqa: PLR0913 - the composition root
        self,
        accounts: Iterable[Account],
        *,
        clock: Callable[[], float] = time.time,
        lateness: Lateness = PROMPT,
        corrections: Sequence[Correction] = (),
        faults: Sequence[Fault] = (),
        rate_limits: Sequence[RateLimit] = DOCUMENTED_LIMITS,
        seed: int = 0,
    ) -> None:
        self.accounts = tuple(accounts)
        self.clock = clock
        self.lateness = lateness
        self.corrections = corrections
        self.faults = faults
        self.rate_limits = rate_limits
        self.requests: deque[RequestRecord] = deque(maxlen=_REQUESTS_KEPT)
        self.log: deque[str] = deque(maxlen=_LOG_KEPT)
        self._seed = seed
        self._count = 0
        self._recent: defaultdict[tuple[str, RateLimit], deque[float]] = defaultdict(deque)

    def account(self, provider: str, name: str) -> Account:
        """Find an account. Raises: KeyError."""
        for account in self.accounts:
            if (account.provider, account.name) == (provider, name):
                return account
        raise KeyError((provider, name))

    def line(self, provider: str, account: str, line: str) -> Line:
        """Find what an account bought. Raises: KeyError."""
        for candidate in self.account(provider, account).lines:
            if candidate.id == line:
                return candidate
        raise KeyError((provider, account, line))

    def truth(self, provider: str, account: str, line: str, since: float, until: float) -> Usage:
        """Tell what was really used, up to now at most."""
        return self.line(provider, account, line).usage(since, min(until, self.clock()))

    def corrected(
        self, provider: str, account: str, line: str, since: float, until: float
    ) -> Usage:
        """Tell the truth less the corrections made by now: what a provider ends up with."""
        return corrected(
            self.line(provider, account, line),
            Span(since, until),
            now=self.clock(),
            lateness=PROMPT,
            corrections=self._corrections_of(provider, account, line),
        )

    def reported(
        self, account: Account, line: Line, since: float, until: float, *, now: float
    ) -> Usage:
        """Tell what the provider shows at *now*: late and corrected."""
        return corrected(
            line,
            Span(since, until),
            now=now,
            lateness=self.lateness,
            corrections=self._corrections_of(account.provider, account.name, line.id),
        )

    def owner(self, provider: str, key: str | None) -> Account | None:
        """Find the account of *provider* that *key* belongs to."""
        mine = (one for one in self.accounts if (one.provider, one.key) == (provider, key))
        return next(mine, None)

    def authenticate(self, kind: type[AnyAccount], key: str | None) -> AnyAccount | None:
        """Find the account that *key* belongs to, where its type is known."""
        for account in self.accounts:
            if isinstance(account, kind) and account.key == key:
                return account
        return None

    def record(self, request: RequestRecord) -> None:
        """Note a request."""
        self._count += 1
        self.requests.append(request)
        if request.method not in ("GET", "HEAD"):
            self.log.append(f"{request.method} {request.path} account={request.account}")

    def striking(self, request: RequestRecord) -> Iterator[Fault]:
        """List the faults that strike the request just recorded."""
        now = self.clock()
        for number, fault in enumerate(self.faults):
            matches = fault.matches(request, now=now)
            if matches and fault.strikes(f"{self._seed}/{self._count}/{number}"):
                yield fault

    def throttle(self, account: Account, path: str) -> int | None:
        """Count a request; tell the seconds to wait when it is one too many."""
        now = self.clock()
        for limit in self.rate_limits:
            if limit.provider != account.provider or not path.startswith(limit.path):
                continue
            recent = self._recent[account.key, limit]
            while recent and recent[0] <= now - _MINUTE:
                recent.popleft()
            if len(recent) >= limit.per_minute:
                return max(1, ceil(recent[0] + _MINUTE - now))
            recent.append(now)
        return None

    def _corrections_of(self, provider: str, account: str, line: str) -> list[Correction]:
        names = (provider, account, line)
        return [one for one in self.corrections if (one.provider, one.account, one.line) == names]
