import asyncio
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from exporter import doctor
from exporter.account import Account
from exporter.api import Api
from exporter.config import Config
from exporter.errors import PayloadError
from exporter.polling import AT_THE_START
from exporter.providers import PROVIDERS, Context, Provider, Report
from exporter.secret import Credential, Secret
from exporter.simulator import Fault, SimulatorServer, World, demo_world
from tests.fakes import Script, failing, make_account, make_provider, report

Examine = Callable[..., tuple[int, str]]

HOUR = 3600.0

UNREACHABLE = Account(
    provider="weproxies",
    name="main",
    credential=Credential(Secret("key")),
    base_url="http://127.0.0.1:9",
    intervals={"usage": 300.0},
    options=PROVIDERS["weproxies"].options(),
)
"""An account whose provider nobody plays."""


@pytest.fixture(scope="module")
def played() -> World:
    """Return the demo's world: made once, since it takes a while."""
    return demo_world(time.time())


@pytest.fixture
def examine(played: World, capsys: pytest.CaptureFixture[str]) -> Iterator[Examine]:
    """Return a function that has the doctor see one account: exit code and text."""
    played.clock, played.faults = time.time, ()
    with SimulatorServer(played) as server:

        def run(provider: str, name: str, key: str | None = None) -> tuple[int, str]:
            found = played.account(provider, name)
            account = Account(
                provider=provider,
                name=name,
                credential=Credential(Secret(key or found.key)),
                base_url=server.url,
                intervals={one.name: one.interval for one in PROVIDERS[provider].collectors},
                options=PROVIDERS[provider].options(),
            )
            fast = replace(PROVIDERS[provider], spacing={})
            code = asyncio.run(doctor.run(Config(accounts=(account,)), {provider: fast}))
            return code, capsys.readouterr().out

        yield run


def test_healthy_account(examine: Examine) -> None:
    """An account that works has every collector ok, its history and an agreeing clock."""
    code, text = examine("webshare", "backup")
    assert code == 0
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("  ok")] == [
        ["ok", "usage"],
        ["ok", "proxies"],
        ["ok", "account"],
    ]
    assert "backfill reaches back up to 90 days, to 20" in text
    assert "agrees with the provider's" in text
    assert text.endswith("All accounts work (1).\n")


def test_refused_key(examine: Examine) -> None:
    """A key that is refused fails the account, and the text says what to do."""
    code, text = examine("webshare", "backup", "wrong-key")
    assert code == 1
    assert text.count("auth: GET /api/v2/subscription/: the provider answered 401") == 1
    assert "check the account's key" in text
    assert text.endswith("1 of 1 accounts fail.\n")


def test_no_secret_is_told(examine: Examine, played: World) -> None:
    """What the doctor prints can go into a bug report."""
    for key in (None, "canary-key"):
        _, text = examine("evomi", "team", key)
        assert played.account("evomi", "team").key not in text
        assert "canary" not in text


def test_endpoint_that_the_account_may_not_use(examine: Examine, played: World) -> None:
    """An optional collector that is refused is no failure."""
    played.faults = [Fault(kind="status", status=403, path="/api/v3/proxy")]
    code, text = examine("webshare", "backup")
    assert code == 0
    assert "unsupported proxies" in text


@pytest.mark.parametrize(
    ("paths", "end"),
    [
        (["/api/v3/proxy"], "All accounts work (1); 1 optional collector fails.\n"),
        (
            ["/api/v3/proxy", "/api/v2/verification"],
            "All accounts work (1); 2 optional collectors fail.\n",
        ),
    ],
    ids=["one", "two"],
)
def test_optional_collector_that_fails(
    examine: Examine, played: World, paths: list[str], end: str
) -> None:
    """It is shown with its advice, and the account works all the same."""
    played.faults = [Fault(kind="status", status=400, path=path) for path in paths]
    code, text = examine("webshare", "backup")
    assert code == 0
    assert "failed      proxies" in text
    assert "to do       check base_url and the account's options" in text
    assert text.endswith(end)


def test_error_of_several_parts_is_told_once(examine: Examine, played: World) -> None:
    """Parts that fail alike share one line."""
    played.faults = [Fault(kind="status", status=400, path="/api/v1/usage")]
    _, text = examine("weproxies", "research")
    lines = [line for line in text.splitlines() if "client_error: GET /api/v1/usage" in line]
    assert len(lines) == len(set(lines)) > 0


