"""Draw the pictures: ``python -m grafana.render [FOLDER]``, with its npm packages installed.

With a FOLDER, what was played is kept there, and is not played again.
"""

import json
import logging
import re
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

AHEAD = 30 * 60
"""What is played ends so many seconds from now: rules are evaluated at the time that it is."""


def main() -> None:
    """Play the past, ask, and draw."""
    logging.disable()  # the faults of the past
    with TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        ends = _played(folder)
        rules = list(_hasty(folder))
        with prometheus(folder / "prometheus", {}, rules=rules) as server:
            if rules:
                until(lambda: server.query('ALERTS{alertstate="firing"}'), "an alert fires")
            asked = Asked(server, min(time.time(), ends))
            for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json")):
                board = json.loads(path.read_text("utf-8"))
                answers = folder / path.name
                answers.write_text(to_json(asked.answers(board)), "utf-8")
                name = path.stem.removeprefix("proxy-provider-")
                _draw(answers, ROOT / "docs" / f"dashboard-{name}.png")


def _played(folder: Path) -> float:
    """Return the moment that what was played in *folder* ends at."""
    mark = folder / "ends"
    if not mark.exists():
        ends = float((time.time() + AHEAD) // 60 * 60)
        out = play(folder, ends)
        make_blocks(out, folder / "prometheus" / "data")
        out.unlink()
        mark.write_text(str(ends))
    return float(mark.read_text())


def _hasty(folder: Path) -> Iterator[Path]:
    """Copy the rules, with alerts that wait for nothing: there is no time to."""
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")):
        copy = folder / path.name
        copy.write_text(re.sub(r"(?m)^( +for:) .*$", r"\1 0s", path.read_text("utf-8")), "utf-8")
        yield copy


def _draw(answers: Path, picture: Path) -> None:
    subprocess.run(  # noqa: S603 - our own arguments
        ["node", str(HERE / "draw.js"), str(answers), str(picture)],  # noqa: S607 - as installed
        check=True,
    )


if __name__ == "__main__":
    main()
