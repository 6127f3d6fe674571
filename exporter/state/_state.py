"""What a state is."""

from typing import Protocol

from exporter.account import AccountKey
from exporter.ledger import Ledger


class State(Protocol):
    """Keeps the ledger of every account."""

    @property
    def persistent(self) -> bool:
        """Whether the ledgers are on disk as they are in memory."""

    @property
    def set_aside(self) -> bool:
        """Whether a broken file was set aside at this start."""

    @property
    def commit_failures(self) -> int:
        """How many commits failed since the start."""

    def load(self, account: AccountKey) -> Ledger:
        """Return the ledger as it was last committed; an empty one when there is none."""

    async def commit(self, account: AccountKey, ledger: Ledger) -> None:
        """Keep *ledger*; one at a time of each account.

        Raises: StateError when it cannot be kept.
        """

    def close(self) -> None:
        """Let go of the state."""
