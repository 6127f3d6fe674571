from pathlib import Path

import pytest
import yaml

from exporter import __version__
from exporter.cli import program
from tests.deploy.chart import (
    CHART,
    KUBERNETES,
    VALUES,
    Resource,
    operator_verdicts,
    render,
    resources,
)
from tests.deploy.judges import ROOT, altered, verdict

FOLDER = Path(__file__).parent / "values"

EVERYTHING = FOLDER / "everything.yaml"

each_values = pytest.mark.parametrize("values", VALUES, ids=[one.stem for one in VALUES])


def dig(found: object, *path: str | int) -> object:
    """Return what is at *path* in *found*."""
    for step in path:
        assert isinstance(found, dict | list)
        found = found[step]  # type: ignore[index]  # mypy takes no union of keys
    return found


def container(values: Path) -> object:
    """Return the one container of the one Deployment."""
    (deployment,) = resources(values, "Deployment")
    return dig(deployment, "spec", "template", "spec", "containers", 0)


@each_values
def test_chart_is_right(values: Path) -> None:
    """Helm's own judge finds nothing."""
    code, said = verdict(
        "helm",
        "lint",
        "--strict",
        "--quiet",
        f"--kube-version={KUBERNETES}",
        f"--values={values}",
        CHART,
    )
    assert code == 0, said


@each_values
def test_manifests_are_right(values: Path, tmp_path: Path) -> None:
    """Kubernetes knows every field of every resource that is its own."""
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(render(values), "utf-8")
    code, said = verdict("kubernetes-validate", "--strict", manifests)
    assert code == 0, said


@pytest.mark.parametrize(
    ("old", "new"),
    [("runAsNonRoot", "runAsNotRoot"), ("containerPort: 10190", "containerPort: metrics")],
    ids=["key", "value"],
)
def test_mistake_in_a_manifest_is_found(tmp_path: Path, old: str, new: str) -> None:
    """Kubernetes refuses our manifests with a mistake in them."""
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(render(EVERYTHING).replace(old, new), "utf-8")
    assert verdict("kubernetes-validate", "--strict", manifests)[0] == 1


def operated() -> list[Resource]:
    """Return the resources of the Prometheus Operator that the values files ask for."""
    found = [one for values in VALUES for one in resources(values)]
    return [one for one in found if str(one["apiVersion"]).startswith("monitoring.coreos.com/")]


def test_operator_takes_the_resources() -> None:
    """The Prometheus Operator takes our rules and monitors."""
    judged = operated()
    assert {one["kind"] for one in judged} == {"ServiceMonitor", "PrometheusRule"}
    assert operator_verdicts(judged) == [None] * len(judged)


def test_monitor_scrapes_as_it_is_told() -> None:
    """The monitor has the job name that rules and dashboards know, and the values' interval."""
    (monitor,) = resources(EVERYTHING, "ServiceMonitor")
    (service,) = resources(EVERYTHING, "Service")
    label = dig(monitor, "spec", "jobLabel")
    assert dig(service, "metadata", "labels", str(label)) == "proxy-provider-exporter"
    assert dig(monitor, "spec", "endpoints", 0) == {
        "port": "metrics",
        "interval": "30s",
        "scrapeTimeout": "10s",
    }


def test_operator_refuses_a_mistake() -> None:
    """The judge finds an interval that is none, and a rule without an expression."""
    (monitor,) = resources(EVERYTHING, "ServiceMonitor")
    endpoint = dig(monitor, "spec", "endpoints", 0)
    assert isinstance(endpoint, dict)
    endpoint["interval"] = "soon"
    rule, *_ = resources(EVERYTHING, "PrometheusRule")
    first = dig(rule, "spec", "groups", 0, "rules", 0)
    assert isinstance(first, dict)
    del first["expr"]
    interval, expression = operator_verdicts([monitor, rule])
    assert "interval" in str(interval)
    assert "expr" in str(expression)


