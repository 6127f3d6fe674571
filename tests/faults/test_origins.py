"""The credential stays with its origin, and memory stays within bounds."""

import asyncio
import gc
import gzip
import json
import tracemalloc

import pytest

from exporter.api._body import MAX_BYTES
from exporter.errors import Reason
from exporter.providers import PROVIDERS, Provider
from exporter.providers.webshare import WEBSHARE
from tests.faults.stage import set_up
from tests.sockets import Behaviour, Origin, answer, for_ever, head, serve

EVERY_PROVIDER = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)

BOMB = gzip.compress(b" " * (4 * MAX_BYTES), 9)
MEMBERS = gzip.compress(b" " * 2**16) * 500


async def _lead_astray(provider: Provider, status: str, to: str) -> tuple[set[str], Origin]:
    """Redirect the victim to *to* at another server; return its reasons and that server."""
    async with serve(answer()) as elsewhere, set_up(provider) as stage:
        # A name that leads to the same address: only the origin tells them apart.
        other = elsewhere.url.replace("127.0.0.1", "localhost")
        location = to.format(other=other, host=other.removeprefix("http://"))
        await stage.polls(answer(b"", f"Location: {location}", status=status))
        found = stage.victim.snapshots
        assert all(one.success for one in stage.other.snapshots)
        return {reason for one in found for reason, by in one.failures.items() if by}, elsewhere


@EVERY_PROVIDER
@pytest.mark.parametrize(
    ("status", "to"),
    [
        ("301 Moved Permanently", "{other}/"),
        ("302 Found", "{other}/?from=here"),
        ("303 See Other", "//{host}/"),
        ("307 Temporary Redirect", "http://user:password@{host}/"),
        ("308 Permanent Redirect", "https://{host}/"),
    ],
    ids=["301", "302", "303", "307", "308"],
)
def test_redirect_to_another_origin(provider: Provider, status: str, to: str) -> None:
    """No request goes there, so no credential does."""
    reasons, elsewhere = asyncio.run(_lead_astray(provider, status, to))
    assert reasons == {"client_error"}
    assert elsewhere.requests == []


def _with_next(next_: str) -> Behaviour:
    """Answer as the first page of a list whose next one is at *next_*."""
    return answer(json.dumps({"id": 1, "results": [], "next": next_}).encode())


async def _turn_the_page(next_: str) -> tuple[list[str], Origin]:
    async with serve(answer()) as elsewhere, set_up(WEBSHARE) as stage:
        url = next_.format(other=elsewhere.url, port=elsewhere.url.rpartition(":")[2])
        await stage.polls(_with_next(url))
        errors = [str(one.error) for one in stage.victim.snapshots]
        assert all(one.success for one in stage.other.snapshots)
        return errors, elsewhere


@pytest.mark.parametrize(
    "next_",
    ["{other}/api/v2/subscription/plan/?page=2", "//127.0.0.1:{port}/", "https://127.0.0.1/"],
)
def test_next_page_on_another_origin(next_: str) -> None:
    """A list whose next page is elsewhere fails; nobody there is asked."""
    errors, elsewhere = asyncio.run(_turn_the_page(next_))
    assert "the next page is on another origin: not followed" in errors[0]
    assert elsewhere.requests == []


@EVERY_PROVIDER
def test_proxies_of_the_environment(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a credential go through a proxy or out of a netrc that the environment names."""

    async def play() -> list[str]:
        async with serve(answer()) as proxy, set_up(provider) as stage:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            await stage.polls(None)
            assert all(one.success for one in stage.victim.snapshots)
            return proxy.requests

    assert asyncio.run(play()) == []


@pytest.mark.parametrize(
    "behaviour",
    [
        for_ever(head(), b" " * 2**16),
        for_ever(head("Transfer-Encoding: chunked"), b"10000\r\n" + b" " * 2**16 + b"\r\n"),
        answer(BOMB, "Content-Encoding: gzip"),
        for_ever(head("Content-Encoding: gzip"), MEMBERS),
    ],
    ids=["body", "chunks", "gzip-bomb", "gzip-members"],
)
def test_memory(behaviour: Behaviour) -> None:
    """A body without end costs a few times the largest that is allowed, and nothing afterwards."""

    async def play() -> tuple[int, int]:
        async with set_up(WEBSHARE) as stage:
            await stage.polls(None)
            await stage.polls(behaviour)
            tracemalloc.start()
            await stage.polls(behaviour)
            gc.collect()
            kept, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            reasons = {one.error.reason for one in stage.victim.snapshots if one.error}
            assert reasons == {Reason.PAYLOAD}
            return kept, peak

    kept, peak = asyncio.run(play())
    # Two requests at a time, each with its body in pieces and as a whole, and some more.
    assert peak < 6 * MAX_BYTES
    assert kept < MAX_BYTES / 4
