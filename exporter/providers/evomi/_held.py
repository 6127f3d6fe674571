"""The products to ask for: as configured, else as ``public`` lists them, else all there are."""

from exporter.api import Api
from exporter.errors import UnsupportedError
from exporter.providers._answers import given
from exporter.providers.evomi._answers import ask_public, shown_code
from exporter.providers.evomi._options import Options

GUESSES = ("rp", "rpc", "mp", "sdc")
"""All that ``public/usage`` is documented to know."""

STATIC = "static_residential"
"""Billed by address: ``public/usage`` does not know it."""


async def held(api: Api, options: Options) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the products to ask for, and which of them the provider may refuse to tell of.

    Those are guesses, and products of ``public`` that ``public/usage`` is not documented to know.
    Raises: PollError.
    """
    if options.products is not None:
        codes = _shown(options.products)
        if not codes:
            await ask_public(api)  # else nothing would tell whether the key works
        return codes, frozenset()
    try:
        products = (await ask_public(api)).products
    except UnsupportedError:
        products = None
    if products is None:
        return GUESSES, frozenset(GUESSES)
    codes = _shown(tuple(given(products) or {}))
    return codes, frozenset(codes) - frozenset(GUESSES)


def _shown(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shown_code(code) for code in codes if code not in ("", STATIC)))
