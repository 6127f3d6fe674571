"""The catalogue of metrics as Markdown, for the README and ``list-metrics``."""

from collections.abc import Iterator
from types import ModuleType

from exporter.metrics import SECTIONS, Family

_PREFACE = (
    "Every family has the labels `provider` and `account` too, except those that begin with"
    " `proxy_provider_exporter_`."
)


def metrics_table() -> str:
    """Return every family in tables, section by section, in the order of the catalogue."""
    return "\n\n".join((_PREFACE, *(part for section in SECTIONS for part in _parts(section))))


def _parts(section: ModuleType) -> Iterator[str]:
    families = [value for value in vars(section).values() if isinstance(value, Family)]
    rows = ("| Family | Type | Labels | Meaning |", "|---|---|---|---|", *map(_row, families))
    yield f"### {_title(section)}"
    yield "\n".join(rows)


def _title(section: ModuleType) -> str:
    """Return the first line of the module's docstring, as a heading."""
    return (section.__doc__ or section.__name__).splitlines()[0].removesuffix(".")


def _row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.type} | {labels} | {family.help} |"
