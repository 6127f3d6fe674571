"""Draw the pictures: ``python -m grafana.render [FOLDER]``, with its npm packages installed.

With a FOLDER, what was played is kept there, and is not played again while it is younger than a
day.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from grafana.render.answers import Asked, to_json
from grafana.render.past import play
from tests.e2e.programs import prometheus
from tests.e2e.test_backfill import make_blocks

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> None:
    """Play the past, ask, and draw."""
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
    """Return the moment that the past in *folder* ends at."""
    mark = folder / "ends"
    if not mark.exists():
        at = float(time.time() // 60 * 60)
        out = play(folder, at)
        make_blocks(out, folder / "prometheus" / "data")
        out.unlink()
        mark.write_text(str(at))
    return float(mark.read_text())


def _draw(answers: Path, picture: Path) -> None:
    subprocess.run(  # noqa: S603 - our own arguments
        ["node", str(HERE / "draw.js"), str(answers), str(picture)],  # noqa: S607 - as installed
        check=True,
    )


if __name__ == "__main__":
    main()
