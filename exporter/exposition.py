"""Exposition: samples to the text format 0.0.4 and to OpenMetrics 1.0.0.

Sample lines are the same in both: no sample carries a timestamp, and no float needs another form.
Every family that is no counter is a gauge; there are no UNIT lines and no ``_created`` series.
Byte for byte what prometheus_client's ``generate_latest`` makes of the same families, except that
the labels keep the order of their family.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter

from msgspec import Struct

from exporter.metrics import ACCOUNT_LABELS, Family, Sample, Samples, Shape, catalogue

Chunks = Mapping[Family, str]
"""Sample lines, by family."""

END = "# EOF\n"
"""The last line of OpenMetrics."""

_UNENCODABLE = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs: JSON can escape them alone, UTF-8 cannot say them."""

_FIRST_WITH_EXPONENT = 1_000_000
"""Go writes this and what is above with an exponent; of what is below zero nobody minds."""

_EXACT = 2**53
"""Whole numbers up to here are the same as floats."""

_EXPONENTS = tuple(f"e+{digits - 1:02d}" for digits in range(17))
"""By digits before the point; from 17 digits on Python sets the exponent itself."""

_SHARED_BLOCKS = 4096
"""Label blocks that are kept: those of accounts for their next polls, and those of some countries
and products for other accounts to share."""

_JOINED = 128
"""Chunks of one family that are put together in one step of the interpreter."""


class Format(Enum):
    """An exposition format that we speak; the value is its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Layout(Struct, frozen=True, eq=False, gc=False):
    """What the lines of the series of *shape* are made of, family by family.

    A line is one of *begins*, the labels that the account sets, one of *rests* and the end, which
    *pick* puts in the same order. *until* tells how many lines there are up to the last one of each
    of *families*.
    """

    shape: Shape
    families: tuple[Family, ...]
    until: tuple[int, ...]
    begins: tuple[str, ...]
    rests: tuple[str, ...]
    pick: Callable[[Sequence[str]], Sequence[str]]


class Rendering(Struct, frozen=True, eq=False, gc=False):
    """Samples as lines; *layout* spares the next rendering of the same series most of the work.

    A struct, as samples are: a poll makes several.
    """

    chunks: Chunks
    layout: Layout


def render(samples: Iterable[Sample], account: tuple[str, str] | None = None) -> Chunks:
    """Return the lines of *samples*, which are *account*'s (provider and name), or our own."""
    return rerender(Samples.of(samples), account).chunks


def rerender(
    samples: Samples, account: tuple[str, str] | None, before: Layout | None = None
) -> Rendering:
    """Render *samples* of the *account* whose last ones were in the layout *before*."""
    layout = before
    if layout is None or layout.shape is not samples.shape:
        layout = _lay_out(samples.shape, of_account=account is not None)
    pieces = [_account(account) if account else ""] * (4 * len(samples))
    pieces[::4] = layout.begins
    pieces[2::4] = layout.rests
    pieces[3::4] = layout.pick([_end(value) for value in samples.values])
    chunks, first = {}, 0
    for family, last in zip(layout.families, layout.until, strict=True):
        chunks[family] = "".join(pieces[4 * first : 4 * last])
        first = last
    return Rendering(chunks, layout)


def _lay_out(shape: Shape, *, of_account: bool) -> Layout:
    """Lay *shape* out.

    Raises: ValueError when a family of accounts has none, or the other way round.
    """
    places: defaultdict[Family, list[int]] = defaultdict(list)
    for place, family in enumerate(shape.families):
        places[family].append(place)
    begins, rests, until = list[str](), list[str](), list[int]()
    for family, those in places.items():
        if family.per_account != of_account:
            raise ValueError(f"{family.name} {'of' if of_account else 'without'} an account")
        begins += [_begin(family)] * len(those)
        rests += [_rest(family.labels, shape.labels[place], of_account) for place in those]
        until.append(len(begins))
    pick = _picker([*chain(*places.values())])
    return Layout(shape, tuple(places), tuple(until), tuple(begins), tuple(rests), pick)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return what picks those at *places*, each of which comes once, in their order."""
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(None))


@cache
def _begin(family: Family) -> str:
    return f"{family.name}{{" if family.per_account else family.name


@lru_cache(_SHARED_BLOCKS)
def _account(values: tuple[str, str]) -> str:
    """Return the labels that an account sets, which come first."""
    return _pairs(ACCOUNT_LABELS, values)


@lru_cache(_SHARED_BLOCKS)
def _rest(names: tuple[str, ...], values: tuple[str, ...], has_begun: bool) -> str:  # noqa: FBT001 - a key of the cache
    """Return the rest of the label block, one string for all accounts that have the same."""
    labels = _pairs(names, values)
    if has_begun:
        return f",{labels}}}" if labels else "}"
    return f"{{{labels}}}" if labels else ""


def _pairs(names: Sequence[str], values: Sequence[str]) -> str:
    pairs = zip(names, values, strict=True)
    return ",".join(f'{name}="{escape_label(value)}"' for name, value in pairs)


def _end(value: float) -> str:
    """Return the end of a line: the value, after its space; whole numbers, as most are, at once."""
    if type(value) is not int or not 0 <= value <= _EXACT:
        return f" {_number(value)}\n"
    if value < _FIRST_WITH_EXPONENT:
        return f" {value}.0\n"
    digits = str(value)
    rest = digits[1:] if value % 10 else digits[1:].rstrip("0")
    point = "." if rest else ""
    return f" {digits[0]}{point}{rest}{_EXPONENTS[len(digits)]}\n"


def _number(value: float) -> str:
    """Do as floatToGoString of prometheus_client, in less time, for what is finite."""
    text = repr(float(value))
    whole, _, rest = text.partition(".")
    if value < _FIRST_WITH_EXPONENT or not rest or len(whole) == 1:
        return text  # with an exponent of Python's own, or without any
    return f"{whole[0]}.{whole[1:]}{rest}".rstrip("0.") + _EXPONENTS[len(whole)]


def escape_label(text: str) -> str:
    """Return *text* as it stands between the quotes of a label."""
    encodable = text if text.isascii() else _UNENCODABLE.sub("\ufffd", text)
    return _escape(encodable).replace('"', r"\"")


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def join(chunks: Iterable[Chunks], form: Format) -> str:
    """Put *chunks* together, each family in one block under its HELP and TYPE.

    OpenMetrics still lacks its last line, so that more families can follow.
    """
    return "".join(blocks(chunks, form))


def blocks(chunks: Iterable[Chunks], form: Format) -> Iterator[str]:
    """Yield one block for each family of *chunks*, in the order of the catalogue, bit by bit.

    To join and encode all of a block at once would keep other threads waiting.
    """
    lines: dict[Family, list[str]] = {}
    for chunk in chunks:
        for family, text in chunk.items():
            lines.setdefault(family, []).append(text)
    ranks = _ranks()
    for family in sorted(lines, key=lambda family: ranks.get(family, len(ranks))):
        yield head(family, form)
        for first in range(0, len(lines[family]), _JOINED):
            yield "".join(lines[family][first : first + _JOINED])


@cache
def _ranks() -> Mapping[Family, int]:
    return {family: rank for rank, family in enumerate(catalogue())}


def head(family: Family, form: Format) -> str:
    """Return the HELP and TYPE lines of *family*."""
    name, text = family.name, _escape(family.help)
    if form is Format.OPENMETRICS:
        text = text.replace('"', r"\"")
        if family.type == "counter":
            name = name.removesuffix("_total")
    return f"# HELP {name} {text}\n# TYPE {name} {family.type}\n"
