"""Login: who may ask, by bcrypt, which is slow on purpose.

So that it costs us little: outcomes are remembered, one check runs at a time, and few wait for it.
Passwords that were right are remembered apart, and no guesses drive them out. A name that nobody
has takes as long as one that somebody has.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum, auto

from starlette.concurrency import run_in_threadpool

_ROOM = 1000
"""Outcomes of either kind that are remembered: some 200 kB."""

QUEUE = 16
"""Logins that wait for a check, a second's worth at the usual cost; more are told to come again."""

_LONGEST = 72
"""Bytes of a password: bcrypt looks at no more, and its library refuses what it would not see."""

_DECOY = b"QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
"""Salt and digest of a password that lets nobody in, for names that nobody has."""

Check = Callable[[bytes, bytes], bool]
"""Tells whether a password has a hash; slow."""


class Verdict(Enum):
    """What comes of a login."""

    RIGHT = auto()
    WRONG = auto()
    BUSY = auto()
    """Too many are waiting to be checked."""


class _Recent:
    """The keys that were met last."""

    def __init__(self) -> None:
        self._keys: OrderedDict[bytes, None] = OrderedDict()

    def add(self, key: bytes) -> None:
        """Remember *key*, and forget the one that was met longest ago if there is no room."""
        self._keys[key] = None
        if len(self._keys) > _ROOM:
            self._keys.popitem(last=False)

    def __contains__(self, key: bytes) -> bool:
        """Tell whether *key* is remembered, for longer then."""
        if key not in self._keys:
            return False
        self._keys.move_to_end(key)
        return True


def _has_hash(password: bytes, hashed: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - takes half a MiB: most exporters have no users

    return bcrypt.checkpw(password, hashed)


class Logins:
    """Judges logins, all on one event loop; *check* runs in a thread beside it."""

    def __init__(self, check: Check = _has_hash) -> None:
        self._check = check
        self._secret = secrets.token_bytes(32)
        self._right = _Recent()
        self._wrong = _Recent()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def judge(self, users: Mapping[str, bytes], name: str, password: bytes) -> Verdict:
        """Return what comes of a login with *name* and *password*, where *users* have hashes."""
        hashed = users.get(name) or _decoy(users)
        key = self._key(name.encode(), hashed, password)
        known = self._known(key)
        if known is not None:
            return known
        if self._waiting >= QUEUE:
            return Verdict.BUSY
        self._waiting += 1
        try:
            async with self._turn:
                known = self._known(key)
                if known is not None:
                    return known
                fits = await run_in_threadpool(self._check, password[:_LONGEST], hashed)
        finally:
            self._waiting -= 1
        (self._right if fits and name in users else self._wrong).add(key)
        return Verdict.RIGHT if key in self._right else Verdict.WRONG

    def _known(self, key: bytes) -> Verdict | None:
        if key in self._right:
            return Verdict.RIGHT
        return Verdict.WRONG if key in self._wrong else None

    def _key(self, *parts: bytes) -> bytes:
        """Return what a login is remembered by, out of which no password can be guessed."""
        whole = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hashlib.blake2b(whole, key=self._secret).digest()


def _decoy(users: Mapping[str, bytes]) -> bytes:
    """Return a hash that takes as long as the slowest of *users*."""
    cost = max(hashed.split(b"$")[2] for hashed in users.values())
    return b"$".join((b"", b"2b", cost, _DECOY))
