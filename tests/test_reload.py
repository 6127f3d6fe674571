import asyncio
import logging
from collections.abc import Callable

import pytest

from exporter.config import Config
from exporter.errors import UsageError
from exporter.reload import Reloader

CONFIG = Config(accounts=())


def _wrong() -> Config:
    raise UsageError(["accounts: there are none", "prices: expected a list"])


def _reloader(load: Callable[[], Config]) -> tuple[Reloader, list[Config]]:
    """Return a reloader, and what it has applied."""
    applied: list[Config] = []

    async def apply(config: Config) -> None:
        await asyncio.sleep(0)
        applied.append(config)

    return Reloader(load, apply), applied


def test_configuration_is_applied(caplog: pytest.LogCaptureFixture) -> None:
    """What was loaded is applied, and the time moves."""
    caplog.set_level(logging.INFO)
    reloader, applied = _reloader(lambda: CONFIG)
    before = reloader.succeeded_at
    assert asyncio.run(reloader.reload()) is None
    assert applied == [CONFIG]
    assert reloader.successful
    assert reloader.succeeded_at > before
    assert caplog.messages == ["configuration reloaded"]


def test_wrong_configuration_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Every mistake is told, nothing is applied, and the time stays."""
    reloader, applied = _reloader(_wrong)
    before = reloader.succeeded_at
    assert asyncio.run(reloader.reload()) == "accounts: there are none\nprices: expected a list"
    assert (applied, reloader.successful, reloader.succeeded_at) == ([], False, before)
    assert caplog.messages == ["configuration not reloaded: the one before stays"]


def test_success_after_a_mistake() -> None:
    """The next configuration that is right mends it."""
    mistakes = [UsageError(["accounts: there are none"])]

    def load() -> Config:
        if mistakes:
            raise mistakes.pop()
        return CONFIG

    reloader, _ = _reloader(load)

    async def play() -> list[bool]:
        return [await reloader.reload() is None and reloader.successful for _ in range(2)]

    assert asyncio.run(play()) == [False, True]


def test_outcome_is_told_at_the_end() -> None:
    """While a reload is under way, the last one is what there is to tell of."""
    told = []

    async def apply(_config: Config) -> None:
        told.append(reloader.successful)

    def load() -> Config:
        told.append(reloader.successful)
        return CONFIG

    reloader = Reloader(load, apply)
    assert asyncio.run(reloader.reload()) is None
    assert told == [True, True]


def test_bug_while_loading() -> None:
    """Whatever keeps it from being loaded, the reload did not succeed."""

    def load() -> Config:
        raise RuntimeError

    reloader, applied = _reloader(load)
    with pytest.raises(RuntimeError):
        asyncio.run(reloader.reload())
    assert (applied, reloader.successful) == ([], False)


def test_bug_is_told_where_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the traceback of a bug in a reload that a signal began."""

    async def apply(_config: Config) -> None:
        raise RuntimeError("a bug")

    reloader = Reloader(lambda: CONFIG, apply)

    async def play() -> None:
        reloader.begin()
        await asyncio.sleep(0)
        await reloader.close()

    asyncio.run(play())
    assert caplog.messages == ["configuration not reloaded"]
    assert "RuntimeError: a bug" in caplog.text
    assert not reloader.successful


def test_end_of_the_process_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    """A reload that a signal began may be cut off."""

    async def apply(_config: Config) -> None:
        await asyncio.Event().wait()

    reloader = Reloader(lambda: CONFIG, apply)

    async def play() -> None:
        reloader.begin()
        await asyncio.sleep(0)

    asyncio.run(play())
    assert caplog.messages == []


def test_one_at_a_time() -> None:
    """Reloads that come together are done one after the other."""
    under_way, most = 0, 0

    async def apply(_config: Config) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    reloader = Reloader(lambda: CONFIG, apply)

    async def play() -> None:
        await asyncio.gather(*(reloader.reload() for _ in range(5)))

    asyncio.run(play())
    assert most == 1


def test_none_while_stopping() -> None:
    """Once it is closed nothing is applied any more."""
    reloader, applied = _reloader(lambda: CONFIG)

    async def play() -> str | None:
        reloader.begin()
        await asyncio.sleep(0)
        await reloader.close()
        return await reloader.reload()

    assert asyncio.run(play()) == "the exporter is stopping"
    assert applied == [CONFIG], "the reload under way is waited for"


def test_closing_refuses_those_that_wait() -> None:
    """A storm of reloads does not keep the exporter from its end."""
    applied = 0

    async def apply(_config: Config) -> None:
        nonlocal applied
        applied += 1

    reloader = Reloader(lambda: CONFIG, apply)

    async def play() -> set[str | None]:
        waiting = [asyncio.create_task(reloader.reload()) for _ in range(50)]
        await asyncio.sleep(0)
        await reloader.close()
        return set(await asyncio.gather(*waiting))

    assert asyncio.run(play()) == {None, "the exporter is stopping"}
    assert applied == 1
