"""Texts that become labels, and names of providers."""

from collections.abc import Mapping
from typing import TypeVar

from exporter.config._place import Place
from exporter.hint import did_you_mean

T = TypeVar("T")


def check_label(text: str, place: Place) -> str | None:
    """Return *text* if it can be a label that a person reads; None when not, which is noted."""
    if text.strip() and text.isprintable():
        return text
    place.mistake("has to be text that can be printed, and not empty")
    return None


def find_provider(name: str, providers: Mapping[str, T], place: Place) -> T | None:
    """Return what *providers* has for *name*; None when nothing, which is noted."""
    if name not in providers:
        known = ", ".join(providers)
        place.mistake(f"no such provider{did_you_mean(name, providers)} (there are {known})")
    return providers.get(name)
