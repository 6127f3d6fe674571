"""What the configuration may say of an Evomi account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

_Code = Annotated[str, Meta(pattern=r"^[a-z0-9_]+\Z")]
"""Of a product, as ``rpc``: it becomes a label, and part of a URL."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """The account's own options."""

    products: Annotated[tuple[_Code, ...], Meta(min_length=1)] | None = None
    """The products to ask for; None for those that the account holds."""
    periods: tuple[Literal["24h", "3d", "7d"], ...] = ("7d",)
    """The periods to show; ``7d`` is asked for in any case."""