def test_rules_are_the_files() -> None:
    """The PrometheusRules hold every rule of deploy/prometheus/rules, unchanged."""
    files = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
    assert files
    expected = [yaml.safe_load(file.read_text("utf-8")) for file in files]
    made = sorted(resources(EVERYTHING, "PrometheusRule"), key=lambda one: str(one["metadata"]))
    assert [one["spec"] for one in made] == expected


def test_dashboards_are_the_files() -> None:
    """The ConfigMaps for Grafana's sidecar hold every dashboard of grafana/, to the byte."""
    files = {one.name: one.read_text("utf-8") for one in ROOT.glob("grafana/dashboards/*.json")}
    assert files
    made: dict[str, str] = {}
    for one in resources(EVERYTHING, "ConfigMap"):
        labels = dig(one, "metadata", "labels")
        if isinstance(labels, dict) and labels.get("grafana_dashboard") == "1":
            content = one["data"]
            assert isinstance(content, dict)
            made |= content
    assert made == files


def test_probes_ask_for_health() -> None:
    """Kubernetes asks whether the exporter is healthy, and whether it is ready."""
    asked = container(FOLDER / "keys.yaml")
    assert dig(asked, "livenessProbe", "httpGet") == {"path": "/-/healthy", "port": "metrics"}
    assert dig(asked, "readinessProbe", "httpGet") == {"path": "/-/ready", "port": "metrics"}


def test_probes_connect_where_a_password_is_asked_for() -> None:
    """With a web configuration the probes only connect, since they have no password."""
    asked = container(FOLDER / "passwords.yaml")
    for probe in ("livenessProbe", "readinessProbe"):
        found = dig(asked, probe)
        assert isinstance(found, dict)
        assert found["tcpSocket"] == {"port": "metrics"}
        assert "httpGet" not in found


def test_one_process_holds_the_state() -> None:
    """There is one pod at a time, also while it is replaced: the state is locked by one process."""
    for values in VALUES:
        (deployment,) = resources(values, "Deployment")
        assert dig(deployment, "spec", "replicas") == 1
        assert dig(deployment, "spec", "strategy") == {"type": "Recreate"}


def test_keys_are_in_a_secret_alone() -> None:
    """A key that is given to Helm is in the Secret, and nowhere else."""
    holding = [one["kind"] for one in resources(EVERYTHING) if "not-a-real-key" in str(one)]
    assert holding == ["Secret"]
    assert not resources(FOLDER / "existing.yaml", "Secret")


def test_configuration_is_what_was_given() -> None:
    """The exporter is given the configuration of the values, whole."""
    values = FOLDER / "existing.yaml"
    (config,) = resources(values, "ConfigMap")
    text = dig(config, "data", "config.yml")
    given = yaml.safe_load(values.read_text("utf-8"))["config"]
    assert yaml.safe_load(str(text)) == given


def test_flags_are_known() -> None:
    """The chart gives the program flags that it has."""
    known = {option for one in program.params for option in one.opts}
    for values in VALUES:
        words = dig(container(values), "args")
        assert isinstance(words, list)
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("api_key_file: webshare", "api_key: secret", "api_key"),
        ("provider: webshare", "provider: webshrae", "must be one of"),
        ("keys:", "key:", "key"),
        ("config:", "demo: false\nignored:", "ignored"),
        ("webshare: not-a-real-key", "config.yml: not-a-real-key", "config.yml"),
        ("keys:", "existingSecret: other\nkeys:", "exclude each other"),
    ],
    ids=["key in the configuration", "provider", "unknown", "other", "name taken", "two secrets"],
)
def test_wrong_values_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The chart refuses values that cannot be meant, and names them."""
    with pytest.raises(ValueError, match=said):
        render(altered(FOLDER / "keys.yaml", tmp_path, old, new))


def test_no_account_is_refused(tmp_path: Path) -> None:
    """Without accounts the chart says what to do."""
    values = tmp_path / "values.yaml"
    values.write_text("{}\n", "utf-8")
    with pytest.raises(ValueError, match="or set demo=true to see it work without a key"):
        render(values)


def test_version_is_that_of_the_program() -> None:
    """The chart, and the image that it runs, have the program's version."""
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (about["version"], about["appVersion"]) == (__version__, __version__)
