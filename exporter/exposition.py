"""Exposition: samples to the text format 0.0.4 and to OpenMetrics 1.0.0.

Sample lines are the same in both: no sample carries a timestamp, and no float needs another form.
Every family that is no counter is a gauge; there are no UNIT lines and no ``_created`` series.
Byte for byte what prometheus_client's ``generate_latest`` makes of the same families, except that
the labels keep the order of their family.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from operator import itemgetter

from exporter.metrics import Family, Sample, catalogue

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


class Format(Enum):
    """An exposition format that we speak; the value is its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one family with a ``%s`` for each value, and *pick*, which finds its values."""

    template: str
    pick: Callable[[Sequence[str]], object]


@dataclass(frozen=True, slots=True)
class Layout:
    """Series in the order in which their samples came, and what their lines are made of."""

    families: Sequence[Family] = ()
    labels: Sequence[tuple[str, ...]] = ()
    lines: Mapping[Family, _Lines] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendering:
    """Samples as lines; *layout* spares the next rendering of the same series most of the work."""

    chunks: Chunks = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)


def render(samples: Iterable[Sample], account: tuple[str, str] | None = None) -> Chunks:
    """Return the lines of *samples*, which are *account*'s (provider and name), or our own."""
    return rerender(samples, account, Rendering()).chunks


def rerender(
    samples: Iterable[Sample], account: tuple[str, str] | None, before: Rendering
) -> Rendering:
    """Render *samples* of the *account* whose last rendering was *before*."""
    samples = tuple(samples)
    families = [sample.family for sample in samples]
    labels = [sample.labels for sample in samples]
    layout = before.layout
    if families != layout.families or labels != layout.labels:
        layout = Layout(families, labels, _lay_out(samples, account))
    values = [_number(sample.value) for sample in samples]
    chunks = {family: one.template % one.pick(values) for family, one in layout.lines.items()}
    return Rendering(chunks, layout)


def _lay_out(samples: Sequence[Sample], account: tuple[str, str] | None) -> Mapping[Family, _Lines]:
    places: defaultdict[Family, list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        places[sample.family].append(place)
    return {
        family: _Lines("".join([_line(samples[one], account) for one in those]), itemgetter(*those))
        for family, those in places.items()
    }


def _line(sample: Sample, account: tuple[str, str] | None) -> str:
    values = (*account, *sample.labels) if account else sample.labels
    pairs = zip(sample.family.all_labels, values, strict=True)
    labels = ",".join(f'{name}="{escape_label(value)}"' for name, value in pairs)
    block = f"{{{labels}}}" if labels else ""
    return f"{sample.family.name}{block}".replace("%", "%%") + " %s\n"


def _number(value: float) -> str:
    """Do as floatToGoString of prometheus_client, in less time, for what is finite."""
    if value < _FIRST_WITH_EXPONENT:
        return repr(float(value))
    if value <= _EXACT and value == (exact := int(value)):  # a whole number, as most are
        whole, rest = str(exact), ""
        if exact % 10:
            return f"{whole[0]}.{whole[1:]}{_EXPONENTS[len(whole)]}"
    else:
        whole, _, rest = repr(float(value)).partition(".")
        if not rest or len(whole) == 1:  # Python has set an exponent itself
            return f"{whole}.{rest}" if rest else whole
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
    """Yield one block for each family of *chunks*, in the order of the catalogue."""
    lines: dict[Family, list[str]] = {}
    for chunk in chunks:
        for family, text in chunk.items():
            lines.setdefault(family, []).append(text)
    ranks = _ranks()
    for family in sorted(lines, key=lambda family: ranks.get(family, len(ranks))):
        yield "".join((head(family, form), *lines[family]))


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
