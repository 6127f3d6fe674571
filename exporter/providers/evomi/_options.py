"""What the configuration may say of an Evomi account."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

_CODE = re.compile(r"[a-z0-9_]+")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """The account's own options."""

    products: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    """The products to ask for; None for those that the account holds."""
    periods: tuple[Literal["24h", "3d", "7d"], ...] = ("7d",)
    """The periods to show; ``7d`` is asked for in any case."""

    def __post_init__(self) -> None:
        """Refuse what cannot be the code of a product: it becomes a label, and part of a URL."""
        if not all(map(_CODE.fullmatch, self.products or ())):
            raise ValueError("products: a code has lower-case letters, digits and _ alone, as rpc")
