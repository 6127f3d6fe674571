"""The committed dashboards against the code that makes them."""

import pytest

from grafana.generator.board import Board
from grafana.generator.dashboards import BOARDS as GENERATED
from tests.grafana.boards import FILES, FOLDER


@pytest.mark.parametrize("board", GENERATED, ids=lambda board: board.uid)
def test_what_is_committed_is_what_the_generator_writes(board: Board) -> None:
    """Nobody edits the files, and nobody forgets to write them."""
    committed = (FOLDER / f"{board.uid}.json").read_text("utf-8")
    assert committed == board.to_json(), "run: python -m grafana.generator"


def test_there_are_no_other_files() -> None:
    """A dashboard that is no longer made is no longer there."""
    assert [path.stem for path in FILES] == sorted(board.uid for board in GENERATED)
