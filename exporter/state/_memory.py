"""Ledgers that end with the process: a restart is an ordinary counter reset to 0."""

from exporter.account import AccountKey
from exporter.ledger import Ledger


class MemoryState:
    """Keeps the ledgers in memory alone."""

    persistent = False
    set_aside = False
    commit_failures = 0

    def __init__(self) -> None:
        self._ledgers: dict[AccountKey, Ledger] = {}

    def load(self, account: AccountKey) -> Ledger:
        """Return the ledger as it was last committed; an empty one when there is none."""
        return self._ledgers.get(account, Ledger())

    async def commit(self, account: AccountKey, ledger: Ledger) -> None:
        """Keep *ledger* until the process ends."""
        self._ledgers[account] = ledger

    def close(self) -> None:
        """Forget everything."""
        self._ledgers.clear()
