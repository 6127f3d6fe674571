"""The example of routing: judged by amtool, and by the alerts that there are."""

import re
import subprocess
from typing import Any

import pytest

from tests.deploy.alerts import ALERTS, DEPLOY, labels_of, read
from tests.e2e.programs import tool

FILE = DEPLOY / "alertmanager" / "alertmanager.yml"
INHIBITIONS: list[dict[str, Any]] = read(FILE)["inhibit_rules"]

ROUTES = {
    "ProxyProviderExporterDown": "on-call",
    "ProxyProviderCredentialRejected": "on-call",
    "ProxyProviderCollectionFailing": "team",
    "ProxyProviderQuotaHigh": "billing",
    "ProxyProviderTrafficRunsOut": "on-call,billing",
    "ProxyProviderPlanExpiring": "billing",
    "ProxyProviderAccountPaused": "on-call,billing",
    "ProxyProviderSuccessRatioLow": "on-call",
    "ProxyProviderTrafficSpike": "team",
}


def amtool(*arguments: str) -> None:
    """Run amtool, which has to agree."""
    command = [tool("amtool"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_amtool_takes_the_configuration() -> None:
    """Alertmanager would start with it."""
    amtool("check-config", str(FILE))


@pytest.mark.parametrize("alert", ROUTES)
def test_an_alert_reaches_those_whom_it_concerns(alert: str) -> None:
    """By its labels; money goes to those who buy, and only what cannot wait to those on call."""
    labels = {"alertname": alert, **ALERTS[alert]["labels"]}
    amtool(
        "config",
        "routes",
        "test",
        f"--config.file={FILE}",
        f"--verify.receivers={ROUTES[alert]}",
        *(f"{name}={value}" for name, value in labels.items()),
    )


def named(matchers: list[str]) -> list[str]:
    """Return the alerts whose names match."""
    found = list(ALERTS)
    for matcher in matchers:
        parts = re.fullmatch(r'(\w+) (=|=~|!~) "(.+)"', matcher)
        assert parts is not None
        label, operator, pattern = parts.groups()
        if label == "alertname":
            matches = {name for name in found if re.fullmatch(pattern, name)}
            found = [name for name in found if (name in matches) != (operator == "!~")]
    return found


@pytest.mark.parametrize("rule", INHIBITIONS, ids=lambda rule: rule["target_matchers"][0])
def test_an_inhibition_is_of_alerts_that_exist_and_have_its_labels(rule: dict[str, Any]) -> None:
    """Alertmanager takes a label that both lack for equal: then one account would silence all."""
    sources, targets = named(rule["source_matchers"]), named(rule["target_matchers"])
    assert sources
    assert targets
    assert not set(sources) & set(targets)
    equal = set(rule["equal"])
    assert "job" in equal
    for alert in (*sources, *targets):
        assert any(equal <= labels for labels in labels_of(alert)), alert


def test_names_in_alternatives_are_names_of_alerts() -> None:
    """Each word of a pattern is one, so that no misspelt one stands among others."""
    for rule in INHIBITIONS:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            for prefix, words in re.findall(r"(ProxyProvider\w*)\(([\w|.+()]+)\)", matcher):
                for word in re.split(r"\|(?![^(]*\))", words):
                    pattern = f"{prefix}{word}"
                    assert any(re.fullmatch(pattern, name) for name in ALERTS), pattern
