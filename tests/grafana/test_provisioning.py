"""The provisioning files: what Grafana reads at its start."""

import json
from typing import Any

import yaml

from tests.grafana.boards import FOLDER

PROVISIONING = FOLDER.parent / "provisioning"


def read(name: str) -> dict[str, Any]:
    """Return one of the files."""
    found: dict[str, Any] = yaml.safe_load((PROVISIONING / name).read_text("utf-8"))
    return found


def test_the_data_source_is_a_prometheus() -> None:
    """Dashboards find it by its type; where it is, the environment says."""
    (source,) = read("datasources/prometheus.yml")["datasources"]
    assert (source["type"], source["uid"]) == ("prometheus", "prometheus")
    assert source["url"] == "${PROMETHEUS_URL}"
    assert source["isDefault"]
    assert source["jsonData"]["httpMethod"] == "POST"


def test_dashboards_are_read_from_a_folder_and_not_changed_there() -> None:
    """What people click would be lost at the next start."""
    (provider,) = read("dashboards/proxy-provider.yml")["providers"]
    assert provider["type"] == "file"
    assert provider["disableDeletion"]
    assert not provider["allowUiUpdates"]
    readme = (FOLDER.parent / "README.md").read_text("utf-8")
    assert f"`{provider['options']['path']}/`" in readme


def test_the_folder_holds_dashboards_alone() -> None:
    """Grafana reads every JSON file in it."""
    for path in FOLDER.iterdir():
        assert json.loads(path.read_text("utf-8"))["uid"] == path.stem


def test_the_readme_lists_every_dashboard() -> None:
    """By a link to its file."""
    readme = (FOLDER.parent / "README.md").read_text("utf-8")
    assert all(f"(dashboards/{path.name})" in readme for path in FOLDER.iterdir())
