import re
import subprocess
import sys
from pathlib import Path

from exporter.state import read_ledgers
from tests.deploy.judges import ROOT
from tests.ledgers import value
from tests.state.files import BORN, GROWN, KEY, commit, state_at


def backup(state: Path, to: Path) -> None:
    """Back *state* up with the command of the README."""
    readme = (ROOT / "deploy" / "README.md").read_text("utf-8")
    (code,) = re.findall(r"^BACKUP='(.*)'$", readme, re.MULTILINE)
    with to.open("wb") as file:
        subprocess.run([sys.executable, "-c", code, state], stdout=file, check=True)  # noqa: S603


def test_backup_of_a_running_exporter_is_whole(tmp_path: Path) -> None:
    """The README's backup has what was committed a moment ago; a copy of the file alone has not."""
    path, copy = tmp_path / "state.db", tmp_path / "copy" / "state.db"
    copy.parent.mkdir()
    with state_at(path) as state:
        commit(state, BORN, GROWN)
        backup(path, tmp_path / "state.backup")
        copy.write_bytes(path.read_bytes())
    assert value(read_ledgers(tmp_path / "state.backup")[KEY]) == value(GROWN) > 0
    assert KEY not in read_ledgers(copy)


def test_exporter_goes_on_from_a_backup(tmp_path: Path) -> None:
    """A backup in the place of the state is taken as it is."""
    with state_at(tmp_path / "state.db") as state:
        commit(state, BORN, GROWN)
        backup(tmp_path / "state.db", tmp_path / "state.backup")
    with state_at(tmp_path / "state.backup") as restored:
        assert not restored.set_aside
        assert value(restored.load(KEY)) == value(GROWN)
