"""The ledger: counters that tell the truth.

The one rule: a counter is the sum, over windows, of the highest total seen of each window, minus
what the windows already held at birth.

Key
    A high is kept per scope, window, family and source. Keys that are equal in one answer are added
    first. Counters are kept per label set: a label that changes gets the later growth only.
Movement
    A reading moves its counter by what it exceeds the high. A window that shrinks, repeats or
    leaves the answer moves nothing.
Birth
    A scope's first answer is its baseline: it moves nothing. A key that comes later counts from 0
    when its window has no known start, or one after the birth less the slack; otherwise what it
    first holds is baseline too. A listed scope that was not in the provider's list at the account's
    birth counts in full, unless it was created before. An empty list is a birth, too.
First sight
    Prometheus cannot count the first value of a series. A counter is shown as 0 first, and as it is
    from the first successful poll that is *hold* seconds later, by the provider's clock.
Start
    After a start, a scope's counters are shown once it was read, or is not asked for any more; a
    sum is shown when all its parts are.
Floor
    Windows below a scope's floor are folded: their highs are forgotten, and readings of them are
    ignored, also under new keys. Only the scope's own successes move its floor, and only upwards.
Identity
    Ids seen once tell whose account this is. An answer that has ids of a kind, but none of those
    known, is another account's.

Everything here is pure: no clock, no I/O, no state but the values passed in.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from exporter.counter import Counter, grow, release
from exporter.errors import IdentityError
from exporter.metrics import proof
from exporter.reading import Place, ScopeReading, Series, Statement, WindowReading
from exporter.window import REQUESTS, TRAFFIC, Corrections, Key, Window, read_window

RETIRED_AFTER = 14 * 86_400.0
"""Seconds after its end when a scope's windows are settled; no provider revises for so long."""


class Scope(Struct, frozen=True, kw_only=True, gc=False):
    """The ledger of one scope.

    *born* is when it was first read, None when it counts in full. *baseline* is what those windows
    held then which could still grow. *read_from* is the id from which on it was read without a
    hole. *folded* is the traffic of the folded windows of *term*, None
    when some of them were never read. All times are the provider's.
    """

    collector: str
    place: Place | None
    born: float | None
    read_at: float
    baseline: Mapping[str, Mapping[Key, int]] = field(default_factory=dict)
    read_from: str = ""
    floor: str = ""
    windows: Mapping[str, Window] = field(default_factory=dict)
    counters: Mapping[Series, Counter] = field(default_factory=dict)
    complete_until: float | None = None
    term: str | None = None
    folded: int | None = None

    def traffic(self, since: str, until: str) -> int:
        """Add up the highs, in bytes, of the windows from *since* up to and without *until*."""
        shown = (window for name, window in self.windows.items() if since <= name < until)
        return sum(window.highs.get((TRAFFIC, ()), 0) for window in shown)


class Ledger(Struct, frozen=True, gc=False):
    """The ledger of one account; a new one is empty.

    *listed* is what the provider listed at *born*, *created* when listed scopes began, *ended* when
    one was first seen to be over, *fresh* the scopes whose counters may be shown since the start.
    """

    born: float | None = None
    listed: frozenset[str] = frozenset()
    created: Mapping[str, float] = field(default_factory=dict)
    ended: Mapping[str, float] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()


def record(ledger: Ledger, statement: Statement, *, collector: str, hold: float) -> Ledger:
    """Return *ledger* after *statement*; *hold* is how many seconds a new series shows 0.

    Raises: IdentityError when the statement is another account's.
    """
    check_owner(ledger, statement.owners, where=collector)
    listed = statement.listed or {}
    created = {scope: at for scope, at in listed.items() if at is not None}
    is_birth = ledger.born is None
    known = replace(
        ledger,
        born=statement.at if is_birth else ledger.born,
        listed=frozenset(listed) if is_birth else ledger.listed,
        created={**ledger.created, **created},
        ended=_merge_ended(ledger, statement),
        owners=_merge_owners(ledger, statement),
    )
    scopes = dict(ledger.scopes)
    for reading in statement.scopes:
        late = ledger.born is not None and _counts_in_full(known, reading.scope, listed)
        scopes[reading.scope] = _read_scope(
            scopes.get(reading.scope), reading, at=statement.at, collector=collector, in_full=late
        )
    for name, ended in known.ended.items():
        if name in scopes and statement.at - ended > RETIRED_AFTER:
            scopes[name] = _retire(scopes[name])
    mine = {name for name, scope in scopes.items() if scope.collector == collector}
    fresh = known.fresh | (mine - statement.failed)
    for name in (mine & fresh) - statement.failed:
        shown = release(scopes[name].counters, at=statement.at, hold=hold)
        scopes[name] = replace(scopes[name], counters=shown)
    return replace(known, scopes=scopes, fresh=fresh)


def check_owner(ledger: Ledger, owners: Mapping[str, frozenset[str]], *, where: str) -> None:
    """Raise IdentityError when *owners*, as in a statement, are not those of *ledger*.

    *where* names what they were asked for by.
    """
    for kind, ids in owners.items():
        known = ledger.owners.get(kind, frozenset())
        if known and ids and known.isdisjoint(ids):
            raise IdentityError(where, f"no {kind} in the answer is known for this account")


def _merge_owners(ledger: Ledger, statement: Statement) -> Mapping[str, frozenset[str]]:
    merged = dict(ledger.owners)
    for kind, ids in statement.owners.items():
        merged[kind] = merged.get(kind, frozenset()) | ids
    return merged


