"""The long form: ``python -m tests.chaos`` runs it, and says what came of it."""

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.figures import figures, table
from tests.chaos.run import run
from tests.chaos.span import LONG, Span


def main() -> int:
    """Run, print the table, and return 1 if anything is not as claimed."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    for name, value in asdict(LONG).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = vars(parser.parse_args())
    seed = asked.pop("seed")
    with tempfile.TemporaryDirectory() as folder:
        found = list(figures(run(Span(**asked), Path(folder), seed=seed)))
    print(table(found))  # noqa: T201 - its output
    wrong = [one for one in found if not one.holds]
    for one in wrong:
        print(f"\n{one.name}:", *one.details[:20], sep="\n  ")  # noqa: T201 - its output
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
