"""Clients as the tests of the API need them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec

from exporter.api import Access, Api, Client, Clock, Pool
from exporter.secret import Credential, Secret

KEY = "canary-key"


class Plan(msgspec.Struct, frozen=True):
    """A row of an answer."""

    used_gb: float = 0.0


class Plans(msgspec.Struct, frozen=True):
    """An answer."""

    results: tuple[Plan, ...] = ()
    next: str | None = None


def bearer(secret: Secret) -> Mapping[str, str]:
    """Sign a request."""
    return {"Authorization": f"Bearer {secret.reveal()}"}


async def no_sleep(_seconds: float) -> None:
    """Let no time pass."""
    await asyncio.sleep(0)


NO_SLEEP = Clock(sleep=no_sleep)


@asynccontextmanager
async def opened(
    base_url: str,
    *,
    clock: Clock = NO_SLEEP,
    credential: Credential | None = None,
    spacing: Mapping[str, float] | None = None,
    silence: float = 5.0,
) -> AsyncIterator[Client]:
    """Open a client, and close its connections in the end."""
    pool = Pool()
    access = Access(
        base_url=base_url,
        credential=credential or Credential(Secret(KEY)),
        auth=bearer,
        spacing=spacing or {},
        silence=silence,
    )
    try:
        yield Client(pool, access, clock=clock)
    finally:
        await pool.aclose()


def api(client: Client, *, within: float = 5.0, codes: Counter[str] | None = None) -> Api:
    """Return the API for a poll that may take *within* seconds."""
    return Api(client, deadline=asyncio.get_running_loop().time() + within, codes=codes)
