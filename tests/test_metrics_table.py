from exporter.metrics import SECTIONS, catalogue
from exporter.metrics_table import metrics_table


def test_metrics_table() -> None:
    """Every family has one row, in the order of the catalogue, below the heading of its section."""
    lines = metrics_table().splitlines()

    families = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert families == [family.name for family in catalogue()]
    assert len(SECTIONS) == sum(line.startswith("### ") for line in lines)
    assert "### Health of the polls and of the exporter" in lines


def test_row() -> None:
    """A row says what the family is called, what it is, and by what it is told apart."""
    expected = (
        "| `proxy_provider_poll_failures_total` | counter | `collector`, `reason` |"
        " Polls of the provider that failed, by reason. |"
    )
    assert expected in metrics_table().splitlines()
