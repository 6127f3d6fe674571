from pathlib import Path
from zipfile import ZipFile

import httpx

from exporter import __version__
from exporter.metrics_table import metrics_table
from tests.deploy import wheel
from tests.e2e.programs import until


def test_wheel_holds_the_program_alone(built: Path) -> None:
    """Nothing but the package and its metadata is in the wheel, and all of the package is."""
    with ZipFile(built) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "exporter",
        f"proxy_provider_exporter-{__version__}.dist-info",
    }
    assert {"exporter/py.typed", "exporter/templates/landing.html"} <= set(names)


def test_wheel_works_from_an_empty_folder(python: Path, tmp_path: Path) -> None:
    """The installed program runs where nothing of the repository is."""
    program = python.with_name("proxy-provider-exporter")
    version = wheel.run(program, "--version", folder=tmp_path)
    assert version.startswith(f"proxy-provider-exporter {__version__}")
    assert wheel.run(program, "list-metrics", folder=tmp_path) == f"{metrics_table()}\n"


def test_demo_of_the_wheel_serves_metrics(python: Path, tmp_path: Path) -> None:
    """The demo of the installed program shows all its accounts to be up, and a page to look at."""
    with wheel.demo(python, tmp_path / "log") as address:

        def accounts_up() -> bool:
            text = httpx.get(f"http://{address}/metrics").text
            up = [line for line in text.splitlines() if line.startswith("proxy_provider_up{")]
            return len(up) == 6 and all(line.endswith(" 1.0") for line in up)

        assert until(accounts_up, "all six accounts are up")
        assert "Webshare" in httpx.get(f"http://{address}/").text
