"""Write the dashboards beside this package: ``python -m grafana.generator``."""

from pathlib import Path

from grafana.generator.dashboards import BOARDS

FOLDER = Path(__file__).parents[1] / "dashboards"


def main() -> None:
    """Write one file for each dashboard, called by its uid."""
    for board in BOARDS:
        (FOLDER / f"{board.uid}.json").write_text(board.to_json(), "utf-8")


if __name__ == "__main__":
    main()
