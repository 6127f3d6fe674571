"""Negotiation: which format, and whether compressed, by what the request accepts.

The highest q decides (RFC 9110, section 12.5); among equals the range that names more, then the
one that comes first, then the text format. What cannot be read counts as not said. When nothing
that we speak is acceptable, the text format is sent nevertheless, as by other exporters: Prometheus
says best itself what it cannot read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.exposition import Format

_VERSIONS = {Format.TEXT: "0.0.4", Format.OPENMETRICS: "1.0.0"}

_WILDCARDS = {"*/*": 1, "text/*": 2}
"""They mean the text format: who wants OpenMetrics says so."""


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of an Accept or Accept-Encoding header."""

    name: str
    parameters: Mapping[str, str]
    q: float


def choose_format(accept: str) -> Format:
    """Return the format for an *accept* header, empty when the request has none."""
    ranges = tuple(_ranges(accept))
    ratings = {form: _rate_format(form, ranges) for form in Format}
    return max(ratings, key=lambda form: ratings[form])


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether to compress, by an *accept_encoding* header, empty when there is none.

    An identity that is explicitly liked better is obeyed.
    """
    q = {one.name: one.q for one in _ranges(accept_encoding)}
    gzip = q.get("gzip", q.get("x-gzip", q.get("*", 0.0)))
    return gzip > 0 and gzip >= q.get("identity", 0.0)


def _rate_format(form: Format, ranges: tuple[_Range, ...]) -> tuple[float, int, int]:
    """Return q, how much the range names that applies to *form*, and how early it stands."""
    applying = [
        (specificity, -place, one.q)
        for place, one in enumerate(ranges)
        if (specificity := _specificity(form, one))
    ]
    if not applying:
        return 0.0, 0, 0
    specificity, place, q = max(applying)
    return (q, specificity, place) if q > 0 else (0.0, 0, 0)


def _specificity(form: Format, one: _Range) -> int:
    """Return how closely *one* names *form*: from 1, or 0 when it does not mean it."""
    media_type = form.value.partition(";")[0]
    if one.name == media_type:
        version = one.parameters.get("version")
        return {None: 3, _VERSIONS[form]: 4}.get(version, 0)
    return _WILDCARDS.get(one.name, 0) if form is Format.TEXT else 0


def _ranges(header: str) -> Iterator[_Range]:
    for element in header.split(","):
        name, *rest = (part.strip() for part in element.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip().lower(): value.strip(' "') for key, _, value in pairs}
        q = _q(parameters.get("q", "1"))
        if name and q is not None:
            yield _Range(name.lower(), parameters, q)


def _q(text: str) -> float | None:
    """Return a quality from 0 to 1, None when *text* is none."""
    try:
        q = float(text)
    except ValueError:
        return None
    return q if 0 <= q <= 1 else None
