"""Intervals: which collectors of an account are on, and how often they poll."""

from collections.abc import Mapping

from exporter.config._durations import format_duration, parse_duration
from exporter.config._place import Place
from exporter.config._section import mapping
from exporter.hint import did_you_mean
from exporter.providers import Collector, Provider

SHORTEST = 1.0
"""Seconds: providers limit requests by the minute, and nothing of theirs moves faster."""


def default_intervals(provider: Provider) -> dict[str, float]:
    """Return how often every collector polls unless the configuration says otherwise."""
    return {collector.name: collector.interval for collector in provider.collectors}


def read_intervals(value: object, provider: Provider, place: Place) -> dict[str, float]:
    """Return the intervals of the collectors that are on; note what is wrong with them."""
    intervals = default_intervals(provider)
    section = {} if value is None else mapping(value, place) or {}
    collectors = {collector.name: collector for collector in provider.collectors}
    for name, text in section.items():
        if name in collectors:
            intervals[name] = _read(text, collectors[name], place / name)
        else:
            place.of(name, collectors).mistake(_unknown(name, provider, collectors))
    return {name: seconds for name, seconds in intervals.items() if seconds}


def _read(value: object, collector: Collector, place: Place) -> float:
    """Return the interval, 0 when it is off or mistaken."""
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        place.mistake(str(error))
        return 0.0
    if not seconds and collector.required:
        place.mistake("cannot be turned off: the counters come from this collector")
    if 0 < seconds < SHORTEST:
        place.mistake(f"has to be at least {format_duration(SHORTEST)}{_or_off(collector)}")
    return seconds


def _or_off(collector: Collector) -> str:
    return "" if collector.required else ", or 0 to turn the collector off"


def _unknown(name: str, provider: Provider, known: Mapping[str, Collector]) -> str:
    hint = did_you_mean(name, known)
    return f"{provider.name} has no such collector{hint} (there are {', '.join(known)})"
