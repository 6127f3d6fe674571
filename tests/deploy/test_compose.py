import re
from pathlib import Path
from typing import TypedDict

import pytest
import yaml

from exporter.cli import program
from tests.deploy.judges import ROOT, altered, verdict

COMPOSE = ROOT / "deploy" / "compose.yaml"

SCHEMA = "--builtin-schema=vendor.compose-spec"


class Service(TypedDict, total=False):
    """A service, as far as these tests look at it."""

    image: str
    build: dict[str, str]
    command: list[str]
    environment: dict[str, str]
    read_only: bool
    cap_drop: list[str]
    security_opt: list[str]
    ports: list[str]
    volumes: list[str]
    healthcheck: dict[str, object]
    profiles: list[str]
    networks: dict[str, dict[str, list[str]]]


def services() -> dict[str, Service]:
    """Return all services by name."""
    found: dict[str, Service] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


each_service = pytest.mark.parametrize("name", list(services()))


def test_compose_is_right() -> None:
    """The file fits the Compose specification."""
    code, said = verdict("check-jsonschema", SCHEMA, COMPOSE)
    assert code == 0, said


@pytest.mark.parametrize(
    ("old", "new"),
    [("cap_drop", "cap_dorp"), ("read_only: true", "read_only: [1]")],
    ids=["key", "value"],
)
def test_mistake_is_found(tmp_path: Path, old: str, new: str) -> None:
    """The judge finds a mistake in our file."""
    assert verdict("check-jsonschema", SCHEMA, altered(COMPOSE, tmp_path, old, new))[0] == 1


@each_service
def test_service_is_hardened(name: str) -> None:
    """No service may write to its image, hold a capability, or gain rights."""
    service = services()[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_service_listens_on_loopback(name: str) -> None:
    """Nothing is reached from another machine."""
    assert services()[name]["ports"]
    assert all(port.startswith("127.0.0.1:") for port in services()[name]["ports"])


@each_service
def test_image_is_pinned_or_built(name: str) -> None:
    """Every image has an exact version, or is built from this repository."""
    service = services()[name]
    if "build" in service:
        assert (COMPOSE.parent / service["build"]["context"]).resolve() == ROOT
    else:
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", service["image"])


@each_service
def test_service_has_a_health_check(name: str) -> None:
    """Every service says whether it is well: the exporter by the check in its image."""
    service = services()[name]
    if "build" in service:
        assert "\nHEALTHCHECK " in (ROOT / "Dockerfile").read_text("utf-8")
    else:
        assert service["healthcheck"]["test"]


@each_service
def test_mounted_files_are_there(name: str) -> None:
    """Every folder that is mounted from the repository is in it, and cannot be written to."""
    mounted = [one for one in services()[name]["volumes"] if one.startswith(".")]
    for source, _, mode in (one.split(":") for one in mounted):
        assert (COMPOSE.parent / source).is_dir()
        assert mode == "ro"


def test_stack_is_wired() -> None:
    """Prometheus scrapes the exporter, and tells Alertmanager, by their names and ports here."""
    file = COMPOSE.parent / "prometheus" / "prometheus.yml"
    config = yaml.safe_load(file.read_text("utf-8"))
    scraped = str(config["scrape_configs"])
    assert "exporter:10190" in scraped
    assert "alertmanager:9093" in str(config["alerting"])
    assert [one for one in config["rule_files"] if list(file.parent.glob(one))]


def test_dashboards_are_where_grafana_looks() -> None:
    """Grafana finds our dashboards where our provisioning says, and Prometheus by its name."""
    folder = ROOT / "grafana" / "provisioning" / "dashboards"
    (file,) = folder.glob("*.yml")
    (provider,) = yaml.safe_load(file.read_text("utf-8"))["providers"]
    grafana = services()["grafana"]
    assert f"../grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    assert grafana["environment"]["PROMETHEUS_URL"] == "http://prometheus:9090"


@pytest.mark.parametrize("name", ["exporter", "demo"])
def test_flags_are_known(name: str) -> None:
    """The exporter is given flags that it has."""
    known = {option for one in program.params for option in one.opts}
    words = [one.partition("=")[0] for one in services()[name]["command"]]
    assert {one for one in words if one.startswith("--")} <= known


def test_one_exporter_at_a_time() -> None:
    """The live exporter and the demo have a profile each, and one name for Prometheus to scrape."""
    found = services()
    assert (found["exporter"]["profiles"], found["demo"]["profiles"]) == (["live"], ["demo"])
    for name in ("exporter", "demo"):
        assert found[name]["networks"]["default"]["aliases"] == ["exporter"]
