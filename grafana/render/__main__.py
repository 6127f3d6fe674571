"""Draw the pictures: ``python -m grafana.render [FOLDER]``, with its npm packages installed.

With a FOLDER, what was played is kept there, and is not played again.
"""

import json
import logging
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from grafana.render.answers import Asked, to_json
from grafana.render.past import play
from tests.e2e.programs import prometheus, until
from tests.e2e.test_backfill import make_blocks

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

FIRING = 'count(count by (alertname) (ALERTS{alertstate="firing"})) > 3'
"""Of the plans that are played, some are nearly used up, will not last, or are about to end."""


def main() -> None:
    """Play the past, ask, and draw."""
    logging.disable()  # the faults of the past
    with TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        at = _played(folder)
        with prometheus(folder / "prometheus", {}) as server:
            asked = Asked(server, at)
            for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json")):
                board = json.loads(path.read_text("utf-8"))
                answers = folder / path.name
                answers.write_text(to_json(asked.answers(board)), "utf-8")
                name = path.stem.removeprefix("proxy-provider-")
                _draw(answers, ROOT / "docs" / f"dashboard-{name}.png")


def _played(folder: Path) -> float:
    """Return the moment that the dashboards in *folder* show."""
    mark = folder / "at"
    if not mark.exists():
        past = play(folder)
        make_blocks(past, folder / "prometheus" / "data")
        past.unlink()
        rules = list(_hasty(folder))
        with prometheus(folder / "prometheus", {}, rules=rules) as server:
            until(lambda: not rules or server.query(FIRING), "alerts fire")
        mark.write_text(str(time.time()))
    return float(mark.read_text())


def _hasty(folder: Path) -> Iterator[Path]:
    """Copy the rules, with alerts that wait for nothing: there is no time to."""
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")):
        copy = folder / path.name
        copy.write_text(re.sub(r"(?m)^( +for:) .*$", r"\1 0s", path.read_text("utf-8")), "utf-8")
        yield copy


def _draw(answers: Path, picture: Path) -> None:
    """Draw one, with as few colours as it needs where pngquant is installed."""
    subprocess.run(  # noqa: S603 - our own arguments
        ["node", str(HERE / "draw.js"), str(answers), str(picture)],  # noqa: S607 - as installed
        check=True,
    )
    if pngquant := shutil.which("pngquant"):
        subprocess.run(  # noqa: S603 - our own arguments
            [pngquant, "--force", "--strip", "--output", str(picture), "--", str(picture)],
            check=True,
        )


if __name__ == "__main__":
    main()
