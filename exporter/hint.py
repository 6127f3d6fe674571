"""Hint: what a mistyped word may have meant."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a clause that ends a message; it is empty when no known word comes close."""
    from difflib import get_close_matches  # noqa: PLC0415 - most words are right

    near = get_close_matches(word.lower(), tuple(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
