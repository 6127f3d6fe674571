"""What the configuration may say of a WeProxies account."""

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account's own options."""

    periods: tuple[Literal["today", "week", "month", "all"], ...] = ("today", "month")
    """The periods to show; ``all`` is asked for in any case."""
