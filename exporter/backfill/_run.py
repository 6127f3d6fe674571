"""The command: takes one account after the other, writes, and says what came of it."""

from collections.abc import Iterable, Mapping

import click

from exporter.account import AccountKey
from exporter.backfill._account import Outside, Writer
from exporter.backfill._growth import milliseconds
from exporter.backfill._spool import Spool
from exporter.backfill._task import Task, read_task
from exporter.backfill._words import Outcome, conclusion, describe, missing_labels
from exporter.config import Config
from exporter.ledger import Ledger
from exporter.state import read_ledgers

BUCKETS_SHOWN = 100
"""The progress is shown anew after so many buckets: a terminal is slow."""


async def run(config: Config, task: Task, outside: Outside | None = None) -> int:
    """Write what *task* asks for; return 1 when an account fails, else 0.

    Raises: UsageError when the task makes no sense, StartError when it cannot be done.
    """
    outside = outside or Outside()
    wanted = read_task(task, config, now=outside.clock.wall())
    ledgers = read_ledgers(task.storage) if task.storage else {}
    if wanted.missing:
        _say(outside, [missing_labels(wanted.missing)])
    with Spool(task.output) as spool:
        writer = Writer(wanted, milliseconds(task.step), outside, spool)
        try:
            outcomes = await _write_all(writer, ledgers)
        finally:
            await outside.pool.aclose()
        failed = [one for one in outcomes if one.failure is not None]
        if len(failed) < len(outcomes):
            spool.join()
    _say(outside, map(describe, outcomes))
    _say(outside, conclusion(outcomes, task.output, now=milliseconds(outside.clock.wall())))
    return int(bool(failed))


def _say(outside: Outside, lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=outside.stderr)


async def _write_all(writer: Writer, ledgers: Mapping[AccountKey, Ledger]) -> list[Outcome]:
    """Write every account, and show how far it is where a terminal is watching."""
    outcomes = []
    accounts, stderr = writer.wanted.accounts, writer.outside.stderr
    with click.progressbar(
        length=len(accounts),
        show_pos=True,
        show_eta=False,
        item_show_func=lambda text: text,
        update_min_steps=0,
        file=stderr,
        hidden=not stderr.isatty(),
    ) as bar:
        for account in accounts:
            name = "/".join(account.key)

            def show(count: int, name: str = name) -> None:
                if count % BUCKETS_SHOWN == 1:
                    bar.update(0, f"{name}: {count} buckets")

            ledger = ledgers.get(account.key, Ledger())
            outcomes.append(await writer.write(account, ledger, progress=show))
            bar.update(1, name)
    return outcomes
