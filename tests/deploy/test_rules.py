"""The rules: judged by promtool, alone and by what they do to series that are made up."""

import re
import subprocess
from pathlib import Path

import pytest

from exporter.metrics import catalogue
from exporter.program import URL
from tests.deploy.alerts import (
    ALERTS,
    CASES,
    CHECKS,
    DEPLOY,
    EVERY_RULE,
    PROMETHEUS,
    RECORDED,
    RULES,
    RUNBOOKS,
    read,
)
from tests.e2e.programs import tool

THRESHOLDS = DEPLOY / "prometheus" / "rules" / "thresholds.yml"
THRESHOLD = re.compile(r"proxy_provider:\w+:threshold")

OF_THE_EXPORTER = {
    name for name, rule in ALERTS.items() if rule["labels"]["component"] == "exporter"
}


def promtool(*arguments: str | Path) -> None:
    """Run promtool, which has to agree."""
    command = [tool("promtool"), *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_promtool_takes_the_configuration() -> None:
    """Prometheus would start with it, and with the rules that it names."""
    promtool("check", "config", PROMETHEUS)


def test_the_job_is_called_as_the_rules_know_it() -> None:
    """The exporter, every minute, and Alertmanager are found under the names that Compose gives."""
    config = read(PROMETHEUS)
    (job,) = config["scrape_configs"]
    assert all(
        f'job="{job["job_name"]}"' in ALERTS[name]["expr"]
        for name in ("ProxyProviderExporterDown", "ProxyProviderExporterAbsent")
    )
    assert (job["scrape_interval"], job["static_configs"]) == (
        "1m",
        [{"targets": ["exporter:10190"]}],
    )
    (alertmanager,) = config["alerting"]["alertmanagers"]
    assert alertmanager["static_configs"] == [{"targets": ["alertmanager:9093"]}]


def test_promtool_has_no_complaint_of_the_rules() -> None:
    """Not even one that it would let pass."""
    promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_not_otherwise(path: Path) -> None:
    """In every case of the file, to the label and the word."""
    promtool("test", "rules", path)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_tried_both_ways(alert: str) -> None:
    """There is a case in which it fires, and one in which it does not."""
    assert {bool(one.firing) for one in CHECKS if one.alert == alert} == {True, False}


def test_cases_are_of_alerts_that_exist() -> None:
    """Promtool finds that an alert nobody has made does not fire."""
    assert {one.alert for one in CHECKS} == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_one_needs_to_know(alert: str) -> None:
    """How bad, a headline that is the same for all, which account, and where to read on."""
    rule = ALERTS[alert]
    notes = rule["annotations"]
    assert alert.startswith("ProxyProvider")
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert "{{" not in notes["summary"]
    needed = ("$labels",) if alert in OF_THE_EXPORTER else ("$labels.provider", "$labels.account")
    assert all(label in notes["description"] for label in needed)
    assert notes["runbook_url"] == f"{URL}/blob/main/deploy/runbooks.md#{alert.lower()}"


def test_runbooks_have_a_heading_for_each_alert() -> None:
    """And for nothing else, in the same order, each with the same three questions answered."""
    _, *parts = re.split(r"^### (\w+)\n", RUNBOOKS.read_text("utf-8"), flags=re.MULTILINE)
    assert parts[::2] == list(ALERTS)
    for text in parts[1::2]:
        for question in ("What it means", "How to check", "What to do"):
            assert text.count(f"**{question}.** ") == 1


def test_links_of_the_runbooks_lead_somewhere() -> None:
    """To a file of the repository, or to one of its own headings."""
    for link in re.findall(r"\]\(([^)]+)\)", RUNBOOKS.read_text("utf-8")):
        name, _, heading = link.partition("#")
        if name:
            assert (DEPLOY / name).exists()
        else:
            assert heading in map(str.lower, ALERTS)


def test_runbooks_ask_for_series_that_exist() -> None:
    """Nothing is asked for under a name of the past."""
    known = {family.name for family in catalogue()} | set(RECORDED)
    for name in re.findall(r"`(?:\w+:)?proxy_provider_[\w:]+", RUNBOOKS.read_text("utf-8")):
        assert name[1:] in known


def test_thresholds_are_numbers_each_with_its_reason() -> None:
    """A comment stands above each."""
    text = THRESHOLDS.read_text("utf-8")
    for name, expr in RECORDED.items():
        if THRESHOLD.fullmatch(name):
            assert float(expr) > 0
            assert re.search(rf"      # .+\n      - record: {name}\n", text)


def test_thresholds_are_those_that_the_rules_compare_with() -> None:
    """No rule compares with one that is not there, and none is there for nothing."""
    used = {name for rule in EVERY_RULE for name in THRESHOLD.findall(rule["expr"])}
    assert used == {name for name in RECORDED if THRESHOLD.fullmatch(name)}


def test_rules_ask_for_series_that_exist() -> None:
    """Every name is one of the catalogue or recorded by another rule."""
    known = {family.name for family in catalogue()} | set(RECORDED)
    for rule in EVERY_RULE:
        assert set(re.findall(r"(?:\w+:)?proxy_provider_[\w:]+", rule["expr"])) <= known


def test_recorded_series_are_used() -> None:
    """By another rule."""
    for name in RECORDED:
        assert any(name in rule["expr"] for rule in EVERY_RULE), name
