"""A provider that goes down: what people are told, by the real programs and our own files."""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import httpx
import pytest

from exporter.simulator import Line, Plan, SimulatorServer, WebshareAccount, World, demo_world
from tests.e2e.alerting import Alertmanager, Webhook, alertmanager, impatient_rules
from tests.e2e.configs import configuration
from tests.e2e.programs import Prometheus, exporter, prometheus, tool, until

JOB = "proxy-provider-exporter"
DAY = 24 * 3600

DOWN = {"kind": "drop", "provider": "webshare"}
REFUSED = {"kind": "status", "status": 401, "provider": "evomi", "account": "team"}

COLLECTION = {
    f"ProxyProvider{name}" for name in ("CredentialRejected", "CollectionFailing", "DataStale")
}
BROKEN = {"provider": "webshare", "account": "backup"}
LOCKED_OUT = {"provider": "evomi", "account": "team"}
WELL = ({"provider": "weproxies"}, {"provider": "evomi", "account": "personal"})


@dataclass
class Stage:
    """Everything that runs, and what was told in the meantime."""

    simulator: str
    process: subprocess.Popen[bytes]
    prometheus: Prometheus
    alertmanager: Alertmanager
    webhook: Webhook

    def break_by(self, *faults: Mapping[str, object]) -> None:
        """Have the simulated providers fail like this from now on."""
        httpx.put(f"{self.simulator}/-/faults", json=faults).raise_for_status()

    def told(self, receiver: str, alert: str, **labels: str) -> None:
        """Wait until *receiver* was told of *alert*."""
        name = f"ProxyProvider{alert}"
        until(
            lambda: self.webhook.has_told(receiver, alertname=name, **labels),
            f"{receiver} is told of {name} {labels}",
        )

    def told_of_the_end(self, receiver: str, alert: str, **labels: str) -> None:
        """Wait until *receiver* was told that *alert* is over."""
        name = f"ProxyProvider{alert}"
        until(
            lambda: self.webhook.has_told_of_the_end(receiver, alertname=name, **labels),
            f"{receiver} is told that {name} {labels} is over",
        )

    def suppressed(self, alert: str, **labels: str) -> None:
        """Wait until Alertmanager inhibits *alert*."""
        name = f"ProxyProvider{alert}"
        until(
            lambda: self.alertmanager.is_suppressed(alertname=name, **labels),
            f"{name} {labels} is inhibited",
        )


def all_work(url: str) -> bool:
    """Tell whether every collector has succeeded."""
    text = httpx.get(f"{url}/metrics").text
    found = re.findall(r"^proxy_provider_collector_success\{.+\} (\S+)$", text, re.MULTILINE)
    return set(map(float, found)) == {1}


def make_world(now: float) -> World:
    """Make the world of the demo, in which the broken account has used 88 % of its quota."""
    world = demo_world(now)
    world.accounts = tuple(
        nearly_used(one, now) if isinstance(one, WebshareAccount) and one.name == "backup" else one
        for one in world.accounts
    )
    return world


def nearly_used(account: WebshareAccount, now: float) -> WebshareAccount:
    """Return *account* on the 20th day of its term."""
    line = Line("1198000", now - 20 * DAY)
    limit_gb = line.usage(line.start, now).traffic_bytes / 2**30 / 0.88
    return replace(account, anchor=line.start, plans=(Plan(line, limit_gb),))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run it all, with every provider well."""
    for name in ("prometheus", "prometheus-alertmanager"):
        tool(name)
    folder = tmp_path_factory.mktemp("alerts")
    world = make_world(time.time())
    config = folder / "config.yml"
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorServer(world))
        config.write_text(configuration(world, simulator.url), "utf-8")
        config.chmod(0o600)
        child, url = stack.enter_context(exporter(config, log=folder / "exporter.log"))
        until(lambda: all_work(url), "every collector has succeeded")
        webhook = stack.enter_context(Webhook())
        manager = stack.enter_context(alertmanager(folder / "alertmanager", webhook))
        server = stack.enter_context(
            prometheus(
                folder / "prometheus",
                {JOB: url.removeprefix("http://")},
                rules=impatient_rules(folder / "rules"),
                alertmanager=manager.address,
            )
        )
        yield Stage(simulator.url, child, server, manager, webhook)


def test_plans_that_run_out_or_end_are_told_to_those_who_buy(stage: Stage) -> None:
    """There is one of each; of collection nobody hears anything while all is well."""
    stage.told("billing", "QuotaHigh", **BROKEN)
    stage.told("billing", "QuotaCritical", provider="weproxies", account="research")
    stage.told("on-call", "QuotaCritical", provider="weproxies", account="research")
    stage.told("billing", "PlanExpiring", provider="weproxies", account="scraping")
    critical = 'ALERTS{alertname="ProxyProviderQuotaCritical", account="research"}'
    for (plan,) in stage.prometheus.query(critical, "plan"):
        stage.suppressed("QuotaHigh", provider="weproxies", account="research", plan=plan)
    assert not stage.webhook.alerts() & COLLECTION


def test_a_provider_that_goes_down_is_told_once(stage: Stage) -> None:
    """The cause arrives, what follows from it is inhibited, and other accounts are left alone."""
    stage.break_by(DOWN, REFUSED)
    stage.told("team", "CollectionFailing", **BROKEN, collector="usage")
    stage.told("on-call", "CredentialRejected", **LOCKED_OUT)
    stage.suppressed("DataStale", **BROKEN)
    stage.suppressed("CollectionFailing", **LOCKED_OUT)
    stage.suppressed("DataStale", **LOCKED_OUT)
    assert stage.webhook.alerts(**BROKEN) & COLLECTION == {"ProxyProviderCollectionFailing"}
    assert stage.webhook.alerts(**LOCKED_OUT) & COLLECTION == {"ProxyProviderCredentialRejected"}
    for labels in WELL:
        assert not stage.webhook.alerts(**labels) & COLLECTION


def test_a_provider_that_is_down_does_not_resolve_what_is_known_of_its_quota(stage: Stage) -> None:
    """Its gauges are gone, and the alert goes on."""
    gauge = 'count(proxy_provider_product_traffic_used_bytes{provider="webshare"})'
    until(lambda: stage.prometheus.query(gauge) == {}, "the gauges are gone")
    firing = 'ALERTS{alertname="ProxyProviderQuotaHigh", account="backup", alertstate="firing"}'
    assert stage.prometheus.query(firing)
    assert not stage.webhook.has_told_of_the_end(
        "billing", alertname="ProxyProviderQuotaHigh", **BROKEN
    )


def test_a_provider_that_comes_back_resolves_its_alerts(stage: Stage) -> None:
    """Those who were told that it is down are told that it is well."""
    stage.break_by()
    stage.told_of_the_end("team", "CollectionFailing", **BROKEN, collector="usage")
    stage.told_of_the_end("on-call", "CredentialRejected", **LOCKED_OUT)
    until(
        lambda: all(
            stage.alertmanager.is_suppressed(alertname=name) is None for name in COLLECTION
        ),
        "no alert of collection is left",
    )


def test_an_exporter_that_is_down_silences_everything_else(stage: Stage) -> None:
    """The last test of the module: one alert arrives, and the others wait for the exporter."""
    stage.process.terminate()
    stage.told("on-call", "ExporterDown", job=JOB)
    stage.suppressed("ExporterAbsent", job=JOB)
    stage.suppressed("QuotaHigh", **BROKEN)
    stage.suppressed("PlanExpiring", provider="weproxies", account="scraping")
