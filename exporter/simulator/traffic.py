"""Traffic: a deterministic model of what one bought line carries, hour by hour.

Rules:

1. The past never changes: an hour's amounts depend on the line and the hour alone, through integer
   arithmetic and a hash, so every process and every asking agrees.
2. Everything adds up. An hour is a row of *cells* (bytes by country, requests by country and
   protocol, requests by error) and each cell grows linearly within the hour, rounded down; totals
   are sums of cells. So ``usage(a, b) + usage(b, c) == usage(a, c)`` in every figure, and nothing
   ever falls with time.
"""

import hashlib
import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import add, sub

from exporter.simulator.usage import RequestError, Usage

HOUR = 3600
DAY = 24 * HOUR
_MICROSECONDS = 1_000_000
_HOUR_MICROSECONDS = HOUR * _MICROSECONDS

# Percent of the mean by hour of the day and by day of the week (epoch day 0 was a Thursday).
_DAY_RHYTHM = (62, 55, 50, 48, 50, 57, 68, 82, 98, 112, 122, 128,
               130, 132, 133, 134, 135, 133, 130, 125, 118, 108, 98, 92)  # fmt: skip
_WEEK_RHYTHM = (106, 104, 74, 70, 112, 118, 116)

ERRORS = (
    (RequestError("client_connect_forbidden_host", "configuration", 403), 50),
    (RequestError("target_connect_resolve_failed", "connection", 502), 28),
    (RequestError("target_connect_unknown_error", "connection", None), 16),
    (RequestError("client_connect_invalid_params", "configuration", 400), 6),
)
_ERROR_WEIGHT = sum(weight for _, weight in ERRORS)
PROTOCOLS = ("http", "socks")

COUNTRIES = (("US", 34), ("GB", 17), ("DE", 13), ("FR", 9), ("NL", 7), ("BR", 6), ("JP", 5),
             ("IN", 4), ("CA", 3), ("ES", 2))  # fmt: skip


