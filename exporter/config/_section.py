"""Sections: mappings of the file, judged field by field so that one mistake hides no other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import TypeVar

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import FieldInfo, fields

from exporter.config._durations import Duration, parse_duration
from exporter.config._place import Place
from exporter.hint import did_you_mean

S = TypeVar("S", bound=Struct)

_WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
"""What YAML's users call the types that msgspec names as JSON does."""

_TYPES = re.compile(r"`([^`]*)`")
_UNQUOTED = re.compile(r"Expected `str`, got `(?:int|float|bool)`")
"""What comes of a name like 007, 1.5 or no."""


def mapping(value: object, place: Place) -> dict[str, object] | None:
    """Return *value* as a mapping with texts for keys; None when it is none, which is noted."""
    if not isinstance(value, dict):
        place.mistake("expected a mapping of keys to values")
        return None
    if not all(isinstance(key, str) for key in value):
        place.mistake("has a key that is no string: put it in quotes")
    return {key: item for key, item in value.items() if isinstance(key, str)}


def items(value: object, place: Place) -> list[object]:
    """Return *value* as a list, an empty one for None; what is no list is noted."""
    if isinstance(value, list):
        return value
    if value is not None:
        place.mistake("expected a list")
    return []


def names(kind: type[Struct]) -> tuple[str, ...]:
    """Return the keys that a section of *kind* may have."""
    return tuple(field.encode_name for field in fields(kind))


def refuse_unknown(section: Iterable[str], known: Iterable[str], place: Place) -> None:
    """Note the keys of *section* that are not *known*."""
    known = tuple(known)
    for key in section:
        if key not in known:
            place.of(key, known).mistake(not_known(key, known))


def not_known(key: str, known: Iterable[str]) -> str:
    """Say that *key* is not one of the *known* ones, and what may have been meant.

    YAML takes ``{api_key:abc}`` for one key.
    """
    head, colon, _ = key.partition(":")
    if not colon:
        return f"is not known here{did_you_mean(key, known)}"
    after = f"{head}:" if head in known else "the colon"
    return f"is not known here; a space is missing after {after}"


def fitting(section: Mapping[str, object], kind: type[Struct], place: Place) -> dict[str, object]:
    """Return what of *section* fits its field of *kind*; note what does not, and what is missing.

    Keys that *kind* does not have are left out.
    """
    good = {}
    for field in fields(kind):
        name = field.encode_name
        if name in section:
            if _fits(section[name], field, place / name):
                good[name] = section[name]
        elif field.required:
            (place / name).mistake("is missing")
    return good


def read(section: Mapping[str, object], kind: type[S], place: Place) -> S | None:
    """Return *section* as a *kind*; None when it has mistakes, which are noted."""
    before = len(place.notes.mistakes)
    good = fitting(section, kind, place)
    if len(place.notes.mistakes) > before:
        return None
    try:
        return build(good, kind)
    except msgspec.ValidationError as error:
        place.mistake(_say(str(error), kind))
        return None


def build(good: Mapping[str, object], kind: type[S]) -> S:
    """Make a *kind* of fields that fit."""
    return msgspec.convert(good, kind, dec_hook=_decode)


def _fits(value: object, field: FieldInfo, place: Place) -> bool:
    misfits = tuple(_misfits(value, field.type))
    for number, what in misfits:
        (place if number is None else place / number).mistake(_say(what, field.type))
    if misfits:
        return False
    if isinstance(value, float) and not isfinite(value):
        place.mistake("expected a finite number")
        return False
    return True


def _misfits(value: object, kind: object) -> Iterator[tuple[int | None, str]]:
    """Yield why *value* is no *kind*; of a list, why each item does not fit, with its number."""
    what, path = _misfit(value, kind)
    if path and isinstance(value, list):
        for number, item in enumerate(value):
            wrong, _ = _misfit([item], kind)
            if wrong:
                yield number, wrong
    elif what:
        yield None, what


def _misfit(value: object, kind: object) -> tuple[str, str]:
    """Return the first reason why *value* is no *kind*, and where in it; empty if it is one."""
    try:
        msgspec.convert(value, kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `")
        return what, path
    return "", ""


def _decode(kind: type, value: object) -> object:
    """Make the one type of ours that msgspec does not know; ``object`` is anything."""
    return parse_duration(value) if kind is Duration else value


def _say(what: str, kind: object) -> str:
    """Say why a value is no *kind*, in words for a file of YAML and without the value."""
    if what.startswith("Invalid enum value"):
        return f"expected one of {', '.join(_choices(inspect.type_info(kind)))}"
    hint = ": put it in quotes" if _UNQUOTED.fullmatch(what) else ""
    said = _TYPES.sub(lambda found: _in_words(found[1]), what)
    return f"{said[:1].lower()}{said[1:]}{hint}"


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))


def _choices(kind: inspect.Type) -> Iterator[str]:
    """Yield the values that a type made of literals can have."""
    if isinstance(kind, inspect.LiteralType):
        yield from map(str, kind.values)
    elif isinstance(kind, inspect.CollectionType):
        yield from _choices(kind.item_type)
    elif isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from _choices(part)
