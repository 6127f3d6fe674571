"""Footprint: start-up, idle memory, and the size of what has to be installed."""

import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from benchmarks.child import Child, await_port, free_port, python, run
from benchmarks.peers import NODE_EXPORTER, node_exporter, tool, write
from benchmarks.table import figure, markdown, ratio
from benchmarks.whole import INTERVAL, OURS, USUAL, config

ACCOUNTS = 3
SETTLING_SECONDS = 3.0
REFERENCE = "prometheus_client alone"

_ALONE = """\
import sys, time
from prometheus_client import start_http_server
start_http_server(int(sys.argv[1]), "127.0.0.1")
time.sleep(1e6)
"""


@contextmanager
def _python(name: str, folder: Path, installed: Path) -> Iterator[tuple[Child, int]]:
    port = free_port()
    url = f"https://127.0.0.1:{free_port()}"
    command: tuple[object, ...] = (sys.executable, "-c", _ALONE, port)
    environ: dict[str, str] = {}
    if name == USUAL:
        command = python("usual", url, ACCOUNTS, INTERVAL, port)
    if name == OURS:
        file = folder / "config.yml"
        file.write_text(config(url, ACCOUNTS))
        # Only what users have as well: httpx, for one, imports more where there is more.
        environ["PYTHONPATH"] = f"{installed}:{Path.cwd()}"
        command = (
            *(sys.executable, "-S", "-m", "exporter"),
            f"--config.file={file}",
            f"--storage.path={folder / 'state.db'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
    with run(*map(str, command), log=folder / "log", **environ) as child:
        await_port(port)
        yield child, port


def _started(name: str, folder: Path, installed: Path) -> AbstractContextManager[tuple[Child, int]]:
    if name != NODE_EXPORTER:
        return _python(name, folder, installed)
    write(folder, b"")
    return node_exporter(tool(NODE_EXPORTER) or "", folder)


def _start(name: str, installed: Path) -> tuple[float, float]:
    """Return the seconds to the first answer, and the resident MiB a while later."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with _started(name, Path(folder), installed) as (child, port):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/metrics")
            connection.getresponse().read()
            took = time.perf_counter() - began
            time.sleep(SETTLING_SECONDS)
            return took, child.rss


def install(folder: Path) -> None:
    """Install the run-time dependencies in *folder*, byte code included."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    command = (sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder))
    subprocess.run((*command, *project["dependencies"]), check=True)  # noqa: S603 - our own arguments


def _mib(files: Iterable[Path]) -> float:
    return sum(one.stat().st_size for one in files) / 2**20


def report(rounds: int) -> Iterator[str]:
    """Measure, and yield the tables."""
    names = [OURS, USUAL, REFERENCE, *([NODE_EXPORTER] if tool(NODE_EXPORTER) else [])]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as name:
        installed = Path(name)
        install(installed)
        for _ in range(rounds):
            for one, measured in found.items():
                measured.append(_start(one, installed))
        files = [one for one in installed.rglob("*") if one.is_file()]
        whole, sources = _mib(files), _mib(one for one in files if one.suffix != ".pyc")
    reference = [rss for _, rss in found[names[-1]]]
    rows = []
    for name, measured in found.items():
        seconds = median(took for took, _ in measured)
        memory = [rss for _, rss in measured]
        rows.append((name, figure(seconds), figure(median(memory)), ratio(memory, reference)))
    head = ("", "first /metrics, s", "idle RSS, MiB", f"ratio to {names[-1]}")
    yield markdown(f"Start, and memory when idle ({ACCOUNTS} accounts)", head, rows)
    size = ("run-time dependencies", f"{sources:.1f}", f"{whole:.1f}")
    yield markdown("Installed, without Python", ("", "MiB", "with byte code"), [size])