def floor_hour(moment: float) -> int:
    """Give the start of the hour that *moment* is in."""
    return int(moment // HOUR) * HOUR


@dataclass(frozen=True, slots=True)
class Line:
    """One thing bought, and the traffic it carries from *start* to *end* (None: for ever).

    *bytes_per_hour* is the mean; *failures* and *extra* are per mille of requests and of bytes,
    *socks* percent of requests, *idle* the percentage of hours without any traffic. *countries*
    pairs codes with weights, 32 at most. The first asking computes every hour since *start*.
    """

    id: str
    start: float
    end: float | None = None
    bytes_per_hour: int = 1_200_000_000
    bytes_per_request: int = 60_000
    countries: Sequence[tuple[str, int]] = COUNTRIES
    failures: int = 30
    extra: int = 0
    socks: int = 18
    idle: int = 0
    seed: str = ""
    # Running sums of cells from the first hour on: 90 days must be quick to ask for.
    _sums: list["array[int]"] = field(default_factory=list, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def usage(self, since: float, until: float) -> Usage:
        """Tell what was used from *since* up to *until*, in unix seconds."""
        since, until = self._clamp(since), self._clamp(until)
        if since >= until:
            return Usage()
        return self._usage(list(map(sub, self._sum(until), self._sum(since))))

    def is_running(self, now: float) -> bool:
        """Tell whether it has begun and not ended."""
        return self.start <= now and (self.end is None or now < self.end)

    def last_request_at(self, since: float, until: float) -> float | None:
        """Find the end of the traffic before *until*, to the hour when the line was idle then."""
        since, until = self._clamp(since), self._clamp(until)
        while since < until:
            start = max(since, floor_hour(until - 0.001))
            if self.usage(start, until):
                return until
            until = start
        return None

    def _clamp(self, moment: float) -> float:
        moment = max(moment, self.start)
        return moment if self.end is None else min(moment, self.end)

    def _sum(self, moment: float) -> "array[int]":
        """Sum all cells from the start of the line's first hour up to *moment*."""
        hour = floor_hour(moment)
        sums = self._sums_up_to((hour - floor_hour(self.start)) // HOUR)
        elapsed = int((moment - hour) * _MICROSECONDS)
        if not elapsed:
            return sums
        partial = (cell * elapsed // _HOUR_MICROSECONDS for cell in self._cells(hour))
        return array("q", map(add, sums, partial))

    def _sums_up_to(self, index: int) -> "array[int]":
        with self._lock:
            if not self._sums:
                self._sums.append(array("q", [0] * self._width))
            while len(self._sums) <= index:
                hour = floor_hour(self.start) + (len(self._sums) - 1) * HOUR
                self._sums.append(array("q", map(add, self._sums[-1], self._cells(hour))))
            return self._sums[index]

    @property
    def _width(self) -> int:
        return 3 * len(self.countries) + 1 + len(ERRORS)

    def _cells(self, hour: int) -> list[int]:
        """Fill the cells of a whole hour: bytes by country, extra bytes, requests, errors."""
        noise = hashlib.blake2b(f"{self.seed}/{self.id}/{hour}".encode()).digest()
        if noise[0] * 100 < self.idle * 256:
            return [0] * self._width
        traffic = self._hour_bytes(hour, noise)
        extra = traffic * self.extra // 1000
        requests = traffic * 1000 // (self.bytes_per_request * (900 + noise[3] * 200 // 255))
        failed = requests * self.failures * (192 + noise[4] // 2) // 256_000
        answered = self._split(requests - failed, noise[32:])
        return [
            *self._split(traffic - extra, noise[8:]),
            extra,
            *self._by_protocol(answered),
            *(failed * weight // _ERROR_WEIGHT for _, weight in ERRORS),
        ]

    def _hour_bytes(self, hour: int, noise: bytes) -> int:
        day_percent = _DAY_RHYTHM[hour // HOUR % 24]
        week_percent = _WEEK_RHYTHM[hour // DAY % 7]
        noise_permille = 750 + (noise[1] * 256 + noise[2]) * 500 // 65535
        return self.bytes_per_hour * day_percent * week_percent * noise_permille // 10_000_000

    def _split(self, amount: int, noise: bytes) -> list[int]:
        """Share *amount* among the countries, by their weights shaken by +-12 %."""
        shaken = zip(self.countries, noise, strict=False)
        weights = [weight * (900 + byte) for (_, weight), byte in shaken]
        total = sum(weights)
        return [amount * weight // total for weight in weights]

    def _by_protocol(self, requests: Iterable[int]) -> list[int]:
        cells = []
        for count in requests:
            socks = count * self.socks // 100
            cells += [count - socks, socks]
        return cells

    def _usage(self, cells: Sequence[int]) -> Usage:
        size = len(self.countries)
        codes = [code for code, _ in self.countries]
        extra = cells[size]
        http, socks = cells[size + 1 : 3 * size + 1 : 2], cells[size + 2 : 3 * size + 1 : 2]
        errors = cells[3 * size + 1 :]
        # Where failed requests went is known too: the first country has them all, over HTTP.
        requests = list(map(add, http, socks))
        requests[0] += sum(errors)
        return Usage(
            traffic_bytes=sum(cells[: size + 1]),
            requests=sum(requests),
            failures=sum(errors),
            extra_bytes=extra,
            countries=_counted(codes, requests),
            country_bytes=_counted(codes, [cells[0] + extra, *cells[1:size]]),
            errors={error: n for (error, _), n in zip(ERRORS, errors, strict=True) if n},
            protocols=_counted(PROTOCOLS, [sum(http) + sum(errors), sum(socks)]),
        )


def _counted(keys: Iterable[str], counts: Iterable[int]) -> dict[str, int]:
    return {key: count for key, count in zip(keys, counts, strict=True) if count}
