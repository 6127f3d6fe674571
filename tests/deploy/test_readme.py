import re

import pytest
import yaml

from exporter.config import load
from exporter.providers import PROVIDERS
from tests.deploy.judges import ROOT

README = ROOT / "deploy" / "README.md"

WAYS = ("pip", "Docker", "Compose: the whole stack", "systemd", "Helm")

MOST_LINES = 5


def section(title: str) -> str:
    """Return what stands under the heading *title*."""
    _, found, rest = README.read_text("utf-8").partition(f"\n## {title}\n")
    assert found
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_short(way: str) -> None:
    """Each way to deploy takes five lines of shell at most."""
    blocks = re.findall(r"```sh\n(.*?)```", section(f"With {way}"), re.DOTALL)
    assert blocks
    assert all(len(block.splitlines()) <= MOST_LINES for block in blocks)


def test_links_lead_somewhere() -> None:
    """Every link to a file of the repository leads to one."""
    links = re.findall(r"\]\((?!https:)([^)]+)\)", README.read_text("utf-8"))
    assert links
    files = [link.partition("#")[0] for link in links]
    assert not [file for file in files if not (README.parent / file).exists()]


def test_example_configuration_is_right() -> None:
    """The example is a configuration without a mistake, once a key is in it."""
    config = load(ROOT / "deploy" / "config.example.yml", {}, PROVIDERS)
    assert [(one.provider, one.name) for one in config.accounts] == [("webshare", "main")]


def test_scrape_configuration_is_that_of_the_file() -> None:
    """The job that the README shows is called as in the Prometheus configuration beside it."""
    (shown,) = re.findall(
        r"```yaml\n(.*?)```", section("Let your own Prometheus scrape it"), re.DOTALL
    )
    file = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
    (job,) = yaml.safe_load(shown)["scrape_configs"]
    assert job["job_name"] in [one["job_name"] for one in file["scrape_configs"]]