def _examine_unreachable(provider: Provider, capsys: pytest.CaptureFixture[str]) -> str:
    account = replace(UNREACHABLE, provider=provider.name, options=provider.options())
    fast = replace(provider, spacing={})
    assert asyncio.run(doctor.run(Config(accounts=(account,)), {provider.name: fast})) == 1
    return capsys.readouterr().out


@pytest.mark.parametrize(("provider", "days"), [("webshare", 90), ("weproxies", 365), ("evomi", 7)])
def test_history(provider: str, days: int, capsys: pytest.CaptureFixture[str]) -> None:
    """How far back ``backfill`` reaches is told, with the day."""
    text = _examine_unreachable(PROVIDERS[provider], capsys)
    since = datetime.fromtimestamp(time.time() - days * 24 * HOUR, UTC)
    assert f"  history     backfill reaches back up to {days} days, to {since:%Y-%m-%d}\n" in text


def test_history_of_a_provider_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A provider that tells no past usage is said to have none."""
    text = _examine_unreachable(replace(PROVIDERS["weproxies"], history=None), capsys)
    assert "  history     none: the provider tells no past usage\n" in text


def test_required_endpoint_that_is_refused(examine: Examine, played: World) -> None:
    """A required collector that is refused fails the account."""
    played.faults = [Fault(kind="status", status=403, path="/api/v2/subscription")]
    code, text = examine("webshare", "backup")
    assert code == 1
    assert "FAILED      usage" in text


@pytest.mark.parametrize(
    ("ahead", "words"), [(HOUR, "s behind the provider's"), (-HOUR, "s ahead of the provider's")]
)
def test_clock_that_is_wrong(examine: Examine, played: World, ahead: float, words: str) -> None:
    """A clock that differs from the provider's is told, with the direction."""
    played.clock = lambda: time.time() + ahead
    _, text = examine("weproxies", "research")
    assert words in text


def test_provider_that_cannot_be_reached(capsys: pytest.CaptureFixture[str]) -> None:
    """Without any answer there is no clock to compare with."""
    text = _examine_unreachable(PROVIDERS["weproxies"], capsys)
    assert "the provider did not say its time" in text
    assert "answers 9 x error" in text


def test_accounts_are_asked_a_few_at_a_time() -> None:
    """However many there are, none waits for its connection until its deadline is over."""
    under_way, most = 0, 0

    async def poll(_api: Api, _context: Context) -> Report:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return report()

    provider = make_provider(usage=poll)
    accounts = tuple(make_account(provider, f"a{number}") for number in range(50))
    assert asyncio.run(doctor.run(Config(accounts=accounts), {"fake": provider})) == 0
    assert most == AT_THE_START


def test_what_is_found_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account is described as soon as it was asked, whatever those after it wait for."""
    told = asyncio.Event()

    class Screen(io.StringIO):
        def write(self, text: str) -> int:
            if "fake/first" in text:
                told.set()
            return super().write(text)

    async def wait(_api: Api, _context: Context) -> Report:
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), timeout=2)
        return report() if told.is_set() else failing(PayloadError("usage", "nothing was told"))

    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    provider = make_provider(usage=Script(report(), wait))
    accounts = tuple(make_account(provider, name) for name in ("first", "second"))
    assert asyncio.run(doctor.run(Config(accounts=accounts), {"fake": provider})) == 0
    assert screen.getvalue().endswith("All accounts work (2).\n")


def test_reader_that_hangs_up_meanwhile() -> None:
    """What cannot be told any more ends it as what could not be told at all."""
    read, write = os.pipe()

    async def poll(_api: Api, _context: Context) -> Report:
        os.close(read)
        return report()

    provider = make_provider(usage=poll)
    config = Config(accounts=(make_account(provider),))
    with (
        open(write, "w", encoding="utf-8") as out,  # noqa: PTH123 - a pipe
        redirect_stdout(out),
        pytest.raises(BrokenPipeError),
    ):
        asyncio.run(doctor.run(config, {"fake": provider}))


def test_expiry_of_the_key(examine: Examine) -> None:
    """A key that is a JWT says when it ends, or that it has."""
    _, text = examine("weproxies", "scraping")
    assert "expires 20" in text
    ended = "e30.eyJleHAiOjEwMDAwMDAwMDB9.x"
    _, text = examine("weproxies", "scraping", ended)
    assert "HAS EXPIRED" in text
