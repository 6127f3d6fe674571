import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.errors import Reason
from exporter.flags import flags_table
from exporter.metrics_table import metrics_table
from exporter.providers import PROVIDERS

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize(
    ("name", "table"),
    [("metrics", metrics_table), ("flags", flags_table)],
    ids=["metrics", "flags"],
)
def test_table_is_what_the_program_prints(name: str, table: Callable[[], str]) -> None:
    """The README's tables are the program's own; UPDATE_README=1 writes them anew."""
    text = README.read_text("utf-8")
    before, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->\n")
    expected = f"{before}{begin}\n{table().strip()}\n\n{end}{after}"
    if os.environ.get("UPDATE_README"):
        README.write_text(expected, "utf-8")
    assert begin
    assert end
    assert text == expected


def test_every_collector_is_told() -> None:
    """The README names every collector of every provider, with its interval."""
    text = README.read_text("utf-8")
    for provider in PROVIDERS.values():
        assert f"| {provider.title} |" in text
        for collector in provider.collectors:
            minutes = collector.interval / 60
            interval = f"{minutes:.0f}m" if minutes >= 1 else f"{collector.interval:.0f}s"
            required = " (required)" if collector.required else ""
            assert f"| `{collector.name}`{required} | {interval} |" in text


def test_every_reason_is_told() -> None:
    """The README says what each reason of a failed poll means."""
    text = README.read_text("utf-8")
    assert not [one for one in Reason if f"`{one}`" not in text]
