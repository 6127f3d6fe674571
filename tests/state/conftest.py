"""Where the state is kept."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the state is to be."""
    return tmp_path / "state.db"