def _merge_ended(ledger: Ledger, statement: Statement) -> Mapping[str, float]:
    """Return since when scopes are over, by a success of theirs; one that runs again is not."""
    over = dict.fromkeys(statement.ended - statement.failed, statement.at)
    known = {name: at for name, at in ledger.ended.items() if name in statement.ended}
    return over | (known if statement.listed is not None else dict(ledger.ended))


def _counts_in_full(ledger: Ledger, scope: str, listed: Iterable[str]) -> bool:
    if scope not in listed or scope in ledger.listed or ledger.born is None:
        return False
    return ledger.created.get(scope, ledger.born) >= ledger.born


def _read_scope(
    scope: Scope | None, reading: ScopeReading, *, at: float, collector: str, in_full: bool
) -> Scope:
    first = scope is None and not in_full
    if scope is None:
        born = None if in_full else at
        scope = Scope(collector=collector, place=reading.place, born=born, read_at=at)
        scope = replace(scope, read_from=reading.covered[0] if reading.covered else "")
    if scope.place != reading.place:
        scope = replace(scope, place=reading.place)
    scope = _start_term(scope, reading)
    windows, growth = _read_windows(scope, reading, at=at, first=first)
    gap = _gap(scope, reading)
    if scope.place is not None:
        growth.append(((proof.USAGE_GAP_SECONDS_TOTAL, scope.place), gap))
    if gap and reading.covered:
        scope = replace(scope, read_from=reading.covered[0])
    complete = [at for at in (scope.complete_until, reading.complete_until) if at is not None]
    scope = replace(
        scope,
        read_at=max(at, scope.read_at),
        baseline=_baseline(windows, at - reading.slack) if first else scope.baseline,
        windows=windows,
        counters=grow(scope.counters, growth),
        complete_until=max(complete, default=None),
    )
    return _fold(scope, reading)


def _baseline(windows: Mapping[str, Window], since: float) -> Mapping[str, Mapping[Key, int]]:
    return {
        name: window.highs
        for name, window in windows.items()
        if window.start is not None and window.start > since
    }


def _gap(scope: Scope, reading: ScopeReading) -> int:
    if reading.offered_since is None:
        return 0
    return max(0, round(reading.offered_since - scope.read_at))


def _start_term(scope: Scope, reading: ScopeReading) -> Scope:
    if reading.term is None or reading.term == scope.term:
        return scope
    return replace(scope, term=reading.term, folded=0 if reading.term >= scope.floor else None)


def _read_windows(
    scope: Scope, reading: ScopeReading, *, at: float, first: bool
) -> tuple[dict[str, Window], list[tuple[Series, int]]]:
    windows = dict(scope.windows)
    growth: list[tuple[Series, int]] = []
    corrections = Corrections()
    for window in (*_join(reading), *_missing(scope, reading)):
        if window.id < scope.floor:
            continue
        zero = not first and _counts_from_zero(scope, window, reading.slack)
        old = windows.get(window.id) or Window(start=window.start)
        windows[window.id], grown = read_window(
            old, window, at=at, from_zero=zero, corrections=corrections
        )
        growth += grown
    if scope.place is None:
        return windows, growth
    growth.append(((proof.USAGE_CORRECTIONS_BYTES_TOTAL, scope.place), corrections.traffic))
    series = (proof.USAGE_CORRECTIONS_REQUESTS_TOTAL, scope.place)
    if series in scope.counters or any(family.name == REQUESTS for (family, _), _ in growth):
        growth.append((series, corrections.requests))
    return windows, growth


def _join(reading: ScopeReading) -> Iterable[WindowReading]:
    """Return the windows; those that the answer holds twice as one."""
    joined: dict[str, WindowReading] = {}
    for window in reading.windows:
        other = joined.get(window.id)
        readings = window.readings if other is None else other.readings + window.readings
        joined[window.id] = replace(window, readings=readings)
    return joined.values()


def _missing(scope: Scope, reading: ScopeReading) -> Iterator[WindowReading]:
    """Yield, as empty, the known windows that the answer should hold but does not."""
    if reading.covered is None:
        return
    shown = {window.id for window in reading.windows}
    since, until = reading.covered
    for name, window in scope.windows.items():
        if since <= name < until and name not in shown:
            yield WindowReading(name, window.start, ())


def _counts_from_zero(scope: Scope, window: WindowReading, slack: float) -> bool:
    if scope.born is None or window.start is None:
        return True
    return window.start > scope.born - slack


def _fold(scope: Scope, reading: ScopeReading) -> Scope:
    return _settle(scope, max(scope.floor, _new_floor(scope, reading)))


def _settle(scope: Scope, floor: str) -> Scope:
    """Return *scope* with the sum of its windows below *floor* in their place."""
    settled = [name for name in scope.windows if name < floor]
    if not settled:
        return replace(scope, floor=floor)
    folded = scope.folded
    if folded is not None and scope.term is not None:
        folded += scope.traffic(scope.term, floor)
    windows = {name: window for name, window in scope.windows.items() if name >= floor}
    return replace(scope, floor=floor, windows=windows, folded=folded)


def _retire(scope: Scope) -> Scope:
    """Fold a scope that is over, but for its newest window: it would keep the others for ever."""
    if len(scope.windows) <= 1:
        return scope
    return replace(_settle(scope, max(scope.windows)), baseline={})


def _new_floor(scope: Scope, reading: ScopeReading) -> str:
    if reading.keep is None:
        return reading.floor or ""
    newest = sorted(scope.windows, reverse=True)[: reading.keep]
    return newest[-1] if len(newest) == reading.keep else ""
