"""Ledgers to rows and back.

An account is one row, a scope one row, a window one row; each holds its values as MessagePack.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from exporter.counter import Counter
from exporter.ledger import Ledger, Scope
from exporter.metrics import Family, catalogue
from exporter.reading import Series
from exporter.window import Fall, Key, Window, shared_key

T = TypeVar("T")


class _Account(msgspec.Struct, array_like=True):
    """A ledger without its scopes."""

    born: float | None
    listed: tuple[str, ...]
    created: dict[str, float]
    ended: dict[str, float]
    owners: dict[str, tuple[str, ...]]


class _Counter(msgspec.Struct, array_like=True):
    family: str
    labels: tuple[str, ...]
    value: int
    released: bool
    shown_at: float | None


class _Scope(msgspec.Struct, array_like=True):
    """A scope without its windows."""

    collector: str
    place: tuple[str, str] | None
    born: float | None
    read_at: float
    baseline: dict[str, tuple[tuple[Key, int], ...]]
    read_from: str
    floor: str
    complete_until: float | None
    term: str | None
    folded: int | None
    counters: tuple[_Counter, ...]


class _Window(msgspec.Struct, array_like=True):
    start: float | None
    highs: tuple[tuple[Key, int], ...]
    falls: tuple[tuple[Key, tuple[tuple[float, int], ...], int], ...]


def encode_account(ledger: Ledger) -> bytes:
    """Return the row of *ledger* itself."""
    owners = {kind: tuple(sorted(ids)) for kind, ids in ledger.owners.items()}
    row = _Account(
        ledger.born,
        tuple(sorted(ledger.listed)),
        dict(ledger.created),
        dict(ledger.ended),
        owners,
    )
    return msgspec.msgpack.encode(row)


def decode_account(blob: bytes, scopes: Mapping[str, Scope]) -> Ledger:
    """Return the ledger of a row and its scopes. Raises: ValueError."""
    row = _decode(blob, _Account)
    owners = {kind: frozenset(ids) for kind, ids in row.owners.items()}
    return Ledger(row.born, frozenset(row.listed), row.created, row.ended, owners, scopes)


def encode_scope(scope: Scope) -> bytes:
    """Return the row of *scope* itself."""
    row = _Scope(
        scope.collector,
        scope.place,
        scope.born,
        scope.read_at,
        {name: tuple(highs.items()) for name, highs in scope.baseline.items()},
        scope.read_from,
        scope.floor,
        scope.complete_until,
        scope.term,
        scope.folded,
        tuple(
            _Counter(family.name, labels, one.value, one.released, one.shown_at)
            for (family, labels), one in scope.counters.items()
        ),
    )
    return msgspec.msgpack.encode(row)


def decode_scope(blob: bytes, windows: Mapping[str, Window]) -> Scope:
    """Return the scope of a row and its windows. Raises: ValueError."""
    row = _decode(blob, _Scope)
    families = {family.name: family for family in catalogue()}
    return Scope(
        collector=row.collector,
        place=row.place,
        born=row.born,
        read_at=row.read_at,
        baseline={name: _highs(totals) for name, totals in row.baseline.items()},
        read_from=row.read_from,
        floor=row.floor,
        windows=windows,
        counters={
            _series(families, one): Counter(one.value, one.released, one.shown_at)
            for one in row.counters
        },
        complete_until=row.complete_until,
        term=row.term,
        folded=row.folded,
    )


def _series(families: Mapping[str, Family], row: _Counter) -> Series:
    family = families.get(row.family)
    if family is None or len(row.labels) != len(family.labels):
        raise ValueError(f"the state holds a series that this version does not know: {row.family}")
    return family, row.labels


def encode_window(window: Window) -> bytes:
    """Return the row of *window*."""
    falls = tuple((key, fall.run, fall.confirmed) for key, fall in window.falls.items())
    return msgspec.msgpack.encode(_Window(window.start, tuple(window.highs.items()), falls))


def decode_window(blob: bytes) -> Window:
    """Return the window of a row. Raises: ValueError."""
    row = _decode(blob, _Window)
    falls = {key: Fall(run, confirmed) for key, run, confirmed in row.falls}
    return Window(row.start, _highs(row.highs), falls)


def _highs(totals: Iterable[tuple[Key, int]]) -> Mapping[Key, int]:
    return {shared_key(*key): total for key, total in totals}


def _decode(blob: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(blob, type=kind)
    except (msgspec.DecodeError, TypeError) as error:
        raise ValueError("the state holds a row that cannot be read") from error
