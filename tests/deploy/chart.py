"""The chart: what Helm makes of it with the values files of this folder."""

import json
import subprocess
from pathlib import Path

import yaml

from tests.deploy.judges import ROOT, judge

CHART = ROOT / "deploy" / "helm" / "proxy-provider-exporter"

VALUES = sorted((Path(__file__).parent / "values").glob("*.yaml"))

KUBERNETES = "1.34.0"
"""The version that Helm takes the cluster to have: one built from source alone assumes 1.20."""

Resource = dict[str, object]


def render(values: Path, *flags: str) -> str:
    """Return the manifests that the chart makes with *values*.

    Raises: ValueError, with what Helm says, when it refuses.
    """
    command = [
        judge("helm"),
        "template",
        "proxies",
        str(CHART),
        f"--values={values}",
        f"--kube-version={KUBERNETES}",
        "--namespace=monitoring",
        *flags,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise ValueError(ended.stderr)
    return ended.stdout


def resources(values: Path, kind: str = "") -> list[Resource]:
    """Return the resources, of *kind* or all, that the chart makes with *values*."""
    found = [one for one in yaml.safe_load_all(render(values)) if one]
    return [one for one in found if kind in ("", one["kind"])]


def operator_verdicts(judged: list[Resource]) -> list[str | None]:
    """Return what is wrong with each resource of the Prometheus Operator, or None."""
    script = Path(__file__).parent / "judge" / "judge.mjs"
    ended = subprocess.run(  # noqa: S603 - our own arguments
        [judge("node"), str(script)],
        input=json.dumps(judged),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    verdicts: list[str | None] = json.loads(ended.stdout)
    return verdicts
