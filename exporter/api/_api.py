"""Api: what a collector asks its provider with, for the length of one poll."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

import httpx
import tenacity

from exporter.api._body import decode
from exporter.api._client import Client
from exporter.api._judge import follow
from exporter.errors import DeadlineError, PayloadError, UnavailableError

T = TypeVar("T")

Params = Mapping[str, str | int]

TRIES = 3
"""Of one request within a poll: a connection that broke, or a fault of the provider."""

MAX_PAGES = 200
"""Of one list: 5,000 plans at the providers' default page size. More is a loop."""


def _may_retry(error: BaseException) -> bool:
    return isinstance(error, UnavailableError) and error.retry_after is None


class Api:
    """The provider's API within one poll, which ends at *deadline* (the event loop's time).

    *codes* counts what the requests are answered with: status codes, or ``error``. All are signed
    with the *credential* that the client has at the begin: an answer is never one half another
    account's.
    """

    def __init__(
        self, client: Client, *, deadline: float, codes: Counter[str] | None = None
    ) -> None:
        self._codes: Counter[str] = Counter() if codes is None else codes
        self.credential = client.credential
        self._client = client
        self._deadline = deadline

    @property
    def now(self) -> float:
        """Unix seconds by the provider's clock, as its latest ``Date`` tells."""
        return self._client.time.now

    async def get(self, path: str, kind: type[T], params: Params | None = None) -> T:
        """GET *path* and return the answer as a *kind*.

        Raises: PollError.
        """
        url = httpx.URL(f"{self._client.base_url}{path}", params=dict(params or {}))
        where = f"GET {path}"
        return decode(await self._get(url, where), kind, where)

    async def pages(
        self,
        path: str,
        kind: type[T],
        *,
        following: Callable[[T], str | Params | None],
        params: Params | None = None,
    ) -> AsyncIterator[T]:
        """Yield the pages of a list.

        *following* tells what a page says comes next: a link, other parameters, None for the end.
        Raises: PollError; as PayloadError when a page comes again or leaves the origin.
        """
        where = f"GET {path}"
        first = httpx.URL(f"{self._client.base_url}{path}")
        url = first.copy_merge_params(dict(params or {}))
        seen: set[str] = set()
        while True:
            if str(url) in seen or len(seen) >= MAX_PAGES:
                raise PayloadError(where, "the list of pages does not end")
            seen.add(str(url))
            page = decode(await self._get(url, where), kind, where)
            yield page
            step = following(page)
            if step is None:
                return
            url = _next(url, step, where)
            if not self._client.is_home(url):
                raise PayloadError(where, "the next page is on another origin: not followed")

    async def _get(self, url: httpx.URL, where: str) -> bytes:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_retry),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=5),
            sleep=self._client.clock.sleep,
            reraise=True,
        )
        try:
            async with asyncio.timeout_at(self._deadline):
                return await retrying(
                    self._client.get,
                    url,
                    where=where,
                    credential=self.credential,
                    codes=self._codes,
                )
        except TimeoutError:
            raise DeadlineError(where, "no whole answer before the poll's deadline") from None
        finally:
            # tenacity's state holds itself in a cycle: break it, as full collections are rare.
            retrying.iter_state.reset()


def _next(url: httpx.URL, step: str | Params, where: str) -> httpx.URL:
    if not isinstance(step, str):
        return url.copy_merge_params(dict(step))
    return follow(url, step, where)
